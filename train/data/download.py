"""Download public data sets and voices into the cache. Finished downloads are kept and never
repeated: after Ctrl-C or a lost connection, run it again to resume.

  python -m train.data.download fsdd              3,000 spoken digits, 21 MB: a good start
  python -m train.data.download audiomnist        30,000 spoken digits, 1.9 GB
  python -m train.data.download speech_commands   35 words and background noise, 2.4 GB
  python -m train.data.download esc50             2,000 everyday sounds, 0.9 GB
  python -m train.data.download kokoro            54 neural voices that say any word, 0.1 GB
"""

from __future__ import annotations

import sys
from pathlib import Path

from train.command import CommandParser, as_called, run_command
from train.data.fetch.homes import HOMES
from train.data.fetch.kokoro import fetch_kokoro
from train.data.fetch.source import fetch_source
from train.errors import DataError

KOKORO = "kokoro"


def main(arguments: list[str] | None = None) -> int:
    parser = CommandParser(
        prog="python -m train.data.download",
        description=__doc__,
        epilog="TINYKWS_CACHE=FOLDER sets another cache folder.",
    )
    names = (*HOMES, KOKORO)
    parser.add_argument("names", nargs="+", metavar="NAME", choices=names, help=", ".join(names))
    parser.add_argument(
        "--from", type=Path, metavar="FOLDER", dest="given",
        help="take Kokoro's files from this folder instead of downloading them",
    )  # fmt: skip
    options = parser.parse_args(arguments)
    if options.given and options.names != [KOKORO]:
        parser.error(
            f"--from: is only for {KOKORO}; give --data FOLDER to train with your own copy"
        )
    return run_command(
        lambda: _download(options.names, options.given),
        (DataError,),
        "finished downloads are kept; run it again to resume",
    )


def _download(names: list[str], given: Path | None) -> int:
    for name in names:
        folder = fetch_kokoro(given) if name == KOKORO else fetch_source(name)
        change = "data.synthetic.kokoro.speakers=40" if name == KOKORO else f"data.{name}=download"
        command = as_called(f"python -m train.kws --set {change}")
        print(f"{name} is in {folder}; next: {command}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

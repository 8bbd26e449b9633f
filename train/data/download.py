"""Download public data sets into the cache. Finished downloads are kept and never repeated: after
Ctrl-C or a lost connection, run it again to resume.

  python -m train.data.download fsdd              3,000 spoken digits, 21 MB: a good start
  python -m train.data.download audiomnist        30,000 spoken digits, 1.9 GB
  python -m train.data.download speech_commands   35 words and background noise, 2.4 GB
  python -m train.data.download esc50             2,000 everyday sounds, 0.9 GB
"""

from __future__ import annotations

import sys

from train.command import CommandParser, as_called, run_command
from train.data.fetch.homes import HOMES
from train.data.fetch.source import fetch_source
from train.errors import DataError


def main(arguments: list[str] | None = None) -> int:
    parser = CommandParser(
        prog="python -m train.data.download",
        description=__doc__,
        epilog="TINYKWS_CACHE=FOLDER sets another cache folder.",
    )
    parser.add_argument("names", nargs="+", metavar="NAME", choices=HOMES, help=", ".join(HOMES))
    names = parser.parse_args(arguments).names
    return run_command(
        lambda: _download(names),
        (DataError,),
        "finished downloads are kept; run it again to resume",
    )


def _download(names: list[str]) -> int:
    for name in names:
        folder = fetch_source(name)
        command = as_called(f"python -m train.kws --set data.{name}=download")
        print(f"{name} is in {folder}; next: {command}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Downloads public data sets into the cache. What is there is kept and never fetched twice: after
Ctrl-C or a lost connection, run the same command again.

  python -m train.data.download fsdd              3,000 spoken digits, 21 MB: to begin with
  python -m train.data.download audiomnist        30,000 spoken digits, 1.9 GB
  python -m train.data.download speech_commands   35 words and background noise, 2.4 GB
  python -m train.data.download esc50             2,000 everyday sounds, 0.9 GB
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from train.command import run_command
from train.data.archive import fetch_archive
from train.data.clip import DataError
from train.data.github import fetch_files
from train.data.homes import COMPLETE, HOMES, Archive, Home
from train.features.compiler import cache_folder


def fetch_source(name: str, home: Home | None = None) -> Path:
    """The folder of a public data set; downloads what is missing."""
    home = home or HOMES.get(name)
    if home is None:
        raise DataError(f"data.{name}: has nothing to download; these do: {', '.join(HOMES)}")
    folder = cache_folder() / "data" / name
    try:
        _complete(home, folder)
    except OSError as error:  # the network's are DataErrors by now: this is the disk
        raise DataError(
            f"{error.filename or folder}: {error.strerror}; what is downloaded is kept: make room "
            "and run again, or set TINYKWS_CACHE to a folder with room"
        ) from error
    except DataError as error:
        raise DataError(
            f"{error}; or give a copy that you have: --set data.{name}=FOLDER"
        ) from error
    return folder


def _complete(home: Home, folder: Path) -> None:
    mark = folder / COMPLETE
    if mark.is_file() and mark.read_text() == home.version:
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(home, Archive):
        fetch_archive(home, folder)
    else:
        fetch_files(home, folder)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m train.data.download",
        description=__doc__,
        epilog="TINYKWS_CACHE=FOLDER chooses another cache than the user's.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="+", metavar="NAME", choices=HOMES, help=", ".join(HOMES))
    names = parser.parse_args(arguments).names
    return run_command(
        lambda: _download(names),
        (DataError,),
        "what is downloaded is kept: run the same command again to continue",
    )


def _download(names: list[str]) -> int:
    for name in names:
        folder = fetch_source(name)
        print(f"{name} is in {folder}; next: python -m train.kws --set data.{name}=download")
    return 0


if __name__ == "__main__":
    sys.exit(main())

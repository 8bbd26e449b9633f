"""A public data set in the cache; missing files are downloaded."""

from __future__ import annotations

from pathlib import Path

from train.cache import cache_folder
from train.data.fetch.archive import fetch_archive
from train.data.fetch.github import fetch_files
from train.data.fetch.homes import COMPLETE, HOMES, Archive, Home
from train.errors import DataError


def fetch_source(name: str, home: Home | None = None) -> Path:
    """The folder of a public data set; missing files are downloaded."""
    home = home or HOMES.get(name)
    if home is None:
        raise DataError(f"data.{name}: cannot be downloaded; these can: {', '.join(HOMES)}")
    folder = cache_folder() / "data" / name
    try:
        _complete(home, folder)
    except OSError as error:  # network errors are DataErrors by now; this one is from the disk
        raise DataError(
            f"{error.filename or folder}: {error.strerror}; finished downloads are kept; free "
            "space and run again, or set TINYKWS_CACHE to a folder with more space"
        ) from error
    except DataError as error:
        raise DataError(f"{error}; or give your own copy: --set data.{name}=FOLDER") from error
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

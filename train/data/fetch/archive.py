"""A data set in one archive: download with resuming, verify, unpack atomically."""

from __future__ import annotations

import hashlib
import shutil
import tarfile
import zlib
from pathlib import Path

from train.data.fetch.homes import COMPLETE, Archive
from train.data.fetch.web import open_url, read
from train.errors import DataError, UnreachableError
from train.spread.progress import tqdm

CHUNK = 1 << 18


def fetch_archive(home: Archive, folder: Path) -> None:
    """Puts the archive's content into `folder`. The download is kept next to it until then."""
    if folder.exists() and not (folder / COMPLETE).exists():
        raise DataError(f"{folder}: was not created by this command; move it elsewhere")
    part = folder.with_name(f"{folder.name}.tar.gz.part")
    with tqdm(desc=folder.name, total=home.bytes, unit="B", unit_scale=True) as progress:
        _download(home, part, progress)
    _check(home, part)
    _unpack(home, part, folder)
    part.unlink()


def _download(home: Archive, part: Path, progress: tqdm) -> None:
    while (have := _size(part)) < home.bytes:
        progress.update(have - progress.n)
        try:
            _continue(home, part, have, progress)
        except UnreachableError:
            if _size(part) <= have:
                raise
        if _size(part) <= have:
            raise UnreachableError(
                f"{home.url}: the server keeps disconnecting; run again to resume"
            )


def _continue(home: Archive, part: Path, have: int, progress: tqdm) -> None:
    with open_url(home.url, have) as response:
        if response.status != 206:
            have = 0  # a server without range requests starts again
        total = have + int(response.headers.get("Content-Length", home.bytes - have))
        if total != home.bytes:  # a login page, for example, must not replace what is there
            raise DataError(f"{home.url}: has {total:,} bytes, not the published {home.bytes:,}")
        with part.open("ab" if have else "wb") as file:
            progress.update(have - progress.n)
            while chunk := read(response, home.url, CHUNK):
                file.write(chunk)
                progress.update(len(chunk))


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _check(home: Archive, part: Path) -> None:
    with part.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != home.sha256:
        part.unlink()
        raise DataError(
            f"{part}: its SHA-256 is {digest}, not the published {home.sha256}, so it was "
            "removed; run again to download it again"
        )


def _unpack(home: Archive, part: Path, folder: Path) -> None:
    """Unpacks into a temporary folder, then renames it: there is never half a data set."""
    unpacked = folder.with_name(f"{folder.name}.unpacking")
    shutil.rmtree(unpacked, ignore_errors=True)
    try:
        with tarfile.open(part) as archive:
            for member in tqdm(archive, f"unpacking {folder.name}", unit=" files"):
                archive.extract(member, unpacked, filter="data")
    except (tarfile.TarError, zlib.error, EOFError) as error:
        shutil.rmtree(unpacked, ignore_errors=True)
        raise DataError(f"{part}: cannot be unpacked ({error}); remove it and run again") from error
    (unpacked / COMPLETE).write_text(home.version)
    if folder.exists():  # an older version
        shutil.rmtree(folder)
    unpacked.rename(folder)

"""Caches arrays on disk under the hash of everything they were computed from.

The cache may fail without failing the run: damaged entries are computed again, and a full disk
turns caching off.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

DIGEST = 32  # bytes of SHA-256 before the array


def cache_folder() -> Path:
    """$TINYKWS_CACHE, or the user's cache folder if that is not set."""
    if chosen := os.environ.get("TINYKWS_CACHE"):
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "tinykws"


def key_of(*parts: Any) -> str:
    """The hash of plain values, as 32 hex digits."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


@dataclass
class Cache:
    """A folder of arrays. `enabled` becomes false when the disk is full."""

    folder: Path
    enabled: bool = True

    def load(self, key: str) -> NDArray[Any] | None:
        """The array, or None if it is missing or damaged."""
        path = self._path(key)
        try:
            content = path.read_bytes()
        except OSError:
            return None
        if hashlib.sha256(content[DIGEST:]).digest() != content[:DIGEST]:
            print(f"cache: {path} is damaged; computing it again", file=sys.stderr)
            return None
        return np.load(io.BytesIO(content[DIGEST:]), allow_pickle=False)

    def store(self, key: str, array: NDArray[Any]) -> None:
        if not self.enabled:
            return
        buffer = io.BytesIO()
        np.save(buffer, array, allow_pickle=False)
        content = buffer.getvalue()
        try:
            write_whole(self._path(key), hashlib.sha256(content).digest() + content)
        except OSError as error:
            self.give_up(error)

    def give_up(self, error: OSError) -> None:
        """Reports, once, why nothing is cached from now on."""
        if self.enabled:
            print(
                f"cache: cannot write to {self.folder} ({error.strerror}); continuing without it. "
                "Free some space there, or set TINYKWS_CACHE to another folder",
                file=sys.stderr,
            )
        self.enabled = False

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key[2:]}.features"


def open_cache() -> Cache:
    return Cache(cache_folder() / "features")


def write_whole(path: Path, content: bytes) -> None:
    """Writes atomically: a reader never sees half a file, even if the writer dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, partial = tempfile.mkstemp(dir=path.parent, prefix=".partial-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(partial).chmod(0o666 & ~_umask())  # mkstemp makes it readable only by its owner
        Path(partial).replace(path)
    except BaseException:
        Path(partial).unlink(missing_ok=True)
        raise


def _umask() -> int:
    current = os.umask(0o022)
    os.umask(current)
    return current

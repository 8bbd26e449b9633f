"""What was computed once is kept on disk: arrays under the hash of all that they were made of.

A cache may fail; a run may not. A damaged entry is computed again, a full disk ends the caching.
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
    """$TINYKWS_CACHE, else the user's cache folder."""
    if chosen := os.environ.get("TINYKWS_CACHE"):
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "tinykws"


def key_of(*parts: Any) -> str:
    """The hash of plain values: 32 hex digits."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


@dataclass
class Cache:
    """A folder of arrays. `enabled` turns false when the disk takes no more."""

    folder: Path
    enabled: bool = True

    def load(self, key: str) -> NDArray[Any] | None:
        """The array, or None where there is none or it is damaged."""
        path = self._path(key)
        try:
            content = path.read_bytes()
        except OSError:
            return None
        if hashlib.sha256(content[DIGEST:]).digest() != content[:DIGEST]:
            print(f"cache: {path} is damaged; it is computed again", file=sys.stderr)
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
        """Says once why nothing is kept from here on."""
        if self.enabled:
            print(
                f"cache: cannot write to {self.folder} ({error.strerror}); continuing without it. "
                "Make room there, or set TINYKWS_CACHE to another folder",
                file=sys.stderr,
            )
        self.enabled = False

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key[2:]}.features"


def open_cache() -> Cache:
    return Cache(cache_folder() / "features")


def write_whole(path: Path, content: bytes) -> None:
    """All of it or none: a reader never sees half a file, whenever the writer dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, partial = tempfile.mkstemp(dir=path.parent, prefix=".partial-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(partial).chmod(0o666 & ~_umask())  # mkstemp lets nobody else read it
        Path(partial).replace(path)
    except BaseException:
        Path(partial).unlink(missing_ok=True)
        raise


def _umask() -> int:
    current = os.umask(0o022)
    os.umask(current)
    return current

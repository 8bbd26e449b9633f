"""Which clips can be used, and the hash of each one's samples; remembered from run to run."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

from train.cache import Cache, key_of
from train.data.entry import Entry
from train.data.load import load
from train.errors import DataError
from train.spread.workers import in_parallel

CHUNK = 64  # entries that a process examines at a time
VERSION = 1  # of what is remembered


@dataclass(frozen=True)
class Finding:
    """What an entry's audio is: the hash of its samples, or why it cannot be used."""

    digest: str = ""
    reason: str = ""


def examine(entries: Sequence[Entry], cache: Cache) -> list[Finding]:
    """A finding for each entry. A file is read again only if its size or time has changed."""
    keys = [_key(entry) for entry in entries]
    known = _recall(cache)
    missing = [i for i, key in enumerate(keys) if not key or key not in known]
    chunks = [missing[start : start + CHUNK] for start in range(0, len(missing), CHUNK)]
    found: dict[int, Finding] = {}
    tasks = [[entries[i] for i in chunk] for chunk in chunks]
    results = in_parallel(_examine_all, tasks, "reading clips", [len(c) for c in chunks])
    for chunk, findings in zip(chunks, results, strict=True):
        found.update(zip(chunk, findings, strict=True))
        # a file that could not be read may be mended without a trace in its size and time
        _remember(cache, {keys[i]: found[i] for i in chunk if keys[i] and not found[i].reason})
    return [found[i] if i in found else known[key] for i, key in enumerate(keys)]


def _key(entry: Entry) -> str:
    """Changes whenever the audio may have changed; empty if there is no such file."""
    if entry.path is None:
        return key_of(VERSION, entry.label, asdict(entry.voice) if entry.voice else None)
    try:
        status = entry.path.stat()
    except OSError:
        return ""
    return key_of(VERSION, str(entry.path.absolute()), status.st_size, status.st_mtime_ns)


def _examine_all(entries: Sequence[Entry]) -> list[Finding]:
    return [_examine(entry) for entry in entries]


def _examine(entry: Entry) -> Finding:
    try:
        clip = load(entry)
    except DataError as error:
        return Finding(reason=str(error))
    digest = hashlib.sha256(clip.rate.to_bytes(4, "little") + clip.samples.tobytes())
    return Finding(digest=digest.hexdigest()[:32])


def _index(cache: Cache) -> Path:
    return cache.folder / "clips.sqlite"


def _recall(cache: Cache) -> dict[str, Finding]:
    if not _index(cache).exists():
        return {}
    try:
        with closing(sqlite3.connect(_index(cache))) as index, index:
            rows = index.execute("SELECT key, digest FROM clips").fetchall()
    except sqlite3.Error:  # damaged: it only saves time
        _index(cache).unlink(missing_ok=True)
        return {}
    return {key: Finding(digest=digest) for key, digest in rows}


def _remember(cache: Cache, findings: dict[str, Finding]) -> None:
    if not cache.enabled:
        return
    try:
        cache.folder.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(_index(cache))) as index, index:
            index.execute("CREATE TABLE IF NOT EXISTS clips (key TEXT PRIMARY KEY, digest TEXT)")
            rows = [(key, finding.digest) for key, finding in findings.items()]
            index.executemany("INSERT OR REPLACE INTO clips VALUES (?, ?)", rows)
    except (OSError, sqlite3.Error) as error:
        cache.give_up(OSError(0, str(error)))

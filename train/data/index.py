"""Which clips can be used, and the hash of each clip's samples; kept between runs."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from train.cache import Cache, key_of
from train.data.clip import resample
from train.data.entry import Entry
from train.data.load import Rejected, load
from train.data.placing import find
from train.data.voices.neural import speak_all
from train.errors import DataError
from train.settings.frontend import FrontendConfig
from train.spread.workers import in_parallel

CHUNK = 64  # entries per piece of work
VERSION = 2  # of what is stored


@dataclass(frozen=True)
class Finding:
    """What was found in an entry's audio: the hash of its samples, or why it cannot be used."""

    digest: str = ""
    reason: str = ""
    words: int | None = None  # found in a clip longer than the window
    moved: bool = False  # the window of such a clip is not at its middle


def sort_out(
    entries: Sequence[Entry], findings: Sequence[Finding]
) -> tuple[list[tuple[Entry, Finding]], list[Rejected]]:
    """Which entries can be used, and which cannot. Identical samples are used once, under the first
    name; a copy under another name could be in two splits."""
    kept: list[tuple[Entry, Finding]] = []
    rejected: list[Rejected] = []
    first: dict[str, Entry] = {}
    for entry, finding in zip(entries, findings, strict=True):
        reason = finding.reason or _not_one_word(entry, finding)
        if not reason and finding.digest in first:
            reason = f"{entry.name}: the same samples as {first[finding.digest].name}"
        if reason:
            rejected.append(Rejected(entry, reason))
        else:
            first[finding.digest] = entry
            kept.append((entry, finding))
    return kept, rejected


def _not_one_word(entry: Entry, finding: Finding) -> str:
    """Checks keywords only: any window of other words and sounds is a valid example."""
    if entry.kind != "digits" or not entry.spoken or finding.words is None:
        return ""
    if not finding.words:
        return f"{entry.name}: contains no speech; record it again, or remove it"
    if finding.words > 1:
        return f"{entry.name}: has {finding.words} separate words; cut it between them"
    return ""


def examine(entries: Sequence[Entry], config: FrontendConfig, cache: Cache) -> list[Finding]:
    """A finding for each entry. A file is read again only if its size or time has changed."""
    keys = [_key(entry, config) for entry in entries]
    known = _recall(cache)
    missing = [i for i, key in enumerate(keys) if not key or key not in known]
    speak_all([entries[i] for i in missing])
    chunks = [missing[start : start + CHUNK] for start in range(0, len(missing), CHUNK)]
    found: dict[int, Finding] = {}
    tasks = [([entries[i] for i in chunk], config) for chunk in chunks]
    results = in_parallel(_examine_all, tasks, "reading clips", [len(c) for c in chunks])
    for chunk, findings in zip(chunks, results, strict=True):
        found.update(zip(chunk, findings, strict=True))
        # an unreadable file may be repaired without a change of its size and time
        _remember(cache, {keys[i]: found[i] for i in chunk if keys[i] and not found[i].reason})
    return [found[i] if i in found else known[key] for i, key in enumerate(keys)]


def _key(entry: Entry, config: FrontendConfig) -> str:
    """A key that changes whenever the audio may have changed; empty without a file."""
    place = [VERSION, entry.kind == "noise", config.sample_rate, config.window]
    if entry.path is None:
        return key_of(*place, entry.label, asdict(entry.voice) if entry.voice else None)
    try:
        status = entry.path.stat()
    except OSError:
        return ""
    return key_of(*place, str(entry.path.absolute()), status.st_size, status.st_mtime_ns)


def _examine_all(task: tuple[Sequence[Entry], FrontendConfig]) -> list[Finding]:
    entries, config = task
    return [_examine(entry, config) for entry in entries]


def _examine(entry: Entry, config: FrontendConfig) -> Finding:
    try:
        clip = load(entry)
    except DataError as error:
        return Finding(reason=str(error))
    digest = hashlib.sha256(clip.rate.to_bytes(4, "little") + clip.samples.tobytes())
    found = Finding(digest=digest.hexdigest()[:32])
    if entry.kind == "noise" or len(clip.samples) * config.sample_rate <= config.window * clip.rate:
        return found
    samples = resample(clip, config.sample_rate).samples
    place = find(samples, config.window, config.sample_rate)
    return replace(found, words=place.words, moved=place.moved)


def _index(cache: Cache) -> Path:
    return cache.folder / "findings.sqlite"


def _recall(cache: Cache) -> dict[str, Finding]:
    if not _index(cache).exists():
        return {}
    try:
        with closing(sqlite3.connect(_index(cache))) as index, index:
            rows = index.execute("SELECT key, digest, words, moved FROM findings").fetchall()
    except sqlite3.Error:  # damaged; it only saves time, so start again
        _index(cache).unlink(missing_ok=True)
        return {}
    return {key: Finding(digest, "", words, bool(moved)) for key, digest, words, moved in rows}


def _remember(cache: Cache, findings: dict[str, Finding]) -> None:
    if not cache.enabled:
        return
    try:
        cache.folder.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(_index(cache))) as index, index:
            index.execute(
                "CREATE TABLE IF NOT EXISTS findings "
                "(key TEXT PRIMARY KEY, digest TEXT, words INTEGER, moved INTEGER)"
            )
            rows = [(key, f.digest, f.words, f.moved) for key, f in findings.items()]
            index.executemany("INSERT OR REPLACE INTO findings VALUES (?, ?, ?, ?)", rows)
    except (OSError, sqlite3.Error) as error:
        cache.give_up(OSError(0, str(error)))

"""All long recordings of a run: their spans, what was left out, and how many minutes there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from train.data.entry import Entry
from train.data.load import Rejected
from train.data.long.recordings import SOURCE, Recording, find
from train.data.long.spans import Span, spans_of
from train.data.split import SPLITS, side
from train.errors import DataError
from train.settings import Settings
from train.settings.words import SILENCE, UNKNOWN

SPEECH, OTHER = "speech", "noise and music"


@dataclass(frozen=True)
class Collection:
    """`recordings` includes those that are only backgrounds; `sides` is the split by speaker."""

    recordings: tuple[Recording, ...] = ()
    spans: tuple[Span, ...] = ()
    sides: tuple[tuple[str, str], ...] = ()

    def of(self, split: str) -> list[Span]:
        return [span for span in self.spans if span.split == split]

    @property
    def backgrounds(self) -> list[tuple[Entry, str]]:
        """Recordings without speech, with their digests, in which no keyword is said either."""
        return [
            (_entry(one.path, SILENCE), one.digest)
            for one in self.recordings
            if not one.speech and not one.words
        ]

    @property
    def identity(self) -> list[Any]:
        """Plain values that change with any sample, split, label or name of a folder."""
        return [
            (s.recording.digest, s.recording.speech, s.split, s.start, s.end,
             [(w.start, w.end) for w in s.recording.words])
            for s in self.spans
        ]  # fmt: skip

    def minutes(self, speech: bool) -> dict[str, float]:
        found = dict.fromkeys(SPLITS, 0.0)
        for span in self.spans:
            found[span.split] += span.seconds / 60 * (span.recording.speech == speech)
        return {name: round(found[name], 1) for name in SPLITS}

    @property
    def speaker_sides(self) -> dict[str, str]:
        """The split of each speaker, named with the source as all speakers are."""
        return {f"{SOURCE}-{name}": split for name, split in self.sides}

    @property
    def speakers(self) -> dict[str, int]:
        found = Counter(split for _, split in self.sides)
        return {name: found[name] for name in SPLITS}


def read_long(settings: Settings) -> tuple[Collection, list[Rejected]]:
    data = settings.data
    kept: dict[str, Recording] = {}  # by digest: a copy is used once
    refused: list[Rejected] = []
    for folder in data.long:
        found, reasons = find(Path(folder).expanduser(), data.words)
        refused += [Rejected(_entry(path, UNKNOWN), reason) for path, reason in reasons]
        before = len(kept)
        for one in found:
            if reason := _why_not(one, kept, settings):
                refused.append(Rejected(_entry(one.path, UNKNOWN), reason))
            else:
                kept[one.digest] = one
        if len(kept) == before:
            raise DataError(f"data.long: nothing in it can be used; {refused[-1].reason}")
    recordings = tuple(kept.values())
    labelled = [one for one in recordings if (data.unknown if one.speech else data.silence)]
    speakers = {turn.speaker for one in labelled if one.speech for turn in one.turns}
    return Collection(
        recordings,
        tuple(s for one in labelled for s in spans_of(one, settings.seed, data.validation)),
        tuple((name, side(settings.seed, SOURCE, name, data.validation))
              for name in sorted(speakers)),
    ), refused  # fmt: skip


def _why_not(one: Recording, kept: dict[str, Recording], settings: Settings) -> str:
    if one.digest in kept:
        return f"{one.path}: the same file as {kept[one.digest].path}"
    if one.speech and not settings.data.unknown:
        return f"{one.path}: is speech, which needs the label unknown (data.unknown=true)"
    return ""


def _entry(path: Path, label: str) -> Entry:
    return Entry(SOURCE, "noise", label, f"{SOURCE}-{path.stem}", path)


def long_table(collection: Collection) -> list[str]:
    """Minutes per kind and split, and the number of known speakers, as text."""
    if not collection.recordings:
        return []
    lines = [f"{'long, minutes':<16}" + "".join(f"{name:>12}" for name in SPLITS)]
    for name, speech in ((SPEECH, True), (OTHER, False)):
        minutes = collection.minutes(speech)
        lines.append(f"{name:<16}" + "".join(f"{minutes[split]:>12.1f}" for split in SPLITS))
    counts = collection.speakers
    lines.append(f"{'speakers':<16}" + "".join(f"{counts[split]:>12,}" for split in SPLITS))
    if not any(counts.values()) and any(one.speech for one in collection.recordings):
        lines.append("no sources.csv says who speaks: the parts of a recording share voices")
    if not all(span.recording.speech for span in collection.spans):
        return lines
    return [*lines, *_without_windows(collection.recordings)]


def _without_windows(recordings: Sequence[Recording]) -> list[str]:
    count = sum(not one.speech for one in recordings)
    if not count:
        return []
    return [f"{count:,} recordings of noise and music are backgrounds only: data.silence is off"]


def in_words(collection: Collection) -> list[str]:
    """One line for a report; none without long recordings."""
    if not collection.recordings:
        return []
    speech, other = (collection.minutes(kind) for kind in (True, False))
    parts = [f"{speech[name] + other[name]:.0f} minutes for {name}" for name in SPLITS]
    return [f"{len(collection.recordings):,} files: {', '.join(parts)}"]


def as_tree(collection: Collection) -> dict[str, Any]:
    """What run.json and --dry-run --json say; empty without long recordings."""
    if not collection.recordings:
        return {}
    return {
        "minutes": {
            "speech": collection.minutes(True),
            "noise_and_music": collection.minutes(False),
        },
        "speakers": collection.speakers,
        "recordings": [
            {"file": one.path.name, "digest": one.digest, "seconds": round(one.seconds, 2),
             "licence": one.licence, "credit": one.credit}
            for one in collection.recordings
        ],
    }  # fmt: skip

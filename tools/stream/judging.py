"""Judges detections against the words of a label track, and counts them by kind of sound.

A word may be detected from its start until `AFTER` its end. The first detection in that time with
its name makes it a hit. A word without one is wrong if another word was detected, else missed. Any
further detection in that time is extra: a second line caused by one spoken word. All other
detections are false accepts; the label at that time says what caused them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tools.stream.listener import Bundle, Decisions, Detector, detect, every
from tools.stream.unheard import EVERYTHING, Parts
from train.data.long.labels import Label

AFTER = 1.0  # seconds: the last window that contains any of the word ends then
REST = "unlabelled"
HIT, WRONG, MISSED, EXTRA, FALSE = "hit", "wrong", "missed", "extra", "false accept"


@dataclass(frozen=True)
class Protocol:
    """Rules of counting. Both find hits alike: from a word's start until `AFTER` its end."""

    name: str
    debounce: float  # seconds from a false accept in which further ones do not count


OURS = Protocol("tinykws", debounce=0.0)
MLPERF = Protocol("mlperf", debounce=1.0)  # streaming wake words of MLPerf Tiny
PROTOCOLS = {one.name: one for one in (OURS, MLPERF)}


@dataclass(frozen=True)
class Track:
    """What is said and heard in a recording, and when."""

    name: str
    words: tuple[Label, ...]
    others: tuple[Label, ...] = ()  # labels that are not words of the model: kinds of sound
    rest: str = REST  # the kind of what no label covers
    counted: Parts = EVERYTHING  # the model learned from the other parts

    def kind(self, time: float) -> str:
        """Returns the name of the other label at that time; of several, the first to begin."""
        return next((o.name for o in self.others if o.start <= time < o.end), self.rest)

    def cause(self, time: float) -> str:
        """Returns the last other label that began before, and ended at most `AFTER` ago."""
        return next((o.name for o in reversed(self.others) if o.start <= time <= o.end + AFTER), "")

    def counts(self, start: float, end: float) -> bool:
        return any(begin <= start and end <= stop for begin, stop in self.counted)


@dataclass(frozen=True)
class Heard:
    """A recording: its label track and the decisions of a bundle."""

    track: Track
    decisions: Decisions


@dataclass(frozen=True)
class Detection:
    time: float  # seconds: of the window's last sample
    name: str
    score: float


@dataclass(frozen=True)
class Event:
    """A word and its outcome, or a detection without a word."""

    recording: str
    kind: str
    outcome: str
    time: float  # seconds: the detection, or the end of a missed word
    word: str = ""  # the spoken word; for a false accept, the cause
    detected: str = ""
    score: float = 0.0
    latency: float = 0.0  # seconds after the word's end


@dataclass
class Count:
    """Totals for one kind of sound, or for everything."""

    outcomes: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    latencies: list[float] = field(default_factory=list)  # of hits, in seconds
    hours: float = 0.0  # outside the time in which words may be detected

    @property
    def words(self) -> int:
        return sum(self.outcomes[outcome] for outcome in (HIT, WRONG, MISSED))

    @property
    def rate(self) -> float:
        """Hits per word."""
        return self.outcomes[HIT] / self.words if self.words else 0.0

    @property
    def an_hour(self) -> float:
        """False accepts per hour."""
        return self.outcomes[FALSE] / self.hours if self.hours else 0.0

    def latency(self, percent: float) -> float | None:
        return float(np.percentile(self.latencies, percent)) if self.latencies else None

    def add(self, event: Event) -> None:
        self.outcomes[event.outcome] += 1
        if event.outcome == HIT:
            self.latencies.append(event.latency)


def track(
    name: str,
    labels: Iterable[Label],
    words: Collection[str],
    rest: str = REST,
    counted: Parts = EVERYTHING,
) -> Track:
    ordered = sorted(labels)
    return Track(
        name,
        tuple(one for one in ordered if one.name in words),
        tuple(one for one in ordered if one.name not in words),
        rest,
        counted,
    )


def heard(
    name: str,
    decisions: Decisions,
    labels: Iterable[Label],
    bundle: Bundle,
    rest: str = REST,
    counted: Parts = EVERYTHING,
) -> Heard:
    return Heard(track(name, labels, bundle.words, rest, counted), decisions)


def judge(
    bundle: Bundle, recording: Heard, detector: Detector, protocol: Protocol = OURS
) -> list[Event]:
    """Judges what the bundle detects with these settings."""
    found = detect(bundle, recording.decisions, detector)
    detections = [
        Detection(int(one["time_ms"]) / 1000, bundle.labels[one["label"]], int(one["score"]) / 256)
        for one in found
    ]
    return match(recording.track, detections, protocol)


def match(track: Track, found: Sequence[Detection], protocol: Protocol = OURS) -> list[Event]:
    """Returns every word once, and every detection without a word, in order of time. What the
    model learned from is left out."""
    owners = _owners(track.words, found)
    taken = set(owners.values())
    near = _Near(track.words)
    events = [
        _of_word(track, word, found[owners[i]] if i in owners else None)
        for i, word in enumerate(track.words)
        if track.counts(word.start, word.end)
    ]
    rest = [one for i, one in enumerate(found) if i not in taken]
    rest = [one for one in rest if track.counts(one.time, one.time)]
    inside = [one for one in rest if near.at(one.time)]
    false = _debounced([one for one in rest if not near.at(one.time)], protocol.debounce)
    for one in inside:
        kind = track.kind(one.time)
        events.append(Event(track.name, kind, EXTRA, one.time, "", one.name, one.score))
    for one in false:
        kind, cause = track.kind(one.time), track.cause(one.time)
        events.append(Event(track.name, kind, FALSE, one.time, cause, one.name, one.score))
    return sorted(events, key=lambda event: event.time)


def _debounced(found: Sequence[Detection], seconds: float) -> list[Detection]:
    """Leaves out those that follow one that counts within that time."""
    kept: list[Detection] = []
    for one in found:
        if not kept or one.time - kept[-1].time > seconds:
            kept.append(one)
    return kept


class _Near:
    """Finds the words that a time may belong to."""

    def __init__(self, words: Sequence[Label]) -> None:
        self._words = words
        self._starts = [word.start for word in words]
        self._longest = max((word.end - word.start for word in words), default=0.0) + AFTER

    def at(self, time: float) -> list[int]:
        last = bisect_right(self._starts, time)
        first = bisect_right(self._starts, time - self._longest - 1e-9)
        return [i for i in range(first, last) if time <= self._words[i].end + AFTER]


def _owners(words: Sequence[Label], found: Sequence[Detection]) -> dict[int, int]:
    """Maps words to detections. Correct ones first, as another word's time may overlap."""
    near = _Near(words)
    candidates = [near.at(one.time) for one in found]
    owners: dict[int, int] = {}
    used = set()
    for i, (possible, one) in enumerate(zip(candidates, found, strict=True)):
        right = [word for word in possible if words[word].name == one.name and word not in owners]
        if right:
            owners[right[0]] = i
            used.add(i)
    for i, possible in enumerate(candidates):
        free = [word for word in possible if word not in owners]
        if i not in used and free:
            owners[free[-1]] = i  # most likely caused by the latest word
    return owners


def _of_word(track: Track, word: Label, found: Detection | None) -> Event:
    kind = track.kind(word.start)
    if found is None:
        return Event(track.name, kind, MISSED, word.end, word.name)
    outcome = HIT if found.name == word.name else WRONG
    return Event(track.name, kind, outcome, found.time, word.name, found.name, found.score,
                 found.time - word.end)  # fmt: skip


def count(events: Iterable[Event], hours: dict[str, float]) -> tuple[Count, dict[str, Count]]:
    """Returns the total, and counts by kind of sound."""
    kinds = {kind: Count(hours=hour) for kind, hour in hours.items()}
    total = Count(hours=sum(hours.values()))
    for event in events:
        total.add(event)
        kinds.setdefault(event.kind, Count()).add(event)
    return total, kinds


def hours_outside(bundle: Bundle, recordings: Iterable[Heard]) -> dict[str, float]:
    """Returns hours by kind of sound: decisions outside all words' times, times their period."""
    found: dict[str, float] = defaultdict(float)
    period = bundle.detector.decision_ms
    for one in recordings:
        times = every(bundle, one.decisions, period)["time_ms"] / 1000
        for kind, hours in hours_of(one.track, times, period / 1000).items():
            found[kind] += hours
    return dict(found)


def hours_of(track: Track, times: NDArray[np.float64], period: float) -> dict[str, float]:
    """The same for one recording, with a decision at each of these times; in seconds."""
    found: dict[str, float] = defaultdict(float)
    rest = np.zeros(len(times), bool)
    for start, end in track.counted:
        rest |= (times >= start) & (times <= end)
    for word in track.words:
        rest &= (times < word.start) | (times > word.end + AFTER)
    for other in track.others:
        inside = rest & (times >= other.start) & (times < other.end)
        found[other.name] += int(inside.sum()) * period / 3600
        rest &= ~inside
    found[track.rest] += int(rest.sum()) * period / 3600
    return {kind: hours for kind, hours in found.items() if hours}

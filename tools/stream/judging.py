"""Judges detections against the words of a label track, and counts them by kind of sound.

A word may be detected from its start until `AFTER` its end. The first detection in that time with
its name makes it a hit. A word without one is wrong if another word was detected, else missed. Any
further detection in that time is extra: a second line caused by one spoken word. All other
detections are false accepts; the label at that time says what caused them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from tools.stream.listener import Bundle, Decisions, Detector, detect, every
from train.data.long.labels import Label

AFTER = 1.0  # seconds: the last window that contains any of the word ends then
REST = "unlabelled"
HIT, WRONG, MISSED, EXTRA, FALSE = "hit", "wrong", "missed", "extra", "false accept"


@dataclass(frozen=True)
class Heard:
    """A recording: its decisions and its label track."""

    name: str
    decisions: Decisions
    words: tuple[Label, ...]
    others: tuple[Label, ...]  # labels that are not words of the model: kinds of sound

    def kind(self, time: float) -> str:
        """Returns the name of the other label at that time; of several, the first to begin."""
        return next((o.name for o in self.others if o.start <= time < o.end), REST)

    def cause(self, time: float) -> str:
        """Returns the last other label that began before, and ended at most `AFTER` ago."""
        return next((o.name for o in reversed(self.others) if o.start <= time <= o.end + AFTER), "")


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


def heard(name: str, decisions: Decisions, labels: Iterable[Label], bundle: Bundle) -> Heard:
    ordered = sorted(labels)
    words = tuple(one for one in ordered if one.name in bundle.words)
    others = tuple(one for one in ordered if one.name not in bundle.words)
    return Heard(name, decisions, words, others)


def judge(bundle: Bundle, recording: Heard, detector: Detector) -> list[Event]:
    """Returns every word once, and every detection without a word, in order of time."""
    found = detect(bundle, recording.decisions, detector)
    times = [int(one) / 1000 for one in found["time_ms"]]
    names = [bundle.labels[one] for one in found["label"]]
    scores = [int(one) / 256 for one in found["score"]]
    owners = _owners(recording.words, times, names)
    taken = {detection: word for word, detection in owners.items()}
    near = _Near(recording.words)
    events = [_of_word(recording, i, owners.get(i), times, names, scores)
              for i in range(len(recording.words))]  # fmt: skip
    for i, (time, name, score) in enumerate(zip(times, names, scores, strict=True)):
        if i not in taken:
            outcome, cause = (EXTRA, "") if near.at(time) else (FALSE, recording.cause(time))
            kind = recording.kind(time)
            events.append(Event(recording.name, kind, outcome, time, cause, name, score))
    return sorted(events, key=lambda event: event.time)


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


def _owners(words: Sequence[Label], times: Sequence[float], names: Sequence[str]) -> dict[int, int]:
    """Maps words to detections. Correct ones first, as another word's time may overlap."""
    near = _Near(words)
    candidates = [near.at(time) for time in times]
    owners: dict[int, int] = {}
    used = set()
    for i, (possible, name) in enumerate(zip(candidates, names, strict=True)):
        right = [word for word in possible if words[word].name == name and word not in owners]
        if right:
            owners[right[0]] = i
            used.add(i)
    for i, possible in enumerate(candidates):
        free = [word for word in possible if word not in owners]
        if i not in used and free:
            owners[free[-1]] = i  # most likely caused by the latest word
    return owners


def _of_word(
    recording: Heard,
    number: int,
    detection: int | None,
    times: Sequence[float],
    names: Sequence[str],
    scores: Sequence[float],
) -> Event:
    word = recording.words[number]
    kind = recording.kind(word.start)
    if detection is None:
        return Event(recording.name, kind, MISSED, word.end, word.name)
    outcome = HIT if names[detection] == word.name else WRONG
    time = times[detection]
    return Event(recording.name, kind, outcome, time, word.name, names[detection],
                 scores[detection], time - word.end)  # fmt: skip


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
        rest = np.ones(len(times), bool)
        for word in one.words:
            rest &= (times < word.start) | (times > word.end + AFTER)
        for other in one.others:
            inside = rest & (times >= other.start) & (times < other.end)
            found[other.name] += int(inside.sum()) * period / 3_600_000
            rest &= ~inside
        found[REST] += int(rest.sum()) * period / 3_600_000
    return {kind: hours for kind, hours in found.items() if hours}

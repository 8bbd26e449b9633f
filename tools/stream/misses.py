"""Words missed at a fixed number of false accepts per hour, with intervals.

For each number of false accepts per hour the threshold is the lowest that, like all above it,
causes no more. The intervals are drawn over files (bootstrap): a draw has a threshold of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tools.stream.intervals import fewer_than
from tools.stream.judging import FALSE, HIT, MISSED, WRONG, Event
from train.pages.markdown import markdown

RATES = (0.1, 0.5, 1.0, 3.0)  # false accepts per hour
DRAWS = 1_000
SEED = 0

Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Tally:
    """What is counted in each part: the sound of one kind in one file."""

    files: Counts  # [parts]: the number of the file
    kinds: tuple[str, ...]  # [parts]
    hours: NDArray[np.float64]  # [parts], outside the time in which words may be detected
    words: Counts  # [parts]
    hits: Counts  # [thresholds, parts]; lowest threshold first
    false: Counts  # [thresholds, parts]

    def of(self, kind: str) -> Tally:
        return self._only(np.array([one == kind for one in self.kinds], bool))

    def with_words(self) -> Tally:
        return self._only(self.words > 0)

    def listened(self) -> Tally:
        return self._only(self.hours > 0)

    def after(self, other: Tally) -> Tally:
        """The same with numbers of files that the other does not use."""
        first = int(other.files.max(initial=-1)) + 1
        return Tally(self.files + first, self.kinds, self.hours, self.words, self.hits, self.false)

    def _only(self, kept: NDArray[np.bool_]) -> Tally:
        kinds = tuple(kind for kind, keep in zip(self.kinds, kept, strict=True) if keep)
        return Tally(self.files[kept], kinds, self.hours[kept], self.words[kept],
                     self.hits[:, kept], self.false[:, kept])  # fmt: skip


def tally(
    hours: Sequence[Mapping[str, float]], judged: Iterable[Sequence[Sequence[Event]]]
) -> Tally:
    """From the hours of each file by kind, and, lowest threshold first, the events of each."""
    rows = [_counted(files) for files in judged]
    parts = sorted(
        {(i, kind) for i, of_file in enumerate(hours) for kind in of_file}
        | {(i, kind) for row in rows for i, kind, _ in row}
    )

    def count(outcome: str) -> Counts:
        table = [[row.get((i, kind, outcome), 0) for i, kind in parts] for row in rows]
        return np.array(table, np.int64).reshape(len(rows), len(parts))

    words = count(HIT) + count(WRONG) + count(MISSED)
    return Tally(
        np.array([i for i, _ in parts], np.int64),
        tuple(kind for _, kind in parts),
        np.array([hours[i].get(kind, 0.0) for i, kind in parts]),
        words.max(axis=0, initial=0),
        count(HIT),
        count(FALSE),
    )


def _counted(files: Sequence[Sequence[Event]]) -> dict[tuple[int, str, str], int]:
    found: dict[tuple[int, str, str], int] = {}
    for i, events in enumerate(files):
        for event in events:
            key = (i, event.kind, event.outcome)
            found[key] = found.get(key, 0) + 1
    return found


@dataclass(frozen=True)
class Missed:
    """The share of words missed, its 95 % interval, and what the threshold rests on."""

    share: float
    low: float
    high: float
    threshold: int | None  # its number; none: every threshold causes more false accepts
    false: int  # at that threshold


def missed(sound: Tally, spoken: Tally, most: float) -> Missed:
    """With at most so many false accepts per hour of `sound`, of the words of `spoken`."""
    weights = _weights(sound, spoken)
    false = weights[:, sound.files] @ sound.false.T  # [1 + draws, thresholds]
    hours = weights[:, sound.files] @ sound.hours
    # of equals, such as 3 in 3 hours, rounding decides nothing
    good = false <= most * hours[:, None] * (1 + 1e-9)
    good = np.flip(np.logical_and.accumulate(np.flip(good, 1), 1), 1)
    number = good.argmax(axis=1)
    hits = weights[:, spoken.files] @ spoken.hits.T
    heard = np.where(good.any(axis=1), hits[np.arange(len(hits)), number], 0.0)
    words = weights[:, spoken.files] @ spoken.words
    shares = 1 - heard[words > 0] / words[words > 0]
    low, high = np.percentile(shares[1:], [2.5, 97.5])
    found = int(number[0]) if good[0].any() else None
    at = int(false[0, found]) if found is not None else 0
    return Missed(float(shares[0]), float(low), float(high), found, at)


def _weights(sound: Tally, spoken: Tally) -> NDArray[np.float64]:
    """How often each file counts: once, then as often as it is drawn. Those with sound, whose false
    accepts choose the threshold, and those with nothing but words are drawn separately."""
    random = np.random.default_rng(SEED)
    files = np.concatenate([sound.files, spoken.files])
    weights = np.zeros((1 + DRAWS, 1 + int(files.max(initial=-1))))
    for drawn in (np.unique(sound.files), np.setdiff1d(spoken.files, sound.files)):
        if len(drawn):
            weights[0, drawn] = 1
            weights[1:, drawn] = random.multinomial(
                len(drawn), np.full(len(drawn), 1 / len(drawn)), DRAWS
            )
    return weights


def by_sound(sound: Tally, spoken: Tally, rates: Sequence[float] = RATES) -> str:
    """What is missed if one kind of sound is heard all day, and if all of them are."""
    rows = [["heard all day", "hours", "none heard proves", *_headings(rates)]]
    kinds = sorted(set(sound.listened().kinds))
    for name, part in [*((kind, sound.of(kind)) for kind in kinds), ("all", sound)]:
        hours = float(part.hours.sum())
        cells = [cell(missed(part, spoken, rate)) for rate in rates]
        rows.append([name, f"{hours:.2f}", f"fewer than {fewer_than(hours):.1f} per hour", *cells])
    return markdown(rows)


def by_words(sound: Tally, groups: Mapping[str, Tally], rates: Sequence[float] = RATES) -> str:
    """What is missed of each group of words, at the thresholds for all sound."""
    rows = [["words", "number", *_headings(rates)]]
    for name, group in groups.items():
        cells = [cell(missed(sound, group, rate)) for rate in rates]
        rows.append([name, f"{int(group.words.sum()):,}", *cells])
    return markdown(rows)


def groups_of(*tallies: Tally) -> dict[str, Tally]:
    """The words of each kind of sound, in order of name; 5 dB before 10 dB."""
    return {
        kind: one.of(kind)
        for one in tallies
        for kind in sorted({*one.with_words().kinds}, key=_key)
    }


def _key(name: str) -> str:
    return re.sub(r"\d+", lambda digits: digits[0].zfill(4), name)


def cell(one: Missed) -> str:
    return f"{100 * one.share:.1f} % ({100 * one.low:.1f} to {100 * one.high:.1f})"


def _headings(rates: Sequence[float]) -> list[str]:
    return [f"missed at {rate:g} per hour" for rate in rates]

"""Splits long recordings: speech by speaker where that is known, everything else by time."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from train.data.long.recordings import SOURCE, Recording
from train.data.noises import PARTS
from train.data.split import SPLITS, side

PAUSE = 1.0  # seconds; a longer gap in sources.csv may hold somebody who is not listed
LONGEST = 60.0  # seconds of a piece, which one process turns into features


@dataclass(frozen=True)
class Span:
    """A part of a recording, in seconds, all of which is in one split."""

    recording: Recording
    split: str
    start: float
    end: float

    @property
    def seconds(self) -> float:
        return self.end - self.start

    @property
    def pieces(self) -> list[tuple[float, float]]:
        """Equal pieces of at most a minute, in seconds."""
        count = max(1, -int(-self.seconds // LONGEST))
        edges = [self.start + self.seconds * i / count for i in range(count + 1)]
        return list(itertools.pairwise(edges))


def spans_of(recording: Recording, seed: int, validation: int) -> list[Span]:
    """`validation` is that of the settings: tenths of the speakers."""
    if recording.speech and recording.turns:
        return list(_by_speaker(recording, seed, validation))
    length = recording.seconds
    return [Span(recording, name, PARTS[name][0] * length, PARTS[name][1] * length)
            for name in SPLITS]  # fmt: skip


def _by_speaker(recording: Recording, seed: int, validation: int) -> Iterator[Span]:
    """Turns of speakers of one split, and the pauses between them. Where two speakers of different
    splits talk at once, or a gap is long, nothing is used."""
    turns = [(turn, side(seed, SOURCE, turn.speaker, validation)) for turn in recording.turns]
    edges = sorted({min(edge, recording.seconds) for t, _ in turns for edge in (t.start, t.end)})
    current: Span | None = None
    for start, end in itertools.pairwise(edges):
        sides = {name for turn, name in turns if turn.start < end and turn.end > start}
        if not sides and end - start <= PAUSE:
            continue  # a pause; it belongs to the span if that goes on behind it
        if current and sides == {current.split} and start - current.end <= PAUSE:
            current = Span(recording, current.split, current.start, end)
            continue
        if current:
            yield current
        current = Span(recording, sides.pop(), start, end) if len(sides) == 1 else None
    if current:
        yield current

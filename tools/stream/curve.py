"""Results with other detector settings, without running the network again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from tools.stream.judging import (
    EXTRA,
    OURS,
    WRONG,
    Count,
    Event,
    Heard,
    Protocol,
    count,
    hours_outside,
    judge,
)
from tools.stream.listener import Bundle, Detector
from tools.stream.misses import Tally, tally
from train.spread.progress import Progress, tqdm

MOST_AN_HOUR = 1.0  # most false accepts per hour of a recommended threshold
THRESHOLDS = tuple(range(4, 255, 2))  # of 256
WINDOWS = (1, 2, 3, 4, 5, 6)  # to average
MORE_WINDOWS = (1, 2, 4, 6, 8, 10, 12, 16)  # the same, of a stream that decides often
OFTEN = 100  # ms between decisions, below which that is so


@dataclass(frozen=True)
class Point:
    """A setting and its results."""

    detector: Detector
    rate: float  # hits per word
    wrong: float  # wrong words and extra detections, per word
    an_hour: float  # false accepts per hour
    median: float | None  # seconds of latency
    late: float | None  # 90th percentile of latency
    kinds: dict[str, float]  # false accepts per hour, by kind of recording


def curve(
    bundle: Bundle, recordings: Sequence[Heard], detector: Detector, protocol: Protocol = OURS
) -> tuple[list[Point], Tally]:
    """Computes a point for every threshold, lowest first, and what is counted in each file."""
    hours = [hours_outside(bundle, [one]) for one in recordings]
    total = hours_outside(bundle, recordings)
    points: list[Point] = []

    def judged() -> Iterator[list[list[Event]]]:
        for threshold in THRESHOLDS:
            at = replace(detector, threshold=threshold)
            events = [judge(bundle, one, at, protocol) for one in recordings]
            points.append(summarize(at, *count((e for one in events for e in one), total)))
            progress.add(1)
            yield events

    progress = Progress("judging", len(THRESHOLDS) if recordings else 0, "thresholds")
    try:
        return points, tally(hours, judged())
    finally:
        progress.close()


def point(
    bundle: Bundle,
    recordings: Iterable[Heard],
    detector: Detector,
    hours: dict[str, float],
    protocol: Protocol,
) -> Point:
    events = (event for one in recordings for event in judge(bundle, one, detector, protocol))
    return summarize(detector, *count(events, hours))


def summarize(detector: Detector, total: Count, kinds: dict[str, Count]) -> Point:
    wrong = total.outcomes[WRONG] + total.outcomes[EXTRA]
    return Point(
        detector, total.rate, wrong / max(1, total.words), total.an_hour,
        total.latency(50), total.latency(90),
        {name: one.an_hour for name, one in kinds.items() if one.hours},
    )  # fmt: skip


def recommended(points: Iterable[Point]) -> Point | None:
    """Returns the lowest threshold that, like all above it, causes at most `MOST_AN_HOUR`. Points
    start at the highest threshold; no more are consumed than needed."""
    best = None
    for one in points:
        if one.an_hour > MOST_AN_HOUR:
            break
        best = one
    return best


def explore(
    bundle: Bundle, recordings: Sequence[Heard], periods: Sequence[int], protocol: Protocol = OURS
) -> list[tuple[Detector, Point | None]]:
    """Returns the recommended point for each period and number of windows."""
    hours = hours_outside(bundle, recordings)
    tried = [
        replace(bundle.detector, smoothed=smoothed, decision_ms=period)
        for period in periods
        for smoothed in (WINDOWS if period >= OFTEN else MORE_WINDOWS)
    ]
    return [
        (one, recommended(point(bundle, recordings, replace(one, threshold=t), hours, protocol)
                          for t in reversed(THRESHOLDS)))
        for one in tqdm(tried, desc="detectors", leave=False)
    ]  # fmt: skip

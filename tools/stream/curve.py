"""Results with other detector settings, without running the network again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from tools.stream.judging import EXTRA, WRONG, Count, Heard, count, hours_outside, judge
from tools.stream.listener import Bundle, Detector
from train.spread.progress import tqdm

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


def curve(bundle: Bundle, recordings: Sequence[Heard], detector: Detector) -> list[Point]:
    """Computes a point for every threshold, lowest first."""
    hours = hours_outside(bundle, recordings)
    thresholds = tqdm(THRESHOLDS, desc="thresholds", leave=False)
    return [point(bundle, recordings, replace(detector, threshold=t), hours) for t in thresholds]


def point(
    bundle: Bundle, recordings: Iterable[Heard], detector: Detector, hours: dict[str, float]
) -> Point:
    events = (event for one in recordings for event in judge(bundle, one, detector))
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
    return _lowest(points, lambda one: one.an_hour)


def recommended_for(points: Sequence[Point], kind: str) -> Point | None:
    """The same, counting only this kind of sound. Points start at the lowest threshold."""
    return _lowest(reversed(points), lambda one: one.kinds.get(kind, 0.0))


def _lowest(points: Iterable[Point], an_hour: Callable[[Point], float]) -> Point | None:
    best = None
    for one in points:
        if an_hour(one) > MOST_AN_HOUR:
            break
        best = one
    return best


def explore(
    bundle: Bundle, recordings: Sequence[Heard], periods: Sequence[int]
) -> list[tuple[Detector, Point | None]]:
    """Returns the recommended point for each period and number of windows."""
    hours = hours_outside(bundle, recordings)
    tried = [
        replace(bundle.detector, smoothed=smoothed, decision_ms=period)
        for period in periods
        for smoothed in (WINDOWS if period >= OFTEN else MORE_WINDOWS)
    ]
    return [
        (one, recommended(point(bundle, recordings, replace(one, threshold=t), hours)
                          for t in reversed(THRESHOLDS)))
        for one in tqdm(tried, desc="detectors", leave=False)
    ]  # fmt: skip

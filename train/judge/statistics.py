"""The effect of chance: intervals of shares, and how surprising a count is."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

CONFIDENCE = 0.95
HALVINGS = 40  # steps of a share, far finer than anything printed


def interval(count: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share that was `count` in `of` windows (Clopper and Pearson's: exact,
    for few windows too). It assumes independent windows; those of one speaker are not quite."""
    return _lowest(count, of), 1.0 - _lowest(of - count, of)


def difference(count: int, of: int, other: int, of_other: int) -> tuple[float, float]:
    """The 95 % interval of the first share minus the second, measured independently (Newcombe's).
    If both have the same windows, it is too wide rather than too narrow."""
    share, other_share = count / of, other / of_other
    low, high = interval(count, of)
    other_low, other_high = interval(other, of_other)
    below = math.hypot(share - low, other_high - other_share)
    above = math.hypot(high - share, other_share - other_low)
    return share - other_share - below, share - other_share + above


def interval_of_mean(values: Sequence[float]) -> tuple[float, float] | None:
    """The 95 % interval of the mean that these values were drawn around (Student's t, with one
    degree of freedom less than values); a single value has none."""
    if len(values) < 2:
        return None
    from scipy.special import stdtrit  # takes half a second to import, and few commands need it

    degrees = len(values) - 1
    error = statistics.stdev(values) / math.sqrt(len(values))
    away = float(stdtrit(degrees, 0.5 + CONFIDENCE / 2)) * error
    mean = statistics.fmean(values)
    return mean - away, mean + away


def surprise(inside: int, of_inside: int, all_: int, of_all: int) -> float:
    """The probability that `inside` or more of `all_` events fall on a part of the windows by
    chance, if the part has `of_inside` of the `of_all` windows (Fisher's exact test, one side)."""
    logs = _log_factorials(of_all)
    counts = np.arange(inside, min(of_inside, all_) + 1)
    counts = counts[counts >= all_ - (of_all - of_inside)]
    ways = _log_choose(logs, np.array(of_inside), counts) + _log_choose(
        logs, np.array(of_all - of_inside), all_ - counts
    )
    whole = _log_choose(logs, np.array(of_all), np.array(all_))
    return min(1.0, float(np.exp(ways - whole).sum()))


def _lowest(count: int, of: int) -> float:
    """The share at which `count` or more are still as likely as (1 - CONFIDENCE) / 2."""
    if count == 0:
        return 0.0
    counts = np.arange(count, of + 1)
    ways = _log_choose(_log_factorials(of), np.array(of), counts)
    low, high = 0.0, count / of
    for _ in range(HALVINGS):
        share = (low + high) / 2
        logs = ways + counts * math.log(share) + (of - counts) * math.log1p(-share)
        if np.exp(logs).sum() < (1 - CONFIDENCE) / 2:
            low = share
        else:
            high = share
    return low


def _log_factorials(most: int) -> NDArray[np.float64]:
    return np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, most + 1)))])


def _log_choose(
    logs: NDArray[np.float64], of: NDArray[np.int_], counts: NDArray[np.int_]
) -> NDArray[np.float64]:
    return logs[of] - logs[counts] - logs[of - counts]

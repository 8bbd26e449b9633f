"""Intervals of counts and rates: what hours without an event prove."""

from __future__ import annotations


def poisson_interval(events: int) -> tuple[float, float]:
    """Computes the 95 % interval of a count: 0 in an hour only proves fewer than 3.7 per hour."""
    from scipy.stats import chi2  # takes a second to import, and --help does not need it

    low = float(chi2.ppf(0.025, 2 * events)) / 2 if events else 0.0
    return low, float(chi2.ppf(0.975, 2 * events + 2)) / 2


def fewer_than(hours: float) -> float:
    """Events per hour that are refuted by none in that many hours."""
    return poisson_interval(0)[1] / hours if hours else float("inf")

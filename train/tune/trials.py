"""Trials of a search: their costs and results, and which of them no other trial beats."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from train.judge.statistics import interval
from train.pages.html import number, percent
from train.tune.space import Changes

if TYPE_CHECKING:
    from train.models.cost import Cost


@dataclass(frozen=True)
class Budgets:
    """Limits of a model's cost; None: no limit."""

    parameters: int | None = None  # fewer than
    macs: int | None = None  # per window, at most
    ram: int | None = None  # bytes, at most

    def excess(self, cost: Cost) -> str:
        """By how much a model exceeds the limits; empty if it does not."""
        limits = [
            ("parameters", cost.parameters, self.parameters and self.parameters - 1),
            ("MACs", cost.macs, self.macs),
            ("bytes of RAM", cost.largest_pair, self.ram),
        ]
        over = [
            f"{spent - limit:,} {what}"
            for what, spent, limit in limits
            if limit is not None and spent > limit
        ]
        return f"over the budget by {' and '.join(over)}" if over else ""


@dataclass(frozen=True)
class Trial:
    number: int  # from 0
    proposed: Changes  # as drawn
    changes: Changes  # as in the settings: numbers with few digits
    folder: Path
    cost: Cost | None
    refused: str = ""  # why it was not trained
    accuracy: float | None = None  # on validation
    windows: int = 0  # of validation

    @property
    def about(self) -> str:
        if not self.cost:
            return "no model"
        return f"{number(self.cost.parameters)} parameters, {number(self.cost.macs)} MACs"

    @property
    def outcome(self) -> str:
        if self.accuracy is None:
            return self.refused
        low, high = (percent(share) for share in self.interval)
        return (
            f"{percent(self.accuracy, 2)} % of {number(self.windows)} validation windows, 95 % "
            f"interval {low} to {high} %"
        )

    @property
    def interval(self) -> tuple[float, float]:
        assert self.accuracy is not None
        return interval(round(self.accuracy * self.windows), self.windows)

    @property
    def tree(self) -> dict[str, Any]:
        return {
            "number": self.number + 1,
            "changes": self.changes,
            "cost": asdict(self.cost) if self.cost else None,
            "refused": self.refused or None,
            "accuracy": self.accuracy,
            "windows": self.windows,
            "folder": self.folder.name,
        }

    def with_result(self, found: Mapping[str, Any] | None) -> Trial:
        if not found or self.refused:
            return self
        return replace(self, accuracy=float(found["accuracy"]), windows=int(found["windows"]))


def best_of(trials: Sequence[Trial]) -> Trial | None:
    """The most accurate trial; among equals the one with the fewest MACs."""
    trained = [trial for trial in trials if trial.accuracy is not None and trial.cost]
    return min(
        trained,
        key=lambda t: (-(t.accuracy or 0.0), t.cost.macs if t.cost else 0, t.number),
        default=None,
    )


def front(trials: Sequence[Trial], spent: Callable[[Cost], int]) -> list[Trial]:
    """Trials for which no other is as accurate at lower cost, or more accurate at the same cost;
    cheapest first, and one of equals."""
    trained = [(spent(t.cost), -t.accuracy, t.number, t) for t in trials
               if t.cost and t.accuracy is not None]  # fmt: skip
    found: list[Trial] = []
    for _, accuracy, _, trial in sorted(trained, key=lambda one: one[:3]):
        if not found or -accuracy > (found[-1].accuracy or 0.0):
            found.append(trial)
    return found

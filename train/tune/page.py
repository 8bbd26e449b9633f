"""The page of a search: accuracy against cost, and all trials."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from train.pages.charts import Dot, Series, line_chart, round_axis
from train.pages.html import ABSENT, number, percent, write_page
from train.tune.trials import Budgets, Trial, best_of, front

if TYPE_CHECKING:
    from train.models.cost import Cost

# costs of a model: how each is read, the unit in the chart, and the name of its budget
COSTS: dict[str, tuple[Callable[[Cost], int], float, str]] = {
    "MACs, million": (lambda cost: cost.macs, 1e6, "macs"),
    "parameters, thousand": (lambda cost: cost.parameters, 1e3, "parameters"),
    "RAM, kB": (lambda cost: cost.largest_pair, 1e3, "ram"),
}


def write_search_page(
    path: Path, budgets: Budgets, trials: Sequence[Trial], command: str, warning: str = ""
) -> None:
    trained = [trial for trial in trials if trial.accuracy is not None]
    ordered = sorted(trained, key=lambda trial: (-(trial.accuracy or 0.0), trial.number))
    changing = list(trials[0].changes) if trials else []
    path.parent.mkdir(parents=True, exist_ok=True)
    write_page(
        path, "search.html.j2",
        title=f"{len(trials)} trials", facts=_facts(budgets, trials), command=command,
        warning=warning,
        charts={what: _chart(what, trained, budgets) for what in COSTS} if trained else {},
        heading=["trial", "validation, %", "95 % interval", "parameters", "MACs", "RAM, bytes",
                 "front", *changing],
        rows=[_row(trial, trained, changing) for trial in ordered],
        refused=[(trial.number + 1, trial.about, trial.refused) for trial in trials
                 if trial.refused],
    )  # fmt: skip


def _facts(budgets: Budgets, trials: Sequence[Trial]) -> dict[str, str]:
    limits = {
        "parameters": (budgets.parameters, "fewer than {}"),
        "MACs per window": (budgets.macs, "at most {}"),
        "RAM (largest input and output of a layer)": (budgets.ram, "at most {} bytes"),
    }
    found = {name: form.format(number(limit)) for name, (limit, form) in limits.items() if limit}
    best = best_of(trials)
    about = f"trial {best.number + 1}, {best.about}: {best.outcome}" if best else ABSENT
    return {"best": about, **found}


def _row(trial: Trial, trained: Sequence[Trial], changing: Sequence[str]) -> list[str]:
    assert trial.cost and trial.accuracy is not None
    low, high = trial.interval
    on = [what.split(",")[0] for what, (spent, _, _) in COSTS.items()
          if trial in front(trained, spent)]  # fmt: skip
    return [
        str(trial.number + 1), percent(trial.accuracy, 2), f"{percent(low)} to {percent(high)}",
        number(trial.cost.parameters), number(trial.cost.macs), number(trial.cost.largest_pair),
        ", ".join(on) or ABSENT, *(str(trial.changes[key]) for key in changing),
    ]  # fmt: skip


def _chart(what: str, trained: Sequence[Trial], budgets: Budgets) -> Markup:
    """A dot per trial, the Pareto front, and the budget if it is in range."""
    spent, unit, name = COSTS[what]

    def dot(trial: Trial, radius: float = 0.0) -> Dot:
        assert trial.cost and trial.accuracy is not None
        across = spent(trial.cost) / unit
        note = f"trial {trial.number + 1}: {percent(trial.accuracy, 2)} %, {across:,.2f} {what}"
        return Dot(across, trial.accuracy, note, radius)

    dots = [dot(trial, 3.0) for trial in trained]
    costs, shares = [one.x for one in dots], [one.y for one in dots]
    axes = (
        round_axis(what, min(costs), max(costs)),
        round_axis("validation accuracy", min(shares), max(shares), percent=True),
    )
    series = [Series("trials", "trial", [[one] for one in dots])]
    line = [dot(trial, 4.5) for trial in front(trained, spent)]
    series.append(Series("front", "front-line", [line]))
    limit = getattr(budgets, name)
    if limit and axes[0].low <= limit / unit <= axes[0].high:
        ends = [Dot(limit / unit, axes[1].low), Dot(limit / unit, axes[1].high)]
        series.append(Series("budget", "budget", [ends]))
    said = "The line joins the trials that no other beats (Pareto front); the table lists all."
    return line_chart(f"{name}-chart", f"Validation accuracy against {what}", said, axes, series)

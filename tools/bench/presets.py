"""Runs of presets side by side: accuracy on voices that are not in training, next to the published
figures."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from train.compare import contend
from train.crossval import words_right
from train.data.sources.registry import SOURCES
from train.errors import DataError
from train.fit.run_files import TIME
from train.fit.runs import FLOAT, INT8, Run, read_run
from train.judge.comparison import Contender
from train.pages.html import ABSENT
from train.pages.markdown import markdown
from train.settings import Settings, read_settings, to_tree
from train.tune.space import differences

PUBLISHED = Path(__file__).with_name("presets.yaml")
HEADING = ["preset", "features", "parameters", "MACs", "changed", "development words", "float, %",
           "int8, %", "held-out source: float, int8, %", "training, s", "published, %",
           "why ours differs"]  # fmt: skip
GIVEN = {
    "data.held_out",
    *(f"data.{source}" for source in SOURCES),
}  # shown in other columns, or private
Row = dict[str, Any]


def measure(folders: Sequence[Path]) -> list[Row]:
    """Returns one row per run, in the order of presets.yaml."""
    contenders = contend([read_run(folder) for folder in dict.fromkeys(folders)])
    published = yaml.safe_load(PUBLISHED.read_text("utf-8"))
    rows = [_measured(one, published) for one in contenders]
    order = list(published)
    return sorted(rows, key=lambda row: order.index(row["preset"]))


def _measured(one: Contender, published: Mapping[str, Mapping[str, str]]) -> Row:
    run = one.run
    preset, config, words = preset_of(run, list(published)), run.config, run.settings.data.words
    models = run.metrics["models"]
    frames, coefficients = config.shape
    return {
        "preset": preset,
        "features": f"{frames} x {coefficients} {config.kind}",
        "parameters": one.cost.parameters,
        "macs": one.cost.macs,
        "settings": dict(_paths(to_tree(run.settings))),
        "changed": changed_in(run.settings, preset),
        "held_out": run.settings.data.held_out,
        "words": sum(run.results["by_label"][word]["examples"] for word in words),
        "right": {n: words_right(models[n], words) for n in (FLOAT, INT8) if n in models},
        "seconds": seconds_of(run),
        **published[preset],
    }


def preset_of(run: Run, presets: Sequence[str]) -> str:
    """Finds the preset with the run's features and model; data and recipe may differ."""

    def kind(settings: Settings) -> tuple[Any, ...]:
        return settings.frontend, settings.model

    for name in presets:
        if kind(read_settings(name, [])) == kind(run.settings):
            return name
    known = ", ".join(presets)
    raise DataError(f"{run.folder}: its features and model match none of {known}")


def changed_in(settings: Settings, preset: str) -> Row:
    """Returns changed settings by path, except data folders and what is held out."""
    found = differences(to_tree(settings), to_tree(read_settings(preset, [])))
    return {path: value for path, value in _paths(found) if path not in GIVEN}


def common_to(rows: Sequence[Row]) -> Row:
    """Returns the changes shared by all rows, whether or not their presets already have them."""
    changes = [change for row in rows for change in row["changed"].items()]
    return {p: v for p, v in changes if all(row["settings"].get(p) == v for row in rows)}


def _paths(tree: Row, above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from _paths(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value


def seconds_of(run: Run) -> float | None:
    """Returns the total time of all stages; None if the run did not record it."""
    try:
        return float(sum(json.loads((run.folder / TIME).read_text("utf-8")).values()))
    except (OSError, ValueError, AttributeError, TypeError):
        return None


def describe(rows: Sequence[Row]) -> str:
    """Formats one line per preset: its runs by speaker, and those with a held-out source."""
    table, common = [HEADING], common_to(rows)
    for name in dict.fromkeys(row["preset"] for row in rows):
        runs = [row for row in rows if row["preset"] == name]
        table.append(
            _line(
                [r for r in runs if not r["held_out"]], [r for r in runs if r["held_out"]], common
            )
        )
    note = (
        "Percent of words recognized, by development voices that are not in training. "
        "MACs per window.\nTraining: seconds for all stages on the computer that wrote this page."
    )
    note += f"\nAll with {_as_set(common)}." if common else ""
    return f"{markdown(table)}\n\n{note}"


def _as_set(changes: Row) -> str:
    """Formats them as arguments of --set."""
    return ", ".join(f"{path}={value}" for path, value in changes.items())


def _line(by_speaker: Sequence[Row], left_out: Sequence[Row], common: Row) -> list[str]:
    any_run = [*by_speaker, *left_out][0]
    cells = [any_run["preset"], any_run["features"], f"{any_run['parameters']:,}",
             f"{any_run['macs']:,}", _joined(changes(by_speaker, left_out, common))]  # fmt: skip
    cells.append(_joined(f"{row['words']:,}" for row in by_speaker))
    cells += [_joined(_percent(row, model) for row in by_speaker) for model in (FLOAT, INT8)]
    cells.append(
        _joined(
            f"{row['held_out']} {_percent(row, FLOAT)}, {_percent(row, INT8)}" for row in left_out
        )
    )
    seconds = [row["seconds"] for row in by_speaker or left_out]
    cells.append(_joined(ABSENT if s is None else f"{s:,.0f}" for s in seconds))
    return [*cells, any_run["published"] or ABSENT, any_run["why"]]


def changes(by_speaker: Sequence[Row], left_out: Sequence[Row], common: Row) -> list[str]:
    """Lists each change once; those only in a run with a held-out source follow its name."""

    def said(run: Row) -> str:
        return _as_set({p: v for p, v in run["changed"].items() if p not in common}) or ABSENT

    shared = list(dict.fromkeys(map(said, by_speaker)))
    return shared + [f"{r['held_out']}: {said(r)}" for r in left_out if said(r) not in shared]


def _joined(cells: Any) -> str:
    return "; ".join(cells) or ABSENT


def _percent(row: Row, model: str) -> str:
    return f"{100 * row['right'][model]:.2f}" if model in row["right"] else ABSENT

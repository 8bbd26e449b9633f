"""Runs of presets side by side: what each hears of voices that it never heard, beside what was
published of it."""

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
           "int8, %", "a source left out: float, int8, %", "training, s", "published, %",
           "why ours is another"]  # fmt: skip
GIVEN = {"data.held_out", *(f"data.{source}" for source in SOURCES)}  # other columns, or private
Row = dict[str, Any]


def measure(folders: Sequence[Path]) -> list[Row]:
    """One row for each run, in the order of the presets' data file."""
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
    """The preset whose features and model a run has, whatever its data and its recipe."""

    def kind(settings: Settings) -> tuple[Any, ...]:
        return settings.frontend, settings.model

    for name in presets:
        if kind(read_settings(name, [])) == kind(run.settings):
            return name
    known = ", ".join(presets)
    raise DataError(f"{run.folder}: has the features and model of none of {known}")


def changed_in(settings: Settings, preset: str) -> Row:
    """By its path, beside where recordings are and who is left out."""
    found = differences(to_tree(settings), to_tree(read_settings(preset, [])))
    return {path: value for path, value in _paths(found) if path not in GIVEN}


def common_to(rows: Sequence[Row]) -> Row:
    """Changes that all have, whether their presets have them already or not."""
    changes = [change for row in rows for change in row["changed"].items()]
    return {p: v for p, v in changes if all(row["settings"].get(p) == v for row in rows)}


def _paths(tree: Row, above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from _paths(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value


def seconds_of(run: Run) -> float | None:
    """Of all stages; None of a run that did not keep them."""
    try:
        return float(sum(json.loads((run.folder / TIME).read_text("utf-8")).values()))
    except (OSError, ValueError, AttributeError, TypeError):
        return None


def describe(rows: Sequence[Row]) -> str:
    """A line for each preset: its runs by speaker, and those that left a source out."""
    table, common = [HEADING], common_to(rows)
    for name in dict.fromkeys(row["preset"] for row in rows):
        runs = [row for row in rows if row["preset"] == name]
        table.append(
            _line(
                [r for r in runs if not r["held_out"]], [r for r in runs if r["held_out"]], common
            )
        )
    note = (
        "Percent of the words of development voices, which no training saw, that were recognized. "
        "MACs per window.\nTraining: seconds of all stages on the computer that wrote this page."
    )
    note += f"\nAll with {_as_set(common)}." if common else ""
    return f"{markdown(table)}\n\n{note}"


def _as_set(changes: Row) -> str:
    """As --set takes them."""
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
    """Each once; those that only a run with a source left out has, after that source's name."""

    def said(run: Row) -> str:
        return _as_set({p: v for p, v in run["changed"].items() if p not in common}) or ABSENT

    shared = list(dict.fromkeys(map(said, by_speaker)))
    return shared + [f"{r['held_out']}: {said(r)}" for r in left_out if said(r) not in shared]


def _joined(cells: Any) -> str:
    return "; ".join(cells) or ABSENT


def _percent(row: Row, model: str) -> str:
    return f"{100 * row['right'][model]:.2f}" if model in row["right"] else ABSENT

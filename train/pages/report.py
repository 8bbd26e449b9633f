"""The report of a training run: a self-contained HTML file that needs no network."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from train.pages.charts import Axis, Dot, Series, Stage, line_chart, minus, round_axis, round_ticks
from train.pages.html import finite, number, percent, write_page
from train.pages.precision import worst_first
from train.settings.words import SILENCE, UNKNOWN

MODELS = ("float", "quantized", "int8")  # in the order of training; the last one runs on a board
SECTIONS = {
    "summary": "Summary",
    "noise": "Accuracy in noise",
    "levels": "Accuracy by level",
    "learning": "Learning curves",
    "long": "Long recordings",
    "confusion": "Confusion",
    "labels": "By label",
    "sources": "By source",
    "speakers": "By speaker",
    "calibration": "Calibration",
    "missed": "Misrecognized clips",
    "splits": "Splits",
    "settings": "Settings",
}
MOST_MISSED = 100  # with sound; one second is 43 kB

Tree = dict[str, Any]


@dataclass(frozen=True)
class Missed:
    """A window that the int8 model got wrong."""

    samples: NDArray[np.int16]  # the window as the model received it
    rate: int
    label: str
    word: str  # that was spoken, which the label `unknown` hides
    predicted: str
    score: float  # of the predicted label, 0 to 1
    source: str
    speaker: str
    path: str  # the file, or "synthesized"

    @property
    def accepted(self) -> bool:
        """Whether it is a false accept: a keyword was recognized where there was none."""
        rejected = (UNKNOWN, SILENCE)
        return self.label in rejected and self.predicted not in rejected


@dataclass(frozen=True)
class ReportContent:
    title: str
    summary: list[tuple[str, str]]  # name, value
    settings: Tree
    metrics: Tree
    history: Tree
    missed: Sequence[Missed]
    splits: str  # a table as plain text


def write_report(path: Path, content: ReportContent) -> None:
    """Renders the report; the same content gives the same bytes. Missing parts are left out."""
    sections = _sections(content)
    write_page(
        path,
        "report.html.j2",
        title=content.title,
        headlines=_headlines(content.metrics),
        precisions=worst_first(_last_model(content.metrics)),
        names={key: name for key, name in SECTIONS.items() if sections[key]},
        missing_audio=max(0, len(content.missed) - MOST_MISSED),
        **sections,
    )


def _models(metrics: Tree, part: str) -> dict[str, Any]:
    """That part of the metrics, for each model that has it."""
    models = metrics.get("models") or {}
    found = {name: (models.get(name) or {}).get(part) for name in MODELS}
    return {name: value for name, value in found.items() if value not in (None, {}, [])}


def _headlines(metrics: Tree) -> list[tuple[str, str, str]]:
    """Name, number, unit."""
    accuracy, examples = _models(metrics, "accuracy"), _models(metrics, "examples")
    found = [
        (f"{name} accuracy", percent(accuracy[name], 2), "%")
        for name in ("float", "int8")
        if name in accuracy
    ]
    if "float" in accuracy and "int8" in accuracy:
        points = round(100 * (accuracy["int8"] - accuracy["float"]), 2)
        text = minus(f"{points:+.2f}") if points else "0.00"
        found.append(("difference", text, "points"))
    if metrics.get("sparsity") is not None:
        found.append(("sparsity", percent(metrics["sparsity"]), "%"))
    if examples:
        role = metrics.get("judged_on", "test")
        found.append((f"{role} windows", number([*examples.values()][-1]), ""))
    return found


def _sections(content: ReportContent) -> Tree:
    """The content of the template by section; empty sections are left out."""
    metrics = content.metrics
    return {
        "summary": content.summary,
        "noise": _against("signal to noise, dB", _models(metrics, "by_snr")),
        "levels": _against("loudest sample, dBFS", _models(metrics, "by_level")),
        "learning": _learning(content.history),
        "long": _long(metrics.get("long") or {}),
        "confusion": _confusion(metrics),
        "labels": _models(metrics, "by_label"),
        "sources": _groups(_models(metrics, "by_source")),
        "speakers": _groups(_models(metrics, "by_speaker")),
        "calibration": _calibration(_models(metrics, "calibration")),
        "missed": sorted(content.missed, key=_place)[:MOST_MISSED],
        "splits": content.splits.strip("\n"),
        "settings": content.settings,
    }


def _place(clip: Missed) -> tuple[bool, float]:
    """Sorted: false accepts first, then the most confident mistakes."""
    return not clip.accepted, -clip.score


def _last_model(metrics: Tree) -> Tree:
    """The model for boards, or the float model if the run is not for boards."""
    models = metrics.get("models") or {}
    return next((models[name] for name in reversed(MODELS) if models.get(name)), {})


def _against(what: str, models: dict[str, Mapping[str, float]]) -> Tree:
    """Accuracy of each model against a quantity in decibels."""
    decibels = sorted({float(key) for shares in models.values() for key in shares})
    values = {
        name: {float(key): share for key, share in shares.items() if finite(share)}
        for name, shares in models.items()
    }
    found = [share for shares in values.values() for share in shares.values()]
    if len(decibels) < 2 or not found:  # no line
        return {}
    series = [
        Series(name, name, [[_decibel_dot(name, *pair) for pair in sorted(shares.items())]])
        for name, shares in values.items()
    ]
    axes = (
        Axis(what, decibels[0], decibels[-1], decibels),
        round_axis("accuracy", min(found), 1.0, percent=True),
    )
    said = "The table has the same numbers."
    identity = what.split(",")[0].replace(" ", "-")
    chart = line_chart(f"{identity}-chart", f"Accuracy against {what}", said, axes, series)
    return {"chart": chart, "what": what, "decibels": decibels, "models": values}


def _decibel_dot(name: str, decibels: float, share: float) -> Dot:
    return Dot(decibels, share, f"{name}, {number(decibels)} dB: {percent(share)} %", 3.0)


def _learning(history: Tree) -> Tree:
    stages, first = [], 1
    for name, epochs in history.items():
        if epochs:
            stages.append(Stage(name, first - 0.5, first + len(epochs) - 0.5))
            first += len(epochs)
    rows = [
        (stage.name, int(stage.low + 0.5) + i, epoch)
        for stage in stages
        for i, epoch in enumerate(history[stage.name])
    ]
    charts = {
        title: chart
        for title, chart in (
            ("Loss", _curves("loss", stages, rows)),
            ("Accuracy", _curves("accuracy", stages, rows)),
        )
        if chart
    }
    return {"charts": charts, "rows": rows} if charts else {}


def _curves(kind: str, stages: list[Stage], rows: list[tuple[str, int, Tree]]) -> Markup | None:
    """Training and validation over all epochs, with a separate line per stage."""
    series, values = [], []
    for name, key in (("training", kind), ("validation", f"validation_{kind}")):
        dots = [(stage, Dot(epoch, row[key])) for stage, epoch, row in rows if finite(row.get(key))]
        lines = [[dot for at, dot in dots if at == stage.name] for stage in stages]
        if dots:
            series.append(Series(name, name, [line for line in lines if line]))
            values += [dot.y for _, dot in dots]
    if not series:
        return None
    share = kind == "accuracy"
    low, high = (min(values), 1.0) if share else (0.0, max(values))
    axes = (_epochs(len(rows)), round_axis(kind, low, high, percent=share))
    ends = " and ".join(_end(one, share) for one in series)
    said = f"Stages: {', '.join(stage.name for stage in stages)}. At the end {ends}."
    key = f"{kind}-chart"
    return line_chart(key, f"{kind} by epoch".capitalize(), said, axes, series, stages=stages)


def _epochs(count: int) -> Axis:
    whole = [tick for tick in round_ticks(1, count) if 1 <= tick <= count and tick == int(tick)]
    return Axis("epoch", 0.5, count + 0.5, whole or [1])


def _end(series: Series, share: bool) -> str:
    last = series.lines[-1][-1].y
    return f"{percent(last)} % in {series.name}" if share else f"{last:.3f} in {series.name}"


def _long(found: Tree) -> Tree:
    """False accepts per hour of long recordings: a column per label and split, a row per model."""
    models = found.get("models") or {}
    columns = sorted(
        {
            (label, split, f"{one['hours']:.2f}")
            for splits in models.values()
            for split, by_label in splits.items()
            for label, one in by_label.items()
        },
        key=lambda column: (column[0] != UNKNOWN, column[1]),
    )
    rows = [
        (
            name,
            [splits.get(split, {}).get(label, {}).get("per_hour") for label, split, _ in columns],
        )
        for name, splits in models.items()
    ]
    return {"columns": columns, "rows": rows, "threshold": found["threshold"]} if rows else {}


def _confusion(metrics: Tree) -> Tree:
    """By model and label: cells with count, share of the row, shade and correctness."""
    labels = metrics.get("labels")
    if not labels:
        return {}
    return {
        name: [
            (label, [_cell(count, sum(row), i == j) for j, count in enumerate(row)])
            for i, (label, row) in enumerate(zip(labels, rows, strict=True))
        ]
        for name, rows in _models(metrics, "confusion").items()
    }


def _cell(count: int, total: int, right: bool) -> Tree:
    share = count / total if total else 0.0
    # the square root for mistakes, which are few and must be visible
    shade = share if right else math.sqrt(share)
    return {"count": count, "share": share, "shade": f"{shade:.3f}", "right": right}


def _groups(models: dict[str, dict[str, Tree]]) -> Tree:
    """Speakers or sources, worst first: name, windows and accuracy by model."""
    if not models:
        return {}
    names = {name: group["examples"] for by in models.values() for name, group in by.items()}
    rows = [
        (name, examples, [by.get(name, {}).get("accuracy") for by in models.values()])
        for name, examples in names.items()
    ]

    def badness(row: tuple[str, int, list[float | None]]) -> tuple[float, int, str]:
        name, examples, accuracy = row
        last = accuracy[-1]
        return (math.inf if last is None else last, -examples, name)

    return {"models": list(models), "rows": sorted(rows, key=badness)}


def _calibration(models: dict[str, Tree]) -> Tree:
    series = []
    for name, calibration in models.items():
        bins = [one for one in calibration.get("bins") or [] if one["examples"]]
        if bins:
            most = max(one["examples"] for one in bins)
            series.append(Series(name, name, [[_bin_dot(name, one, most) for one in bins]]))
    if not series:
        return {}
    ticks = round_ticks(0, 1)
    axes = (
        Axis("score of the label", 0, 1, ticks, percent=True),
        Axis("share right", 0, 1, ticks, percent=True),
    )
    errors = {name: c["error"] for name, c in models.items() if finite(c.get("error"))}
    said = "".join(f"{name}: error {percent(error, 2)} points. " for name, error in errors.items())
    chart = line_chart(
        "calibration-chart", "Share right by score", said.strip(), axes, series, diagonal=True
    )
    return {"chart": chart, "errors": errors}


def _bin_dot(name: str, one: Tree, most: int) -> Dot:
    score, share = percent(one["confidence"]), percent(one["accuracy"])
    note = f"{name}, score {score} %: {share} % of {number(one['examples'])} windows right"
    # the area is proportional to the number of windows
    radius = max(1.5, 7 * math.sqrt(one["examples"] / most))
    return Dot(one["confidence"], one["accuracy"], note, radius)

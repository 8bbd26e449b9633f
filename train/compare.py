"""`python -m train.compare RUN...`: compare runs: accuracy, size, MACs, latency, robustness.

Prints tables and writes a page with the same tables and charts. Differences within chance, and
runs that were judged on different clips, are marked.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from markupsafe import Markup

from train.command import CommandParser, run_command
from train.errors import ConfigError, DataError
from train.fit.runs import INT8, Run, read_run
from train.judge.comparison import Contender, Table, about_tests, front, letters, tables
from train.judge.statistics import interval
from train.models.cost import Cost
from train.pages.charts import Axis, Dot, Series, line_chart, round_axis
from train.pages.html import finite, number, percent, write_page
from train.pages.markdown import markdown

PAGE = Path("build/compare.html")
COLOURS = 8  # in the style sheet
COSTS = {"macs": ("MACs, million", 1e6), "parameters": ("parameters, thousand", 1e3)}


def main(arguments: list[str] | None = None) -> int:
    parser = CommandParser(
        prog="python -m train.compare",
        description=__doc__,
        epilog="example: python -m train.compare build/runs/digits build/runs/digits-155d76",
    )
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="a run's folder")
    parser.add_argument(
        "--out", type=Path, default=PAGE, help=f"path of the page (default: {PAGE})"
    )
    options = parser.parse_args(arguments)
    return run_command(
        lambda: _compare(options.runs, options.out),
        (ConfigError, DataError),
        "nothing was written",
    )


def _compare(folders: Sequence[Path], page: Path) -> int:
    contenders = contend([read_run(folder) for folder in dict.fromkeys(folders)])
    found, tests = tables(contenders), about_tests(contenders)
    print("\n".join(tests))
    for table in found:
        print(f"\n{table.title}\n\n{markdown(table.rows)}\n{table.note}")
    try:
        page.parent.mkdir(parents=True, exist_ok=True)
        write_page(page, "compare.html.j2", **_content(contenders, found, tests))
    except OSError as error:
        raise DataError(f"{page}: cannot be written ({error.strerror}); give --out") from error
    print(f"\nwith charts: {page}")
    return 0


def contend(runs: Sequence[Run]) -> list[Contender]:
    found = []
    pairs = zip(_names(runs), letters(runs), strict=True)
    for number_, (run, (name, letter)) in enumerate(zip(runs, pairs, strict=True), start=1):
        size = run.model.stat().st_size if run.judged == INT8 else None
        found.append(Contender(f"{number_} {name}", run, cost_of(run), size, letter))
    return found


def cost_of(run: Run) -> Cost:
    from train.models.keras import (  # takes seconds, so only after all runs have been checked
        keras,
        quiet,
    )
    from train.models.registry import cost

    path = run.folder / "float.h5"
    try:
        with quiet():
            return cost(keras.models.load_model(path, compile=False))
    except (OSError, ValueError, TypeError, KeyError) as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{path}: is not a valid model ({reason}); train again") from error


def _names(runs: Sequence[Run]) -> list[str]:
    names = [run.folder.resolve().name for run in runs]
    counts = Counter(names)
    return [
        name if counts[name] == 1 else str(run.folder)
        for name, run in zip(names, runs, strict=True)
    ]


def _content(
    contenders: Sequence[Contender], found: Sequence[Table], tests: Sequence[str]
) -> Mapping[str, object]:
    charts = {
        f"Accuracy against {what.split(',')[0]}": _trade(contenders, key, what, unit)
        for key, (what, unit) in COSTS.items()
    }
    charts |= {
        title: chart
        for title, part, what in (
            ("Accuracy in noise", "by_snr", "signal to noise, dB"),
            ("Accuracy by level", "by_level", "loudest sample, dBFS"),
        )
        if (chart := _robustness(contenders, part, what))
    }
    styles = {one.name: _style(contenders, one) for one in contenders}
    return {
        "title": f"{len(contenders)} runs", "tables": found, "tests": tests, "charts": charts,
        "styles": styles,
    }  # fmt: skip


def _style(contenders: Sequence[Contender], one: Contender) -> str:
    """A colour per run, and a mark if its windows are not those of the first run."""
    other = "" if one.letter == contenders[0].letter else " other"
    return f"run-{contenders.index(one) % COLOURS}{other}"


def _trade(contenders: Sequence[Contender], key: str, what: str, unit: float) -> Markup:
    """A dot with its interval for each run, and a Pareto front for each set of windows."""

    def across(one: Contender) -> float:
        return float(getattr(one.cost, key)) / unit

    series, ends = [], []
    unbeaten = front(contenders, key)
    for letter in dict.fromkeys(one.letter for one in unbeaten):
        line = [Dot(across(one), one.accuracy) for one in unbeaten if one.letter == letter]
        if len(line) > 1:
            series.append(Series(f"front {letter}", "front", [line]))
    for one in contenders:
        low, high = interval(round(one.accuracy * one.windows), one.windows)
        ends += [low, high]
        note = f"{one.name}: {percent(one.accuracy, 2)} %, {number(across(one), 2)} {what}"
        bar = [Dot(across(one), low), Dot(across(one), high)]
        dot = Dot(across(one), one.accuracy, note, 4.0, one.name.split()[0])
        series.append(Series(one.name, _style(contenders, one), [bar, [dot]]))
    costs = [across(one) for one in contenders]
    axes = (
        round_axis(what, min(costs), max(costs)),
        round_axis("int8 accuracy", min(ends), max(ends), percent=True),
    )
    said = "Bars are 95 % intervals, the dotted line is the Pareto front. The tables list all runs."
    title = f"Accuracy against {what}"
    return line_chart(f"{key}-chart", title, said, axes, series, legend=False)


def _robustness(contenders: Sequence[Contender], part: str, what: str) -> Markup | None:
    series, shares = [], []
    for one in contenders:
        found = {float(k): v for k, v in (one.judged.get(part) or {}).items() if finite(v)}
        dots = [
            Dot(x, y, f"{one.name}, {number(x)} dB: {percent(y)} %", 3.0)
            for x, y in sorted(found.items())
        ]
        if dots:
            series.append(Series(one.name, _style(contenders, one), [dots]))
            shares += list(found.values())
    decibels = sorted({dot.x for one in series for dot in one.lines[0]})
    if len(decibels) < 2:  # no line
        return None
    axes = (
        Axis(what, decibels[0], decibels[-1], decibels),
        round_axis("int8 accuracy", min(shares), 1.0, percent=True),
    )
    said = "The table has the same numbers."
    key = f"{part.replace('_', '-')}-chart"
    return line_chart(key, f"Accuracy against {what}", said, axes, series, legend=False)


if __name__ == "__main__":
    sys.exit(main())

"""Compares runs in text tables, the same for the terminal and for a page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from train.fit.runs import FLOAT, INT8, Run
from train.judge.latency import BOARDS, COMMAND, estimate
from train.judge.statistics import difference, interval
from train.models.cost import Cost
from train.pages.html import ABSENT, finite, number, percent
from train.pages.precision import precisions

WORSE = "\N{DOWNWARDS ARROW}"
WITHIN = "within chance"


@dataclass(frozen=True)
class Contender:
    """A run in a comparison, with everything that was looked up for it."""

    name: str  # starts with its number, which charts use
    run: Run
    cost: Cost
    bytes: int | None  # the int8 file's, if there is one
    letter: str  # runs with the same value were judged on the same windows

    @property
    def judged(self) -> dict[str, Any]:
        """The metrics of the int8 file, or of the float model if there is none."""
        return self.run.results

    @property
    def accuracy(self) -> float:
        return float(self.judged["accuracy"])

    @property
    def windows(self) -> int:
        return int(self.judged["examples"])

    @property
    def clips(self) -> int:
        """Number of windows that are judged in noise and at other levels: all but silence."""
        return sum(group["examples"] for group in (self.judged.get("by_source") or {}).values())


@dataclass(frozen=True)
class Table:
    title: str
    note: str
    rows: list[list[str]]  # the first row is the heading; the other rows start with the run


Measure = Callable[[Contender], tuple[float | None, int]]  # a share, and the number of windows


def letters(runs: Sequence[Run]) -> list[str]:
    """A letter for each run; the same letter means the same windows in the same role."""
    keys = [(run.data, run.judged_on, *run.labels, run.results["examples"]) for run in runs]
    known = list(dict.fromkeys(keys))
    return [_letter(known.index(key)) for key in keys]


def _letter(index: int) -> str:
    return chr(ord("A") + index % 26) + (str(index // 26) if index >= 26 else "")


def tables(contenders: Sequence[Contender]) -> list[Table]:
    found = [
        _size(contenders),
        _accuracy(contenders),
        _precision(contenders),
        _groups(contenders, "by_source", "By source"),
        _groups(contenders, "by_snr", "In noise", "dB"),
        _groups(contenders, "by_level", "By level", "dBFS"),
    ]
    return [table for table in found if len(table.rows[0]) > 2]  # 2: run, letter


def _size(contenders: Sequence[Contender]) -> Table:
    heading = ["run", "family", "parameters", "MACs", "int8 bytes", "zeros, %"]
    heading += [f"{board.name}, ms" for board in BOARDS] + ["front"]
    fronts = {what: front(contenders, what) for what in ("macs", "parameters")}
    rows = [heading]
    for one in contenders:
        family, cost = one.run.settings.model.family, one.cost
        seconds = [estimate(family, cost.macs, board) for board in BOARDS]
        row = [one.name, family, number(cost.parameters), number(cost.macs)]
        row.append(ABSENT if one.bytes is None else number(one.bytes))
        row.append(percent(one.run.metrics.get("sparsity")))
        row += [ABSENT if s is None else number(1e3 * s, 1) for s in seconds]
        on = [{"macs": "MACs"}.get(what, what) for what, names in fronts.items() if one in names]
        rows.append([*row, ", ".join(on) or ABSENT])
    note = (
        "Milliseconds per window are estimates for the native engine without the front end: MACs "
        "times the instructions per MAC that an emulated processor counted with a model of the "
        f"family (docs/results.md, {COMMAND}), at one instruction per cycle. front: no other run "
        "that was judged on the same windows is as accurate with less."
    )
    return Table("Size and speed", note, rows)


def _accuracy(contenders: Sequence[Contender]) -> Table:
    rows = [["run", "judged on", "windows", "float, %", "quantized, %", "int8, %", "95 % interval",
             "against the best"]]  # fmt: skip
    for one in contenders:
        models = one.run.metrics["models"]
        shares = [(models.get(name) or {}).get("accuracy") for name in ("float", "quantized")]
        low, high = interval(_right(one.accuracy, one.windows), one.windows)
        rows.append([
            one.name, one.letter, number(one.windows), *(percent(s, 2) for s in shares),
            percent((models.get(INT8) or {}).get("accuracy"), 2),
            f"{percent(low)} to {percent(high)}",
            _against_best(one, contenders),
        ])  # fmt: skip
    note = (
        f"{_floats(contenders)}int8 against the best run that was judged on the same windows, in "
        f"points, with the 95 % interval of the difference; {WITHIN} where that includes 0. "
        "Windows of one speaker resemble each other, so the true intervals are wider."
    )
    return Table("Accuracy", note, rows)


def _floats(contenders: Sequence[Contender]) -> str:
    """A sentence about the runs without an int8 file."""
    names = [one.name for one in contenders if one.run.judged == FLOAT]
    return f"No int8 file, so compared by the float model: {', '.join(names)}. " if names else ""


def _against_best(one: Contender, contenders: Sequence[Contender]) -> str:
    rivals = [other for other in contenders if other.letter == one.letter]
    best = max(rivals, key=lambda other: other.accuracy)
    if len(rivals) == 1:
        return "not comparable"
    if one is best:
        return "best"
    points = number(100 * (one.accuracy - best.accuracy), 2)
    low, high = _difference(one.accuracy, best.accuracy, one.windows)
    span = f"{number(100 * low, 1)} to {number(100 * high, 1)}"
    return f"{points} ({span})" + (f", {WITHIN}" if high >= 0 else "")


def _precision(contenders: Sequence[Contender]) -> Table:
    """Precision by word; accuracy hides a word that is reported at every noise."""
    found = [precisions(one.judged) for one in contenders]
    words = list(dict.fromkeys(word for by_word in found for word in by_word))
    rows = [["run", "judged on", *words]]
    for one, by_word in zip(contenders, found, strict=True):
        shares = [by_word.get(word, (None, 0))[0] for word in words]
        rows.append([one.name, one.letter, *(percent(share) for share in shares)])
    note = (
        f"{_floats(contenders)}int8, in percent: how often a word is right when it is reported. "
        "The rest are false accepts or other words."
    )
    return Table("Precision by word", note, rows)


def _groups(contenders: Sequence[Contender], part: str, title: str, unit: str = "") -> Table:
    """Accuracy of int8 by source, SNR or level; values worse by more than chance are marked."""
    names = dict.fromkeys(name for one in contenders for name in one.judged.get(part) or {})
    if unit:
        names = dict.fromkeys(sorted(names, key=float, reverse=True))
    columns = {
        f"{number(float(name))} {unit}" if unit else name: _measure(part, name) for name in names
    }
    rows = [["run", "judged on", *columns]]
    for one in contenders:
        rows.append(
            [one.name, one.letter, *(_marked(one, contenders, m) for m in columns.values())]
        )
    note = (
        f"{_floats(contenders)}int8, in percent. {WORSE}: worse than the best run that was judged "
        "on the same windows by more than chance explains, at 95 % for each number separately."
    )
    return Table(title, note, rows)


def _measure(part: str, name: str) -> Measure:
    def measure(one: Contender) -> tuple[float | None, int]:
        found = (one.judged.get(part) or {}).get(name)
        if isinstance(found, dict):
            return found.get("accuracy"), int(found.get("examples") or 0)
        return found, one.clips

    return measure


def _marked(one: Contender, contenders: Sequence[Contender], measure: Measure) -> str:
    share, windows = measure(one)
    if share is None or not finite(share):
        return ABSENT
    rivals = [measure(other)[0] for other in contenders if other.letter == one.letter]
    best = max(rival for rival in rivals if rival is not None and finite(rival))
    if windows and _difference(share, best, windows)[1] < 0:
        return f"{percent(share)} {WORSE}"
    return percent(share)


def _difference(share: float, other: float, windows: int) -> tuple[float, float]:
    return difference(_right(share, windows), windows, _right(other, windows), windows)


def _right(share: float, windows: int) -> int:
    return round(share * windows)


def front(contenders: Sequence[Contender], what: str) -> list[Contender]:
    """Runs that no other run judged on the same windows beats, being as accurate at lower cost or
    more accurate at the same cost; cheapest first. A run without rivals is not on a front."""

    def cost(one: Contender) -> int:
        return int(getattr(one.cost, what))

    def beats(other: Contender, one: Contender) -> bool:
        no_worse = other.accuracy >= one.accuracy and cost(other) <= cost(one)
        return no_worse and (other.accuracy, cost(other)) != (one.accuracy, cost(one))

    unbeaten = [
        one
        for one in contenders
        if (rivals := [o for o in contenders if o.letter == one.letter and o is not one])
        and not any(beats(rival, one) for rival in rivals)
    ]
    return sorted(unbeaten, key=lambda one: (one.letter, cost(one)))


def about_tests(contenders: Sequence[Contender]) -> list[str]:
    """What each run was judged on, and what different test sets have in common."""
    firsts = {one.letter: one for one in reversed(contenders)}
    found = sorted(firsts)
    lines = [_about(firsts[letter]) for letter in found]
    if len(found) > 1:
        lines.insert(0, "These runs were judged on different clips: only runs with the same letter "
                     "can be compared.")  # fmt: skip
        first = firsts[found[0]]
        lines += [_shared(first, firsts[letter]) for letter in found[1:]]
    return lines


def _about(one: Contender) -> str:
    speakers = one.judged.get("by_speaker") or {}
    names = f" ({', '.join(speakers)})" if 0 < len(speakers) <= 3 else ""
    return (
        f"{one.letter}: {number(one.windows)} {one.run.judged_on} windows, "
        f"{number(len(speakers))} "
        f"speaker{'s' * (len(speakers) != 1)}{names}, data {one.run.data}."
    )


def _shared(first: Contender, one: Contender) -> str:
    speakers, known = (set(c.judged.get("by_speaker") or {}) for c in (one, first))
    if speakers == known:
        return (
            f"{one.letter} has the speakers of {first.letter}, but different clips or training "
            "data."
        )
    if not speakers & known:
        return f"{one.letter} has no speaker of {first.letter}."
    return f"{len(speakers & known)} speakers of {one.letter} are in {first.letter}, too."

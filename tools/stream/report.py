"""Results of detection as tables and as a plot."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tools.stream.curve import MOST_AN_HOUR, THRESHOLDS, Point
from tools.stream.intervals import fewer_than
from tools.stream.judging import EXTRA, FALSE, HIT, MISSED, REST, WRONG, Count, Event, Protocol
from tools.stream.listener import Bundle, Detector
from tools.stream.misses import RATES, Tally, by_sound, by_words, groups_of, missed
from tools.stream.words import ALONE
from train.pages.markdown import markdown

NONE = "\N{EN DASH}"


@dataclass(frozen=True)
class Result:
    """The results of recordings with label tracks."""

    bundle: Bundle
    detector: Detector
    events: Sequence[Event]
    total: Count
    kinds: dict[str, Count]
    points: Sequence[Point]  # for all thresholds
    best: Point | None
    explored: Sequence[tuple[Detector, Point | None]]
    protocol: Protocol
    sound: Tally  # the recordings
    spoken: Tally  # words of a folder of clips


def as_text(result: Result) -> str:
    parts = [
        f"Model {result.bundle.model}, {setting(result.detector)}, "
        f"rules of {result.protocol.name}:",
        table(result.total, result.kinds),
        mistakes(result.events),
        advice(result.best),
        misses(result),
    ]
    if result.explored:
        parts.append(exploration(result.explored))
    return "\n\n".join(parts)


def line(bundle: Bundle, time_ms: int, label: int, score: int, level: int) -> str:
    """Formats a detection like the firmware, without the times that a board would measure."""
    percent = (100 * score + 128) // 256
    return f"{time_ms / 1000:9.3f} s  {bundle.labels[label]}  {percent} %   (level {level} dB)"


def table(total: Count, kinds: dict[str, Count]) -> str:
    rows = [["", "words", "hit", "wrong", "missed", "extra", "detected", "latency", "90 %",
             "hours without words", "false accepts", "per hour"]]  # fmt: skip
    named = sorted(kinds, key=lambda kind: (kind == REST, kind))
    rows += [_row(kind, kinds[kind]) for kind in named]
    rows.append(_row("all", total))
    return markdown(rows)


def _row(name: str, one: Count) -> list[str]:
    cells = [f"{one.outcomes[outcome]:,}" for outcome in (HIT, WRONG, MISSED, EXTRA)]
    speech = [f"{one.words:,}", *cells, f"{100 * one.rate:.1f} %", milliseconds(one.latency(50)),
              milliseconds(one.latency(90))]  # fmt: skip
    false = one.outcomes[FALSE]
    return [
        name,
        *(speech if one.words else [NONE] * len(speech)),
        f"{one.hours:.2f}",
        f"{false:,}",
        f"{one.an_hour:.1f}" if one.hours else NONE,
    ]


def mistakes(events: Iterable[Event], shown: int = 15) -> str:
    """Lists which word was detected instead of which, most frequent first."""
    wrong = [one for one in events if one.outcome in (WRONG, FALSE)]
    pairs = Counter((one.word or one.kind, one.detected) for one in wrong)
    ordered = sorted(pairs.items(), key=lambda pair: (-pair[1], pair[0]))
    rows = [["spoken", "detected", "times"]]
    rows += [[word, name, str(times)] for (word, name), times in ordered[:shown]]
    rest = sum(times for _, times in ordered[shown:])
    return markdown(rows + ([["others", "", str(rest)]] if rest else []))


def milliseconds(seconds: float | None) -> str:
    return NONE if seconds is None else f"{1000 * seconds:.0f} ms"


def setting(detector: Detector) -> str:
    return (
        f"threshold {detector.threshold}/256, mean of {detector.smoothed}, "
        f"a decision every {detector.decision_ms} ms"
    )


def advice(best: Point | None) -> str:
    if best is None:
        return f"No threshold has at most {MOST_AN_HOUR:g} false accept per hour on this audio."
    return (
        f"The lowest threshold with at most {MOST_AN_HOUR:g} false accept per hour: "
        f"{best.detector.threshold}/256. It detects {100 * best.rate:.1f} % of the words, median "
        f"latency {milliseconds(best.median)}, with {best.an_hour:.1f} false accepts per hour."
    )


def misses(result: Result) -> str:
    """Tabulates the words missed at fixed numbers of false accepts per hour."""
    sound, groups = result.sound, _groups(result)
    hours = float(sound.hours.sum())
    if not groups or not hours:
        return "Without words or without hours, no misses can be counted."
    name = ALONE if ALONE in groups else next(iter(groups))
    return "\n\n".join((
        "Words missed at a fixed number of false accepts per hour (95 % interval over files). "
        f"None heard in these {hours:.2f} hours proves fewer than {fewer_than(hours):.1f} per "
        "hour: figures at less are those of a threshold without a false accept in these hours.",
        by_words(sound, groups),
        f"The same for {name}, if one kind of sound is heard all day:",
        by_sound(sound, groups[name]),
    ))  # fmt: skip


def _groups(result: Result) -> dict[str, Tally]:
    return groups_of(result.spoken, result.sound)


def exploration(found: Sequence[tuple[Detector, Point | None]]) -> str:
    rows = [["decision every", "mean of", "threshold", "detected", "wrong or extra", "per hour",
             "latency", "90 %"]]  # fmt: skip
    for detector, best in found:
        row = [f"{detector.decision_ms} ms", str(detector.smoothed)]
        rows.append([*row, *([NONE] * 6 if best is None else _found(best))])
    return markdown(rows)


def _found(best: Point) -> list[str]:
    return [
        f"{best.detector.threshold}/256", f"{100 * best.rate:.1f} %", f"{100 * best.wrong:.1f} %",
        f"{best.an_hour:.1f}", milliseconds(best.median), milliseconds(best.late),
    ]  # fmt: skip


def as_json(result: Result) -> str:
    """Formats everything as JSON, with each event and its time."""
    tree = {
        "model": result.bundle.model,
        "detector": asdict(result.detector),
        "all": _count(result.total),
        "kinds": {name: _count(one) for name, one in result.kinds.items()},
        "recommended": _point(result.best),
        "curve": [_point(one) for one in result.points],
        "explored": [
            {"detector": asdict(one), "recommended": _point(best)} for one, best in result.explored
        ],
        "protocol": result.protocol.name,
        "misses": {
            name: [_missed(result.sound, group, rate) for rate in RATES]
            for name, group in _groups(result).items()
        }
        if result.sound.hours.sum()
        else {},
        "events": [asdict(event) for event in result.events],
    }
    return json.dumps(tree, indent=2)


def _missed(sound: Tally, group: Tally, rate: float) -> dict[str, Any]:
    found = missed(sound, group, rate)
    number = found.threshold
    return {
        "an_hour": rate, "words": int(group.words.sum()), "missed": found.share,
        "interval": [found.low, found.high], "hours": float(sound.hours.sum()),
        "false_accepts": found.false,
        "threshold": None if number is None else THRESHOLDS[number],
    }  # fmt: skip


def _count(one: Count) -> dict[str, Any]:
    return {
        "words": one.words, **{name: one.outcomes[name] for name in (HIT, WRONG, MISSED, EXTRA)},
        "detected": one.rate, "latency_s": one.latency(50), "latency_90_s": one.latency(90),
        "hours": one.hours, "false_accepts": one.outcomes[FALSE],
        "false_accepts_an_hour": one.an_hour,
    }  # fmt: skip


def _point(one: Point | None) -> dict[str, Any] | None:
    return None if one is None else asdict(one)


def plot(result: Result, path: Path) -> None:
    """Plots the detection rate against false accepts per hour, and both against the threshold."""
    points, used, best = result.points, result.detector, result.best
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    matplotlib.rcParams["svg.hashsalt"] = "tinykws"  # the same file every time
    figure = Figure(figsize=(10, 4), layout="constrained")
    FigureCanvasSVG(figure)
    trade, by_threshold = figure.subplots(1, 2)
    rates = [100 * one.rate for one in points]
    false = [one.an_hour for one in points]
    thresholds = [one.detector.threshold for one in points]
    trade.plot(false, rates, marker=".", markersize=3)
    marks = [(one, text, shape) for one, text, shape in (
        (next((p for p in points if p.detector == used), None), f"{used.threshold}: in use", "o"),
        (best, f"{best.detector.threshold}: recommended" if best else "", "s"),
    ) if one]  # fmt: skip
    for one, text, shape in marks:
        trade.plot(one.an_hour, 100 * one.rate, shape, label=text)
    trade.axvline(MOST_AN_HOUR, linestyle=":", color="grey")
    trade.set_xscale("symlog", linthresh=MOST_AN_HOUR)
    trade.set_xlim(left=0)
    trade.set_xlabel("false accepts per hour")
    trade.set_ylabel("words detected, %")
    (first,) = by_threshold.plot(thresholds, rates)
    by_threshold.set_xlabel("threshold, of 256")
    by_threshold.set_ylabel("words detected, %", color=first.get_color())
    other = by_threshold.twinx()
    (second,) = other.plot(thresholds, false, color="tab:red")
    other.set_yscale("symlog", linthresh=MOST_AN_HOUR)
    other.set_ylim(bottom=0)
    other.set_ylabel("false accepts per hour", color=second.get_color())
    for axes in (trade, by_threshold):
        axes.set_ylim(0, 100)
        axes.grid(alpha=0.3)
    if marks:
        trade.legend(loc="lower right")
    figure.savefig(path, format="svg", metadata={"Date": None})

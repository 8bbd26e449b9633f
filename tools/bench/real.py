"""A bundle under realistic conditions: clips of unseen speakers, and hours of real sound."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tools.bench import clips, long
from tools.board import golden
from train.data.entry import Entry
from train.pages.html import ABSENT
from train.pages.markdown import markdown

MOST = 20  # speakers in a table; with more of them, each has too few clips to say anything


def measure(bundle: golden.Bundle, entries: Sequence[Entry], sound: Path | None) -> dict[str, Any]:
    """`sound` has long recordings, one folder per kind."""
    result: dict[str, Any] = {"model": bundle.manifest["model"]}
    result |= clips.measure(bundle, entries)
    return result | ({"long": long.measure(bundle.folder, sound)} if sound else {})


def describe(result: dict[str, Any]) -> str:
    parts = [f"Model {result['model']}, threshold and detector as in the bundle."]
    if engine := result.get("spoken_by"):
        parts.append(f"Clips spoken by a synthesizer: {engine}. People are another matter.")
    if known := result.get("clips"):
        parts += _clips(known, result["hard"])
    if others := result.get("others"):
        parts.append(_others(others))
    if heard := result.get("long"):
        parts.append(_long(heard))
    return "\n\n".join(parts)


def _clips(found: dict[str, Any], hard: dict[str, float]) -> list[str]:
    low, high = (100 * share for share in found["interval"])
    by_speaker = sorted(found["by_speaker"].items(), key=lambda pair: pair[1])
    worst = by_speaker[:MOST]
    rows = [["speaker", *(name for name, _ in worst)],
            ["recognized, %", *(f"{100 * share:.1f}" for _, share in worst)]]  # fmt: skip
    mistakes = ", ".join(f"{word} as {label} {n}" for word, label, n in found["confusions"])
    return [
        f"{100 * found['accuracy']:.1f} % of {found['clips']:,} clips of {len(by_speaker):,} "
        f"speakers recognized (95 % interval over speakers: {low:.1f} to {high:.1f} %).",
        *([markdown(rows)] if len(by_speaker) == len(worst) else []),
        f"Most frequent mistakes: {mistakes}.",
        "The same clips "
        + ", ".join(f"{name}: {100 * share:.1f} %" for name, share in hard.items())
        + ".",
    ]


def _others(found: dict[str, Any]) -> str:
    wrong = ", ".join(f"{word} as {label} {n}" for word, label, n in found["confusions"])
    return (
        f"Of {found['clips']:,} other words of {found['speakers']:,} speakers, "
        f"{100 * found['taken']:.1f} % have their highest score for a keyword, and "
        f"{100 * found['above_threshold']:.1f} % reach the threshold of "
        f"{100 * found['threshold']:.0f} %{': most often ' + wrong if wrong else ''}."
    )


def _long(found: dict[str, Any]) -> str:
    rows = [["sound", "hours", "false accepts", "per hour (95 % interval)", "words detected"]]
    for kind, one in found.items():
        low, high = one["interval"]
        words = f"{one['hits']} of {one['words']}" if one["words"] else ABSENT
        rows.append([
            kind, f"{one['hours']:.2f}", str(one["false_accepts"]),
            f"{one['false_accepts_per_hour']:.1f} ({low:.1f} to {high:.1f})", words,
        ])  # fmt: skip
    return markdown(rows)

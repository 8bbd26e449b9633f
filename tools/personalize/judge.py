"""Before and after: how many windows an int8 file hears as what they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from train.features.examples import Examples
from train.models.int8 import Int8Model

Right = dict[str, list[int]]  # by label: right, of


def right(model: Int8Model, examples: Examples, labels: Sequence[str]) -> Right:
    heard = model.all_scores(examples.features).argmax(axis=1) == examples.labels
    found: Right = {}
    for number, label in enumerate(labels):
        chosen = heard[examples.labels == number]
        if len(chosen):
            found[label] = [int(chosen.sum()), len(chosen)]
    return found


def total(found: Right) -> tuple[int, int]:
    return sum(good for good, _ in found.values()), sum(count for _, count in found.values())


def share(found: Right) -> float:
    good, count = total(found)
    return good / max(1, count)


def before_and_after(judged: dict[str, Any], base: str, words: Sequence[str]) -> str:
    """Of the user's own clips, and of everybody else's."""
    rows = [(f"development windows of {base}", judged["test"])]
    lines = []
    if judged["own"]:
        rows.insert(0, ("your clips that were kept back", judged["own"]))
        rows[1:1] = [(f"  {word}", _of(judged["own"], word)) for word in words]
    else:
        good, count = total(judged["all"]["before"])
        lines = [
            f"before, {good:,} of your {count:,} clips were recognized; none is left to judge "
            "by after: record each word a fourth time, and one is kept back"
        ]
    width = max(len(name) for name, _ in rows)
    lines += [f"{'recognized':<{width}}  {'before':>16}  {'after':>16}"]
    lines += [
        f"{name:<{width}}  {_said(both['before']):>16}  {_said(both['after']):>16}"
        for name, both in rows
        if both["before"]
    ]
    return "\n".join(lines)


def _of(both: dict[str, Right], word: str) -> dict[str, Right]:
    return {name: {word: found[word]} if word in found else {} for name, found in both.items()}


def _said(found: Right) -> str:
    good, count = total(found)
    return f"{good:,}/{count:,} {100 * share(found):.1f} %"

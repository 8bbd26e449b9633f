"""Before and after: how many windows the int8 file recognizes correctly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from train.features.examples import Examples
from train.models.int8 import Int8Model

Right = dict[str, list[int]]  # by label: correct, total


def right(model: Int8Model, examples: Examples, labels: Sequence[str]) -> Right:
    heard = model.all_scores(examples.features).argmax(axis=1) == examples.labels
    found: Right = {}
    for number, label in enumerate(labels):
        chosen = heard[examples.labels == number]
        if len(chosen):
            found[label] = [int(chosen.sum()), len(chosen)]
    return found


def changed(before: Int8Model, after: Int8Model, examples: Examples) -> tuple[int, int]:
    """How many windows became wrong, and how many right."""
    first, second = (
        model.all_scores(examples.features).argmax(axis=1) == examples.labels
        for model in (before, after)
    )
    return int((first & ~second).sum()), int((~first & second).sum())


def total(found: Right) -> tuple[int, int]:
    return sum(good for good, _ in found.values()), sum(count for _, count in found.values())


def share(found: Right) -> float:
    good, count = total(found)
    return good / max(1, count)


def before_and_after(judged: dict[str, Any], base: str, words: Sequence[str]) -> str:
    """Formats the results for the user's own clips and for all others."""
    rows = [(f"development windows of {base}", judged["test"])]
    lines = []
    if judged["own"]:
        rows.insert(0, ("your held-out clips", judged["own"]))
        rows[1:1] = [(f"  {word}", _of(judged["own"], word)) for word in words]
    else:
        good, count = total(judged["all"]["before"])
        lines = [
            f"{good:,} of your {count:,} clips were recognized before; none is held out to "
            "evaluate the result: with a fourth clip of a word, one is held out"
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

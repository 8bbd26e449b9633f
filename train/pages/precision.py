"""The precision of each word; accuracy hides a word that is reported at every noise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from train.pages.html import finite, percent
from train.settings.words import SILENCE, UNKNOWN


def precisions(figures: Mapping[str, Any]) -> dict[str, tuple[float | None, int]]:
    """From a model's metrics, by word: how often it is right when it is reported, and how often it
    is reported; None if it never is."""
    labels: Mapping[str, Any] = figures.get("by_label") or {}
    counts = figures.get("confusion") or []
    found: dict[str, tuple[float | None, int]] = {}
    for column, (name, one) in enumerate(labels.items()):
        if name in (UNKNOWN, SILENCE) or not finite(one.get("precision")):
            continue
        reported = sum(row[column] for row in counts)
        never = bool(counts) and not reported
        found[name] = (None if never else float(one["precision"]), reported)
    return found


def worst_first(figures: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Words and their precision in percent, as text; words that are never reported come last."""
    found = precisions(figures)
    order = sorted(found, key=lambda word: (found[word][0] is None, found[word][0] or 0.0, word))
    return [(word, percent(found[word][0])) for word in order]

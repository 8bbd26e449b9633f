"""How alike words sound: 0 for the same phones, 1 for nothing in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from train.data.voices.phones import difference, phones, weight

Phones = tuple[str, ...]


class Many(NamedTuple):
    """Words as numbers, one column each, to compare all of them with another one at once."""

    inventory: list[str]  # all phones that occur
    codes: NDArray[np.intp]  # each phone's place in it; one more after the end of a word
    lengths: NDArray[np.intp]


def distance(one: str, other: str) -> float:
    """Between two words in IPA."""
    return float(distances(phones(one), many([phones(other)]))[0])


def many(words: Sequence[Phones]) -> Many:
    inventory = sorted({phone for word in words for phone in word})
    number = {phone: i for i, phone in enumerate(inventory)}
    lengths = np.array([len(word) for word in words], np.intp)
    codes = np.full((max(lengths, default=0), len(words)), len(inventory), np.intp)
    for i, word in enumerate(words):
        codes[: len(word), i] = [number[phone] for phone in word]
    return Many(inventory, codes, lengths)


def distances(one: Phones, others: Many) -> NDArray[np.float64]:
    """Between one word and each of many: the least cost of the edits that turn one into the other,
    divided by the lengths in a way that keeps it a metric (the Steinhaus transform)."""
    inventory, codes, lengths = others
    columns = np.arange(len(lengths))
    added = np.array([*map(weight, inventory), 0.0])[codes]
    costs = np.concatenate([np.zeros((1, len(lengths))), np.cumsum(added, axis=0)])
    total = costs[lengths, columns] + sum(map(weight, one))
    for phone in one:
        replaced = np.array([*(difference(phone, known) for known in inventory), 1.0])[codes]
        before, costs = costs, costs + weight(phone)
        for i in range(len(codes)):
            best = np.minimum(costs[i + 1], before[i] + replaced[i])
            costs[i + 1] = np.minimum(best, costs[i] + added[i])
    edits = costs[lengths, columns]
    return np.divide(2 * edits, total + edits, out=np.zeros_like(edits), where=total > 0)

"""Scores as a detector compares them with a threshold."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def without_bonus(
    scores: NDArray[np.floating[Any]], is_word: NDArray[np.bool_], bonus: int
) -> NDArray[np.floating[Any]]:
    """Takes back what recipe.bonus gave to words: `scores` [n, labels] from 0 to 1. The same as in
    kws_detector.c, where scores are integers."""
    against = scores[:, ~is_word].sum(axis=1, keepdims=True)
    return scores * np.where(is_word, 1, bonus) / (1 + (bonus - 1) * against)

"""Hides a stretch of time and a band of coefficients, so that a model relies on neither."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Features = TypeVar("Features", NDArray[np.float32], NDArray[np.int8])


def mask(
    features: Features,
    time_mask: int,
    frequency_mask: int,
    random: np.random.Generator,
    hidden: int = 0,
) -> Features:
    """A copy of features [n, frames, coefficients] with up to `time_mask` frames in a row and up to
    `frequency_mask` coefficients hidden in each example. `hidden` is the mean after
    standardization: 0, or the zero point of int8."""
    count, frames, coefficients = features.shape
    times = _stretches(count, frames, time_mask, random)[:, :, None]
    bands = _stretches(count, coefficients, frequency_mask, random)[:, None, :]
    return np.where(times | bands, features.dtype.type(hidden), features)


def _stretches(
    count: int, length: int, most: int, random: np.random.Generator
) -> NDArray[np.bool_]:
    """A mask [count, length] with one stretch of 0 to `most` true values per row."""
    sizes = random.integers(0, min(most, length) + 1, (count, 1))
    starts = random.integers(0, length - sizes + 1)
    places = np.arange(length)
    return (places >= starts) & (places < starts + sizes)

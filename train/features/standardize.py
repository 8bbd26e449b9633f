"""Mean, std and int8 scale of a front end, measured on recordings."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from train.errors import DataError
from train.features.reference import reference_frames
from train.settings.frontend import FrontendConfig

SCALE = 1 / 24  # int8 then covers 5.3 standard deviations


def fit_standardization(
    config: FrontendConfig, windows: Iterable[NDArray[np.int16]]
) -> FrontendConfig:
    """The config with the mean and std of these windows' frames, and a matching scale."""
    total = np.zeros(config.coefficients)
    squares = np.zeros(config.coefficients)
    centred_squares = np.zeros(config.coefficients)
    count = 0
    for window in windows:
        frames = reference_frames(config, window)
        total += frames.sum(axis=0)
        squares += (frames**2).sum(axis=0)
        centred_squares += ((frames - frames.mean(axis=0)) ** 2).sum(axis=0)
        count += len(frames)
    if not count:
        raise DataError("no frames to standardize on; give at least one window of speech")
    mean = total / count
    variance = squares / count - mean**2
    if config.mean_normalization == "window":
        variance = centred_squares / count
    std = np.array([float(f"{v:.4g}") for v in np.sqrt(np.maximum(variance, 0.01))])
    return config.replace(mean=_on_a_step(config, mean, std * SCALE), std=std.tolist(), scale=SCALE)


def _on_a_step(
    config: FrontendConfig, mean: NDArray[np.float64], step: NDArray[np.float64]
) -> list[float]:
    """Means moved by at most half an int8 step, so that digital silence falls exactly on a step:
    all padded windows contain this frame, and it must not fall between two values."""
    silence = reference_frames(config, np.zeros(config.fft_size, np.int16))[0]
    moved: list[float] = (silence - np.round((silence - mean) / step) * step).tolist()
    return moved

"""Mean, std and int8 scale of a front end, measured on recordings."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from train.features.config import FrontendConfig
from train.features.reference import reference_frames

SCALE = 1 / 24  # int8 then spans 5.3 standard deviations


def fit_standardization(
    config: FrontendConfig, windows: Iterable[NDArray[np.int16]]
) -> FrontendConfig:
    """The config with mean and std of these windows' frames, and a scale that fits them."""
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
    mean = total / count
    variance = squares / count - mean**2
    if config.mean_normalization == "window":
        variance = centred_squares / count
    std = np.sqrt(np.maximum(variance, 0.01))
    # four digits are plenty, and make a config that reads well
    return config.replace(
        mean=[float(f"{m:.4g}") for m in mean], std=[float(f"{s:.4g}") for s in std], scale=SCALE
    )

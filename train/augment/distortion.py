"""Changes the pace, position and channel of features, drawn again in each epoch: augmented copies
change the waveform a few times, this changes an example each time that it is used."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from train.augment.masking import mask
from train.settings import Augmentation

Floats = NDArray[np.float32]
SMOOTH = 6  # a channel changes coefficients far above this one only a little


def distort(features: Floats, ranges: Augmentation, random: np.random.Generator) -> Floats:
    """Standardized features [n, frames, coefficients], stretched, tinted, then masked."""
    stretched = stretch(features, ranges.stretch, ranges.slide, random)
    tinted = tint(stretched, ranges.tint, random)
    return mask(tinted, ranges.time_mask, ranges.frequency_mask, random)


def stretch(features: Floats, most: float, slide: float, random: np.random.Generator) -> Floats:
    """Makes each example faster or slower by up to `most` around its middle, which moves by up to
    `slide` frames; the first and last frames are repeated to fill gaps."""
    if not most and not slide:
        return features
    count, frames, _ = features.shape
    middle = (frames - 1) / 2
    pace = np.exp(random.uniform(-1, 1, (count, 1)) * np.log1p(most))
    moved = random.uniform(-slide, slide, (count, 1))
    places = np.clip((np.arange(frames) - middle) * pace + middle + moved, 0, frames - 1)
    before = np.minimum(places.astype(int), max(0, frames - 2))
    share = (places - before).astype(np.float32)[:, :, None]
    rows = np.arange(count)[:, None]
    after = np.minimum(before + 1, frames - 1)
    return features[rows, before] * (1 - share) + features[rows, after] * share


def tint(features: Floats, most: float, random: np.random.Generator) -> Floats:
    """Adds a constant to each coefficient of an example, which is the effect of a channel on MFCCs.
    `most` is the standard deviation for the first coefficient, in units of the features'."""
    if not most:
        return features
    count, _, coefficients = features.shape
    deviations = most / (1 + np.arange(coefficients) / SMOOTH)
    offsets = random.normal(size=(count, 1, coefficients)) * deviations
    return features + offsets.astype(np.float32)

"""Batches for training: the same ones for the same seed, stage and epoch, in any process."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from train.masking import mask

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Feed:
    """int8 features [n, frames, coefficients], what to learn [n, labels], and weights [n].

    Features stay int8 until their batch comes: float32 of all of them would take four times the
    memory.
    """

    features: NDArray[np.int8]
    targets: Floats
    weights: Floats
    scale: float  # of the features
    time_mask: int = 0  # frames
    frequency_mask: int = 0  # coefficients

    def steps(self, batch: int) -> int:
        return -(-len(self.features) // batch)

    def epoch(self, batch: int, seed: tuple[int, ...]) -> Iterator[tuple[Floats, Floats, Floats]]:
        """Every example once, in random order; the last batch is filled up from the first."""
        random = np.random.default_rng(seed)
        order = random.permutation(len(self.features))
        # equal batches: another size would be another graph
        order = np.resize(order, self.steps(batch) * batch)
        for start in range(0, len(order), batch):
            chosen = order[start : start + batch]
            hidden = mask(self.features[chosen], self.time_mask, self.frequency_mask, random)
            yield as_floats(hidden, self.scale), self.targets[chosen], self.weights[chosen]


def as_floats(features: NDArray[np.int8], scale: float) -> Floats:
    """Standardized features [n, frames, coefficients, 1]."""
    return features[..., None].astype(np.float32) * np.float32(scale)


def one_hot(labels: NDArray[np.int32], count: int, smoothing: float = 0.0) -> Floats:
    """[n, count]; smoothing shares out a little of each label among all."""
    sharp = np.eye(count, dtype=np.float32)[labels]
    return sharp * np.float32(1 - smoothing) + np.float32(smoothing / count)


def label_weights(labels: NDArray[np.int32], count: int) -> Floats:
    """Per example: rare labels count up to four times, frequent ones less; the mean is 1."""
    numbers = np.bincount(labels, minlength=count)
    per_label = np.clip(len(labels) / np.maximum(1, numbers) / count, 0.25, 4.0)
    weights: Floats = per_label[labels].astype(np.float32)
    return weights / weights.mean()

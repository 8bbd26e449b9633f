"""Batches for training: the same ones for the same seed, stage and epoch, in any process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from train.augment.distortion import distort
from train.settings import Augmentation

Floats = NDArray[np.float32]
Batch = tuple[Floats, Floats, Floats, Floats]  # features, targets, weights, possible labels
MOST_WEIGHT = 10.0  # of an example: one of a rare label must not drown a batch


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
    possible: Floats | None = None  # [n, labels], 0 where an example says nothing of a label
    ranges: Augmentation | None = None  # of what is drawn anew each epoch

    def steps(self, batch: int) -> int:
        return -(-len(self.features) // batch)

    def epoch(self, batch: int, seed: tuple[int, ...]) -> Iterator[Batch]:
        """Every example once, in random order; the last batch is filled up from the first."""
        random = np.random.default_rng(seed)
        order = random.permutation(len(self.features))
        # equal batches: another size would be another graph
        order = np.resize(order, self.steps(batch) * batch)
        for start in range(0, len(order), batch):
            chosen = order[start : start + batch]
            seen = as_floats(self.features[chosen], self.scale)
            if self.ranges:
                seen = distort(seen[..., 0], self.ranges, random)[..., None]
            targets = self.targets[chosen]
            possible = np.ones_like(targets) if self.possible is None else self.possible[chosen]
            yield seen, targets, self.weights[chosen], possible


def as_floats(features: NDArray[np.int8], scale: float) -> Floats:
    """Standardized features [n, frames, coefficients, 1]."""
    return features[..., None].astype(np.float32) * np.float32(scale)


def one_hot(labels: NDArray[np.int32], count: int, smoothing: float = 0.0) -> Floats:
    """[n, count]; smoothing shares out a little of each label among all."""
    sharp = np.eye(count, dtype=np.float32)[labels]
    return sharp * np.float32(1 - smoothing) + np.float32(smoothing / count)


def possible_labels(
    labels: NDArray[np.int32], sources: Sequence[str], words: int, count: int
) -> Floats:
    """[n, count], of which the first are words: a word of a source that lacks some words says
    nothing of those it lacks. Else all that sounds like a crowd of eights would be learned to be
    no three."""
    names = np.asarray(sources)
    possible = np.ones((len(labels), count), np.float32)
    is_word = labels < words
    for source in np.unique(names):
        spoken = (names == source) & is_word
        lacking = np.setdiff1d(np.arange(words), labels[spoken])
        possible[np.ix_(spoken, lacking)] = 0.0
    return possible


def balanced_weights(labels: NDArray[np.int32], sources: Sequence[str]) -> Floats:
    """Per example; the mean is 1, but for a cut at MOST_WEIGHT. All labels count alike. Within a
    label a source counts by the square root of its clips: where one source has most of the eights
    and no threes, how it sounds would else become a sign of eight."""
    _, source = np.unique(sources, return_inverse=True)
    pair = source * (labels.max() + 1) + labels
    _, of, numbers = np.unique(pair, return_inverse=True, return_counts=True)
    weights = 1.0 / np.sqrt(numbers[of])
    weights /= np.bincount(labels, weights)[labels]
    weights /= weights.mean()
    return np.minimum(weights, MOST_WEIGHT).astype(np.float32)


def cautious(weights: Floats, labels: NDArray[np.int32], words: int, caution: float) -> Floats:
    """Labels that are no words count `caution` times as much; the mean stays. A board hears much
    more of what is not a word than clips do, and each of it must stay far below a threshold."""
    more = weights * np.where(labels >= words, np.float32(caution), np.float32(1.0))
    return (more * (weights.mean() / more.mean())).astype(np.float32)

"""Batches for training: the same for the same seed, stage and epoch in any process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from train.augment.distortion import distort
from train.fit.windows import Drawn, LongWindows
from train.settings import Augmentation

Floats = NDArray[np.float32]
Batch = tuple[Floats, Floats, Floats, Floats]  # features, targets, weights, possible labels
MOST_WEIGHT = 10.0  # limit, so that one example of a rare label does not dominate a batch


@dataclass(frozen=True)
class Feed:
    """int8 features [n, frames, coefficients], targets [n, labels] and weights [n].

    Features are converted to float32 batch by batch; converting all of them would take four times
    the memory.
    """

    features: NDArray[np.int8]
    targets: Floats
    weights: Floats
    scale: float  # of the features
    possible: Floats | None = None  # [n, labels], 0 if an example says nothing about a label
    ranges: Augmentation | None = None  # of what is drawn again in each epoch
    long: LongWindows | None = None  # of long recordings, some of which each epoch adds

    @property
    def size(self) -> int:
        """Number of examples in an epoch."""
        return len(self.features) + (self.long.count if self.long else 0)

    def steps(self, batch: int) -> int:
        return -(-self.size // batch)

    def epoch(self, batch: int, seed: tuple[int, ...]) -> Iterator[Batch]:
        """Every example once, in random order; the last batch is filled with the first examples."""
        random = np.random.default_rng(seed)
        drawn = self.long.draw(seed) if self.long else None
        order = random.permutation(self.size)
        # equal sizes: a different size would need a new graph
        order = np.resize(order, self.steps(batch) * batch)
        for start in range(0, len(order), batch):
            features, targets, weights, possible = self._examples(
                order[start : start + batch], drawn
            )
            seen = as_floats(features, self.scale)
            if self.ranges:
                seen = distort(seen[..., 0], self.ranges, random)[..., None]
            yield seen, targets, weights, possible

    def _examples(
        self, chosen: NDArray[np.int64], drawn: Drawn | None
    ) -> tuple[NDArray[np.int8], Floats, Floats, Floats]:
        """Numbers from `len(features)` on are those of drawn windows."""
        stored = np.minimum(chosen, len(self.features) - 1)
        features, targets = self.features[stored], self.targets[stored]
        weights = self.weights[stored]
        possible = np.ones_like(targets) if self.possible is None else self.possible[stored]
        if self.long and drawn:
            new = np.flatnonzero(chosen >= len(self.features))
            windows = chosen[new] - len(self.features)
            features[new], targets[new], weights[new] = self.long.examples(drawn, windows)
            possible[new] = 1.0  # they contain no keyword at all
        return features, targets, weights, possible


def as_floats(features: NDArray[np.int8], scale: float) -> Floats:
    """Standardized features [n, frames, coefficients, 1]."""
    return features[..., None].astype(np.float32) * np.float32(scale)


def one_hot(labels: NDArray[np.int32], count: int, smoothing: float = 0.0) -> Floats:
    """[n, count]; smoothing distributes a small share of each label over all labels."""
    sharp = np.eye(count, dtype=np.float32)[labels]
    return sharp * np.float32(1 - smoothing) + np.float32(smoothing / count)


def possible_labels(
    labels: NDArray[np.int32], sources: Sequence[str], words: int, count: int
) -> Floats:
    """[n, count], words first: a word from a source that lacks other words says nothing about
    those. Otherwise a source that has eights but no threes would teach the model that its channel
    means "not three"."""
    names = np.asarray(sources)
    possible = np.ones((len(labels), count), np.float32)
    is_word = labels < words
    for source in np.unique(names):
        spoken = (names == source) & is_word
        lacking = np.setdiff1d(np.arange(words), labels[spoken])
        possible[np.ix_(spoken, lacking)] = 0.0
    return possible


def balanced_weights(labels: NDArray[np.int32], sources: Sequence[str]) -> Floats:
    """Weights per example; the mean is 1 before limiting to MOST_WEIGHT. All labels have equal
    weight. Within a label a source is weighted by the square root of its number of clips: otherwise
    the channel of a source with most of the eights and no threes would become a sign of eight."""
    _, source = np.unique(sources, return_inverse=True)
    pair = source * (labels.max() + 1) + labels
    _, of, numbers = np.unique(pair, return_inverse=True, return_counts=True)
    weights = 1.0 / np.sqrt(numbers[of])
    weights /= np.bincount(labels, weights)[labels]
    weights /= weights.mean()
    return np.minimum(weights, MOST_WEIGHT).astype(np.float32)


def cautious(weights: Floats, labels: NDArray[np.int32], words: int, caution: float) -> Floats:
    """Labels that are not keywords get `caution` times the weight; the mean stays the same. A board
    receives far more non-keywords than a corpus contains, and all must stay below the threshold."""
    more = weights * np.where(labels >= words, np.float32(caution), np.float32(1.0))
    return (more * (weights.mean() / more.mean())).astype(np.float32)

"""Windows of long recordings, drawn anew in each epoch."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from train.features.streams import Streams

Floats = NDArray[np.float32]
JITTER = 5  # frames by which a hard window moves each time that it is drawn
MOST_DRAWS = 8  # of a hard window in an epoch; a few of them must not become all that is heard


@dataclass(frozen=True)
class Drawn:
    """The windows of one epoch: variants of the streams, and positions in their `starts`."""

    variants: NDArray[np.int64]
    positions: NDArray[np.int64]


@dataclass(frozen=True)
class LongWindows:
    """All windows that may be drawn, and how many an epoch has."""

    streams: Streams
    count: int
    targets: Floats  # [labels, labels]: the targets of each label
    weights: Floats  # [labels]: of an example with that label
    hard: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))  # positions
    hard_share: float = 0.0  # share of the drawn windows that are hard ones

    def draw(self, seed: tuple[int, ...]) -> Drawn:
        """Any window is as likely as any other, so each kind of sound by its minutes; then hard
        ones, in any surroundings."""
        random = np.random.default_rng((*seed, 1))  # not the generator of the epoch's order
        variants = random.integers(len(self.streams.features), size=self.count)
        positions = random.integers(len(self.streams.starts), size=self.count)
        if count := min(round(self.hard_share * self.count), MOST_DRAWS * len(self.hard)):
            moved = random.integers(-JITTER, JITTER + 1, size=count)
            near = self.hard[random.integers(len(self.hard), size=count)] + moved
            positions[:count] = np.clip(near, 0, len(self.streams.starts) - 1)
        return Drawn(variants, positions)

    def examples(
        self, drawn: Drawn, chosen: NDArray[np.int64]
    ) -> tuple[NDArray[np.int8], Floats, Floats]:
        """Features [n, frames, coefficients], targets [n, labels] and weights [n]."""
        positions = drawn.positions[chosen]
        labels = self.streams.labels[positions]
        starts = self.streams.starts[positions]
        features = self.streams.windows(drawn.variants[chosen], starts)
        return features, self.targets[labels], self.weights[labels]

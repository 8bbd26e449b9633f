"""Running speech: a window that slides over it often contains parts of words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

LONGEST_GAP = 0.4  # seconds between two words
LEAST = 0.3  # share of a window that contains speech

Samples = NDArray[np.int16]


def among(
    samples: Samples,
    others: Sequence[Samples],
    window: int,
    rate: int,
    random: np.random.Generator,
) -> Samples:
    """A window cut at random from a clip with another clip on either side."""
    parts = [samples]
    for place in (0, 2):
        gap = np.zeros(round(random.uniform(0.0, LONGEST_GAP) * rate), np.int16)
        other = others[random.integers(len(others))]
        parts[:0] = [other, gap] if place == 0 else []
        parts += [gap, other] if place == 2 else []
    speech = np.concatenate(parts)
    least = round(LEAST * window)
    start = int(random.integers(least - window, max(least - window + 1, len(speech) - least)))
    return speech[max(0, start) : start + window]

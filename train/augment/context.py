"""What the transforms share: the type of audio, their context, and calls into the library."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from train.settings import Augmentation

Audio = NDArray[np.float64]  # any length, in units of one int16 step


@dataclass(frozen=True)
class Context:
    """The window that a clip is placed in, and the limits of each transform."""

    window: int  # samples
    rate: int  # Hz
    ranges: Augmentation
    noises: list[NDArray[np.int16]]


Transform = Callable[[Audio, Context, np.random.Generator], Audio]


def run(transform: Any, parameters: dict[str, float], audio: Audio, rate: int) -> Audio:
    """Applies a transform of audiomentations with parameters that we drew; by itself it would draw
    them from the global state of `random` and numpy."""
    if not len(audio):
        return audio
    transform.parameters = {"should_apply": True, **parameters}
    changed: Audio = transform.apply((audio / 32768.0).astype(np.float32), rate).astype(np.float64)
    return changed * 32768.0

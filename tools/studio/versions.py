"""A clip as it is, cut close to the word, and augmented as training does it."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from train.augment import TRANSFORMS
from train.settings import read_settings

PRESET = "digits"
COPIES = 3  # with every transform
_one_at_a_time = threading.Lock()  # each takes a core

Samples = NDArray[np.int16]


@dataclass(frozen=True)
class Version:
    name: str
    samples: Samples  # a window
    alone: bool = False  # one transform, no other


def versions(clip: Samples, noises: list[Samples], seed: int) -> list[Version]:
    """As it is, trimmed, augmented, then with each transform alone; the same for the same seed."""
    from tools.augment import variants  # imports librosa: a second

    with _one_at_a_time:
        rows = variants(clip, noises, read_settings(PRESET, []), COPIES, seed)
    made = [Version("as recorded", rows["original"][0]), Version("trimmed", rows["trim"][0])]
    made += [Version(f"augmented {i}", one) for i, one in enumerate(rows["all"], 1)]
    others = [name for name in TRANSFORMS if name != "trim"]
    return made + [Version(name, rows[name][0], alone=True) for name in others]

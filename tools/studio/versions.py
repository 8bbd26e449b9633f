"""A clip as recorded, cut close to the word, and augmented as in training."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from train.augment import TRANSFORMS
from train.settings import read_settings

PRESET = "digits"
COPIES = 3  # with all transforms combined
_one_at_a_time = threading.Lock()  # each uses a full core

Samples = NDArray[np.int16]


@dataclass(frozen=True)
class Version:
    name: str
    samples: Samples  # one window
    alone: bool = False  # whether only one transform is applied


def versions(clip: Samples, noises: list[Samples], seed: int) -> list[Version]:
    """Makes it unchanged, trimmed, augmented, and with each transform alone; fixed by the seed."""
    from tools.augment import variants  # importing librosa takes a second

    with _one_at_a_time:
        rows = variants(clip, noises, read_settings(PRESET, []), COPIES, seed)
    made = [Version("as recorded", rows["original"][0]), Version("trimmed", rows["trim"][0])]
    made += [Version(f"augmented {i}", one) for i, one in enumerate(rows["all"], 1)]
    others = [name for name in TRANSFORMS if name != "trim"]
    return made + [Version(name, rows[name][0], alone=True) for name in others]

"""The features and scores that a board must compute from noise that it generates.

The noise is a formula, in firmware/src/kws_selftest.c and here, so no recording is stored on the
board.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convert import tflm
from convert.errors import BundleError
from convert.source import Source
from train.features.binding import Frontend


@dataclass(frozen=True)
class SelfTest:
    features: int  # CRC-32 of the features
    scores: tuple[int, ...]  # int8, one per label


def measure(source: Source) -> SelfTest:
    features = Frontend(source.config).features(noise(source.config.window)[np.newaxis])
    scores = tflm.scores(source.content, features)[0]
    return SelfTest(zlib.crc32(features.tobytes()), tuple(scores.tolist()))


def noise(samples: int) -> NDArray[np.int16]:
    """White noise from 0 to -42 dBFS, with a new level every 1,000 samples (Knuth's generator)."""
    state = np.zeros(samples + 1, np.uint32)
    for i in range(samples):
        state[i + 1] = (int(state[i]) * 1664525 + 1013904223) & 0xFFFFFFFF
    shift = np.arange(samples) // 1000 * 5 % 8
    return ((state[1:] >> 16).astype(np.uint16).view(np.int16) >> shift).astype(np.int16)


def read(manifest: dict[str, Any]) -> SelfTest:
    try:
        found = manifest["selftest"]
        return SelfTest(int(found["features"]), tuple(map(int, found["scores"])))
    except (TypeError, KeyError, ValueError) as error:
        raise BundleError(f"the manifest's selftest is damaged ({error})") from error

"""A clip, and how it becomes windows for the front end."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import soxr
from numpy.typing import NDArray


@dataclass(frozen=True)
class Clip:
    """One recorded word: mono int16 samples of any length."""

    samples: NDArray[np.int16]
    rate: int  # Hz
    label: str
    speaker: str
    source: str


def resample(clip: Clip, rate: int) -> Clip:
    """The clip at another rate, int16, clipped where the filter overshoots."""
    if clip.rate == rate:
        return clip
    audio = soxr.resample(clip.samples.astype(np.float64), clip.rate, rate)
    return replace(clip, samples=to_int16(audio), rate=rate)


def to_int16(audio: NDArray[np.float64]) -> NDArray[np.int16]:
    """Audio in units of one int16 step, rounded and clipped to int16."""
    return np.clip(np.round(audio), -32768, 32767).astype(np.int16)


def centre(samples: NDArray[np.int16], window: int) -> NDArray[np.int16]:
    """Exactly `window` samples with the clip in the middle: padded with zeros, or cut."""
    missing = window - len(samples)
    if missing < 0:
        start = -missing // 2
        return samples[start : start + window].copy()
    return np.pad(samples, (missing // 2, missing - missing // 2))


def at_level(samples: NDArray[np.int16], level: float) -> NDArray[np.int16]:
    """Scaled so that the loudest sample is at `level` dBFS (0 is full scale)."""
    audio = samples.astype(np.float64)
    peak = max(1.0, float(np.abs(audio).max(initial=0.0)))
    return to_int16(audio * (32767.0 / peak * 10.0 ** (level / 20.0)))

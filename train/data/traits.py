"""Traits of a recording: level, noise and length. For grouping clips, not for metrics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from train.data.clip import resample
from train.data.entry import Entry
from train.data.load import load
from train.data.placing import placed
from train.settings.frontend import FrontendConfig
from train.spread.workers import in_parallel

CHUNK = 64  # clips per piece of work
FRAME, HOP = 0.02, 0.01  # seconds; frames for the noise estimate
QUIET = 10  # the percentile of a clip's frames that is taken as its noise
MOST = 60.0  # dB; beyond this the noise is quantization


@dataclass(frozen=True)
class Traits:
    level: float  # dBFS of the loudest sample in the window
    snr: float  # dB, estimated
    length: float  # seconds, of the whole clip


def traits_of(entries: Sequence[Entry], config: FrontendConfig) -> list[Traits]:
    chunks = [entries[start : start + CHUNK] for start in range(0, len(entries), CHUNK)]
    tasks = [(config, chunk) for chunk in chunks]
    results = in_parallel(_of_chunk, tasks, "listening", [len(chunk) for chunk in chunks])
    return [traits for chunk in results for traits in chunk]


def _of_chunk(task: tuple[FrontendConfig, Sequence[Entry]]) -> list[Traits]:
    config, entries = task
    return [_of(resample(load(entry), config.sample_rate).samples, config) for entry in entries]


def _of(samples: NDArray[np.int16], config: FrontendConfig) -> Traits:
    window = placed(samples, config.window, config.sample_rate)
    peak = np.abs(window.astype(np.int32)).max()
    return Traits(
        level=20 * float(np.log10(max(1, peak) / 32768)),
        snr=estimated_snr(samples, config.sample_rate),
        length=len(samples) / config.sample_rate,
    )


def estimated_snr(samples: NDArray[np.int16], rate: int) -> float:
    """The SNR in dB, 0 to MOST: the clip's mean power above that of its quietest tenth of 20 ms
    frames, relative to that power. Frames of zeros, which no microphone produces, are ignored. The
    estimate is too low if a clip is cut so close to the word that nothing quiet is left."""
    length = min(len(samples), max(1, round(FRAME * rate)))
    frames = sliding_window_view(samples.astype(np.float64), length)[:: max(1, round(HOP * rate))]
    powers = np.mean(frames**2, axis=1)
    powers = powers[powers > 0]
    if not len(powers):
        return 0.0
    noise = float(np.percentile(powers, QUIET))
    speech = max(float(np.mean(powers)) - noise, noise)
    return min(MOST, 10 * float(np.log10(speech / noise)))

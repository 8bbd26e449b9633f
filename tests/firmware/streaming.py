"""Bundles whose models can be streams, made without training: their scores differ from window to
window, which is all that a comparison of bits needs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from convert import selftest
from convert.arena import Arena
from convert.bundle import render, write
from convert.source import Source, checked
from tests.convert.models import LABELS, family
from tools.board import golden
from train.features.binding import Frontend
from train.settings.frontend import FrontendConfig

RATE = 16_000
FIRST, STEP = 512 + 48 * 320, 640  # samples of the first window, and from one to the next


def source_of(name: str, config: FrontendConfig | None = None) -> Source:
    return checked(name, family(name), config or FrontendConfig(), LABELS)


def make_bundle(name: str, folder: Path) -> Path:
    source = source_of(name)
    write(render(source, Arena(0, 0, 0), selftest.measure(source), {}, "nothing"), folder)
    return folder


def bursts(seconds: float, seed: int = 0) -> NDArray[np.int16]:
    """Noise whose level and colour change twice a second: loud in each window, so that the energy
    gate is always open."""
    random = np.random.default_rng(seed)
    half = RATE // 2
    pieces = []
    for _ in range(round(2 * seconds)):
        noise = random.normal(size=half)
        noise[1:] -= random.uniform(-0.95, 0.95) * noise[:-1]
        envelope = np.where(np.arange(half) < half // 2, 2.0 ** random.uniform(8, 13), 30)
        pieces.append(noise * envelope)
    return np.concatenate(pieces).round().clip(-32768, 32767).astype(np.int16)


def ends_of(samples: NDArray[np.int16]) -> NDArray[np.integer]:
    """Where the windows end that are judged: none is left out, none comes later."""
    return np.arange(FIRST, len(samples) + 1, STEP)


def judged_whole(
    bundle: Path, samples: NDArray[np.int16], ends: NDArray[np.integer]
) -> NDArray[np.int8]:
    """The scores that the engine of whole windows gives for those that end with these samples."""
    known = golden.read(bundle)
    config = known.source.config
    seen = config.fft_size + (config.frames - 1) * config.hop  # the rest of a window has no frame
    windows = np.stack([samples[end - seen : end] for end in ends])
    padded = np.pad(windows, ((0, 0), (0, config.window - seen)))
    return golden.by_engine(known, Frontend(config).features(padded))

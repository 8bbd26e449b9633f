"""Features in blocks: a speaker's clips as recorded, augmented or in noise; or silence.

A block is computed by one process and cached as a whole. It depends only on its own fields, so
that a new speaker or a different split leaves all other blocks unchanged.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache, lru_cache
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from train import augment as augmentation
from train.cache import Cache, key_of
from train.data import clip, placing
from train.data.clip import centre, resample, to_int16
from train.data.entry import Entry
from train.data.load import load
from train.data.noises import Noises
from train.data.placing import around_word
from train.features.binding import Frontend
from train.features.compiler import frontend_sources
from train.features.reference import reference_features
from train.settings import DISTORTIONS, Augmentation
from train.settings.frontend import FrontendConfig
from train.spread.workers import in_parallel

Window = NDArray[np.int16]
LARGEST = 64  # clips per block


@dataclass(frozen=True, kw_only=True)
class Block:
    """`clips` are (entry, digest). Silence has none, but `silences` windows numbered from
    `first`."""

    config: FrontendConfig
    seed: int
    clips: tuple[tuple[Entry, str], ...] = ()
    copies: int = 0  # augmented copies per clip; 0: the clip as recorded
    ranges: Augmentation | None = None  # for the copies
    snr: float | None = None  # dB; for a clip as recorded, in noise
    level: float | None = None  # dBFS of the loudest sample, for a clip as recorded
    silences: int = 0
    first: int = 0
    noises: Noises = field(default_factory=Noises)
    through: FrontendConfig | None = None  # computes features of the windows, instead of `config`

    @property
    def shape(self) -> tuple[int, int]:
        return (self.through or self.config).shape

    @property
    def windows(self) -> int:
        return self.silences or len(self.clips) * max(1, self.copies)

    @property
    def key(self) -> str:
        uses_noise = self.silences or self.copies or self.snr is not None
        return key_of(
            code_hash(),
            self.config.to_dict(),
            self.seed,
            [(digest, entry.kind) for entry, digest in self.clips],
            [self.copies, self.snr, self.level, self.silences, self.first],
            of_waveforms(self.ranges) if self.ranges else None,
            [*self.noises.digests, self.noises.split] if uses_noise else None,
            *([self.through.to_dict()] if self.through else []),
        )


def of_waveforms(ranges: Augmentation) -> dict[str, float]:
    return {name: value for name, value in asdict(ranges).items() if name not in DISTORTIONS}


def features_of(blocks: Sequence[Block], cache: Cache, what: str) -> NDArray[np.int8]:
    """int8 [n, frames, coefficients] of all blocks, in order; cached blocks are not recomputed."""
    if not blocks:
        raise ValueError("no blocks")
    total = sum(block.windows for block in blocks)
    features = np.empty((total, *blocks[0].shape), np.int8)
    ends = np.cumsum([block.windows for block in blocks])
    missing = []
    for block, end in zip(blocks, ends, strict=True):
        cached = cache.load(block.key)
        if cached is None or cached.shape != (block.windows, *block.shape):
            missing.append((block, end))
        else:
            features[end - block.windows : end] = cached
    tasks = [block for block, _ in missing]
    results = in_parallel(compute, tasks, what, [b.windows for b in tasks], "windows")
    for (block, end), computed in zip(missing, results, strict=True):
        cache.store(block.key, computed)
        features[end - block.windows : end] = computed
    return features


def compute(block: Block) -> NDArray[np.int8]:
    config = block.through or block.config
    windows = np.stack([centre(window, config.window) for window in windows_of(block)])
    if config.kind == "spectrogram":
        return np.stack([reference_features(config, window) for window in windows])
    return frontend_of(config).features(windows)


def windows_of(block: Block, chosen: Sequence[int] | None = None) -> Iterator[Window]:
    """The block's windows: all copies of the first clip, then of the next; or of some clips
    only."""
    config = block.config
    noises = recorded_noises(block.noises, config.sample_rate)
    for number in range(block.first, block.first + block.silences):
        random = np.random.default_rng([block.seed, block.noises.number, number])
        ranges = block.ranges or Augmentation()
        yield augmentation.silence(config.window, config.sample_rate, ranges, noises, random)
    rows = range(len(block.clips)) if chosen is None else chosen
    loaded = cache(lambda row: _spoken(block.clips[row][0], config))
    for row in rows:
        entry, digest = block.clips[row]
        for copy in range(max(1, block.copies)):
            # from the clip's own hash: copies do not depend on the other speakers in the corpus
            random = np.random.default_rng([block.seed, int(digest, 16), copy])
            samples = loaded(row)
            if block.copies and block.ranges and entry.kind == "unknown":
                samples = _among_others(block, samples, loaded, random)
            yield _window(block, samples, noises, random)


def _spoken(entry: Entry, config: FrontendConfig) -> Window:
    """The clip; if it is longer than the window, the part around its word."""
    samples = resample(load(entry), config.sample_rate).samples
    return around_word(samples, config.window, config.sample_rate)


def _among_others(
    block: Block,
    samples: Window,
    loaded: Callable[[int], Window],
    random: np.random.Generator,
) -> Window:
    """Sometimes a cut from the clip between two others of the speaker's other words."""
    if block.ranges is None or not augmentation.happens(block.ranges.neighbours, random):
        return samples
    rows = [row for row, (entry, _) in enumerate(block.clips) if entry.kind == "unknown"]
    others = [loaded(int(row)) for row in random.choice(rows, 2)]
    config = block.config
    return augmentation.among(samples, others, config.window, config.sample_rate, random)


def _window(
    block: Block, samples: Window, noises: list[Window], random: np.random.Generator
) -> Window:
    config = block.config
    if block.copies and block.ranges:
        return augmentation.augment(
            samples, config.window, config.sample_rate, block.ranges, noises, random
        )
    window = centre(samples, config.window)
    if block.level is not None:
        window = at_level(window, block.level)
    return window if block.snr is None else in_noise(window, samples, block.snr, noises, random)


def at_level(window: Window, level: float) -> Window:
    """Scales the window, as a different distance from the microphone would."""
    return to_int16(augmentation.with_peak(window.astype(np.float64), level))


def in_noise(
    window: Window,
    samples: Window,
    snr: float,
    noises: list[Window],
    random: np.random.Generator,
) -> Window:
    """The window with noise throughout, `snr` dB below the clip's mean power."""
    noise = augmentation.some_noise(len(window), noises, random)
    power = np.mean(samples.astype(np.float64) ** 2) / max(1e-9, float(np.mean(noise**2)))
    noisy = window + noise * np.sqrt(power * 10 ** (-snr / 10))
    # loud noise would clip, so all of it is turned down, like a recording level
    return to_int16(noisy * min(1.0, 32767 / max(1.0, float(np.abs(noisy).max()))))


@lru_cache(maxsize=4)
def recorded_noises(noises: Noises, rate: int) -> list[Window]:
    recorded = [resample(load(entry), rate).samples for entry in noises.entries]
    return [samples[noises.part(len(samples))] for samples in recorded]


@lru_cache(maxsize=4)
def frontend_of(config: FrontendConfig) -> Frontend:
    return Frontend(config, threads=1)  # work is already parallel by process


@lru_cache(maxsize=1)
def code_hash() -> str:
    """The hash of the sources that features depend on; a change of them invalidates the cache."""
    here = Path(__file__).parent
    names = ("tables.py", "reference.py", "spectrogram.py")
    sources = [*frontend_sources(), *(here / name for name in names), Path(__file__)]
    sources += [Path(placing.__file__), Path(clip.__file__)]
    module = Path(augmentation.__file__)
    sources += sorted(module.parent.glob("*.py"))
    digest = hashlib.sha256()
    for path in sources:
        digest.update(path.read_bytes())
    for library in ("audiomentations", "soxr"):
        digest.update(version(library).encode())
    return digest.hexdigest()

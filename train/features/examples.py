"""What the model sees: int8 features and label numbers of each split, made of blocks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from train.cache import Cache, key_of
from train.data.corpus import Corpus, label_names
from train.data.entry import Entry
from train.data.split import SPLITS
from train.features.blocks import LARGEST, Block, features_of, windows_of
from train.features.standardize import fit_standardization
from train.settings import Settings
from train.settings.frontend import FrontendConfig
from train.settings.words import SILENCE

STANDARDIZATION_CLIPS = 500
SILENCES_APART = 1_000_000  # offset between the silence numbers of two splits


@dataclass(frozen=True)
class Examples:
    """int8 features [n, frames, coefficients], label numbers [n], and the clip of each, if any."""

    features: NDArray[np.int8]
    labels: NDArray[np.int32]
    entries: list[Entry | None]
    blocks: list[Block]  # that they were made of, in order

    @property
    def sources(self) -> list[str]:
        return [entry.source if entry else SILENCE for entry in self.entries]

    def window(self, index: int) -> NDArray[np.int16]:
        """The samples of one example, computed again."""
        for block in self.blocks:
            if index < block.windows:
                return _one_window(block, index)
            index -= block.windows
        raise IndexError(index)


def _one_window(block: Block, index: int) -> NDArray[np.int16]:
    if block.silences:
        return next(iter(windows_of(replace(block, silences=1, first=block.first + index))))
    clip, copy = divmod(index, max(1, block.copies))
    return list(windows_of(block, [clip]))[copy]


def standardized(settings: Settings, corpus: Corpus, cache: Cache) -> FrontendConfig:
    """The front end with the given mean and std, or with those of augmented clips, none of them
    test data.

    Clips of the source that test clips are held out from are not used either, so that every fold of
    a source has the same front end and can use the cached features.
    """
    if settings.frontend.mean:  # given by a preset
        return settings.frontend
    held_out = {corpus.entries[i].source for i in corpus.of("test")} if _is_fold(settings) else ()
    usable = [
        i
        for i, name in enumerate(corpus.splits)
        if name != "test" and corpus.entries[i].source not in held_out
    ] or corpus.of("train")
    chosen = sorted(usable, key=lambda i: corpus.digests[i])[:STANDARDIZATION_CLIPS]
    blocks = [
        _copies(settings, corpus, settings.frontend, group, 1) for group in _groups(corpus, chosen)
    ]
    key = key_of("standardization", [block.key for block in blocks])
    cached = cache.load(key)
    if cached is None:
        windows = (window for block in blocks for window in windows_of(block))
        fitted = fit_standardization(settings.frontend, windows)
        cached = np.array([fitted.mean, fitted.std, [fitted.scale] * len(fitted.mean)])
        cache.store(key, cached)
    mean, std, scale = cached.tolist()
    return settings.frontend.replace(mean=mean, std=std, scale=scale[0])


def _is_fold(settings: Settings) -> bool:
    return bool(settings.data.held_out)


def make_examples(
    settings: Settings,
    corpus: Corpus,
    config: FrontendConfig,
    name: str,
    cache: Cache,
) -> Examples:
    """A split's features: clips as recorded, augmented copies (for training), and silence."""
    groups = _groups(corpus, corpus.of(name))
    blocks = [Block(config=config, seed=settings.seed, clips=_clips(corpus, g)) for g in groups]
    used = [i for group in groups for i in group]
    copies = settings.augmentation.copies
    if name == "train" and copies:
        blocks += [_copies(settings, corpus, config, group, copies) for group in groups]
        used += [i for group in groups for i in group for _ in range(copies)]
    labels = [corpus.labels[i] for i in used]
    entries: list[Entry | None] = [corpus.entries[i] for i in used]
    if settings.data.silence:
        count = max(Counter(labels)[word] for word in settings.data.words)
        blocks += _silences(settings, corpus, config, name, count)
        labels += [SILENCE] * count
        entries += [None] * count
    features = features_of(blocks, cache, f"features ({name})")
    return Examples(features, _numbers(settings, labels), entries, blocks)


def make_hard_test(
    settings: Settings,
    corpus: Corpus,
    config: FrontendConfig,
    name: str,
    cache: Cache,
    snr: float | None = None,
    level: float | None = None,
) -> Examples:
    """A split's clips in noise that was not used in training, or at a different level."""
    groups = _groups(corpus, corpus.of(name))
    blocks = [
        Block(
            config=config,
            seed=settings.seed,
            clips=_clips(corpus, group),
            snr=snr,
            level=level,
            noises=replace(corpus.noises, split=name),
        )
        for group in groups
    ]
    used = [i for group in groups for i in group]
    features = features_of(blocks, cache, f"features ({_hardship(snr, level)})")
    numbers = _numbers(settings, [corpus.labels[i] for i in used])
    return Examples(features, numbers, [corpus.entries[i] for i in used], blocks)


def _hardship(snr: float | None, level: float | None) -> str:
    return f"{snr:g} dB" if snr is not None else f"{level:g} dBFS"


def _numbers(settings: Settings, labels: Iterable[str]) -> NDArray[np.int32]:
    numbers = {label: i for i, label in enumerate(label_names(settings.data))}
    return np.array([numbers[label] for label in labels], np.int32)


def _groups(corpus: Corpus, indices: Sequence[int]) -> list[list[int]]:
    """Groups by speaker, sorted by hash, so that they do not depend on the rest of the corpus."""

    def speaker(index: int) -> tuple[str, str]:
        return corpus.entries[index].source, corpus.entries[index].speaker

    ordered = sorted(indices, key=lambda i: (*speaker(i), corpus.digests[i]))
    groups = [list(group) for _, group in groupby(ordered, speaker)]
    return [g[start : start + LARGEST] for g in groups for start in range(0, len(g), LARGEST)]


def _clips(corpus: Corpus, group: Sequence[int]) -> tuple[tuple[Entry, str], ...]:
    return tuple((corpus.entries[i], corpus.digests[i]) for i in group)


def _copies(
    settings: Settings, corpus: Corpus, config: FrontendConfig, group: Sequence[int], copies: int
) -> Block:
    return Block(
        config=config,
        seed=settings.seed,
        clips=_clips(corpus, group),
        copies=copies,
        ranges=settings.augmentation,
        noises=corpus.noises,
    )


def _silences(
    settings: Settings, corpus: Corpus, config: FrontendConfig, name: str, count: int
) -> list[Block]:
    first = SPLITS.index(name) * SILENCES_APART
    return [
        Block(
            config=config,
            seed=settings.seed,
            silences=min(LARGEST, count - start),
            first=first + start,
            ranges=settings.augmentation,
            noises=replace(corpus.noises, split=name),
        )
        for start in range(0, count, LARGEST)
    ]

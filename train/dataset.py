"""From settings to features: the clips, who is in which split, and what the model sees."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from train.augment import augment, silence
from train.data import audiomnist, fsdd, manifest, speech_commands, synthetic
from train.data import folder as labelled
from train.data.clip import Clip, DataError, centre, resample
from train.data.entry import Entry
from train.data.load import Rejected, load_usable
from train.data.words import DIGITS
from train.features.binding import Frontend
from train.features.config import FrontendConfig
from train.features.standardize import fit_standardization
from train.settings import Settings
from train.split import SPLITS, split

STANDARDIZATION_WINDOWS = 500
SOURCES: dict[str, Callable[[Path], list[Entry]]] = {
    "manifest": manifest.entries,
    "audiomnist": audiomnist.entries,
    "fsdd": fsdd.entries,
    "speech_commands": speech_commands.entries,
    "folder": labelled.entries,
}
UNKNOWN, SILENCE = "unknown", "silence"


@dataclass(frozen=True)
class Corpus:
    """Usable clips at the front end's rate, and the split each is in."""

    clips: list[Clip]
    labels: list[str]  # of each clip
    splits: list[str]  # of each clip
    noises: list[NDArray[np.int16]]
    rejected: list[Rejected]

    def of(self, name: str) -> list[int]:
        return [i for i, s in enumerate(self.splits) if s == name]

    @property
    def fingerprint(self) -> str:
        """16 hex digits of every sample, label and speaker."""
        digest = hashlib.sha256()
        for clip, label, name in zip(self.clips, self.labels, self.splits, strict=True):
            digest.update(f"{clip.source} {clip.speaker} {label} {name}".encode())
            digest.update(clip.samples.tobytes())
        return digest.hexdigest()[:16]


@dataclass(frozen=True)
class Examples:
    """int8 features [n, frames, coefficients] and label numbers [n] of one split."""

    features: NDArray[np.int8]
    labels: NDArray[np.int32]
    clips: list[Clip]  # what each was made of; fewer than n where silence was added


def label_names(settings: Settings) -> list[str]:
    names = list(DIGITS)
    names += [UNKNOWN] * settings.data.unknown
    names += [SILENCE] * settings.data.silence
    return names


def list_entries(settings: Settings) -> list[Entry]:
    found: list[Entry] = []
    if speakers := settings.data.synthetic.speakers:
        found += synthetic.entries(speakers, settings.seed, settings.data.synthetic.other_words)
    for name, source in SOURCES.items():
        if folder := getattr(settings.data, name):
            found += source(Path(folder))
    if not settings.data.unknown:
        found = [entry for entry in found if entry.kind != "unknown"]
    if not any(entry.kind == "digits" for entry in found):
        raise DataError("data: no digits at all; give --data FOLDER or data.synthetic.speakers")
    return found


def read_corpus(settings: Settings) -> Corpus:
    """Reads every clip; those that cannot be used are left out and counted."""
    entries = list_entries(settings)
    rate = settings.frontend.sample_rate
    clips, kept, noises, rejected = [], [], [], []
    results = load_usable(entries)
    for entry, result in zip(
        entries, tqdm(results, "reading clips", len(entries), disable=None), strict=True
    ):
        if isinstance(result, Rejected):
            rejected.append(result)
        elif entry.kind == "noise":
            noises.append(resample(result, rate).samples)
        else:
            clips.append(resample(result, rate))
            kept.append(entry)
    splits = split(kept, settings.data.split, settings.seed)
    labels = [entry.label if entry.kind == "digits" else UNKNOWN for entry in kept]
    return Corpus(clips, labels, splits, noises, rejected)


def standardized(settings: Settings, corpus: Corpus) -> FrontendConfig:
    """The front end with mean and std of augmented training clips."""
    random = np.random.default_rng(settings.seed)
    chosen = random.permutation(corpus.of("train"))[:STANDARDIZATION_WINDOWS]
    windows = [_augmented(settings, corpus, i, random) for i in chosen]
    return fit_standardization(settings.frontend, windows)


def make_examples(
    settings: Settings, corpus: Corpus, config: FrontendConfig, name: str
) -> Examples:
    """A split's features: clips as they are, and for training augmented copies too."""
    window = config.window
    indices = corpus.of(name)
    makers: list[Callable[[np.random.Generator], NDArray[np.int16]]] = []
    makers += [_as_recorded(corpus.clips[i], window) for i in indices]
    used = list(indices)
    if name == "train":
        for _ in range(settings.augmentation.copies):
            makers += [_copy(settings, corpus, i) for i in indices]
            used += indices
    labels = [corpus.labels[i] for i in used]
    if settings.data.silence:
        count = max(Counter(labels)[digit] for digit in DIGITS)
        makers += [
            lambda random: silence(window, settings.augmentation, corpus.noises, random)
        ] * count
        labels += [SILENCE] * count
    numbers = {label: i for i, label in enumerate(label_names(settings))}
    features = _features(Frontend(config), makers, (settings.seed, SPLITS.index(name)))
    return Examples(
        features,
        np.array([numbers[label] for label in labels], np.int32),
        [corpus.clips[i] for i in used],
    )


def _as_recorded(clip: Clip, window: int) -> Callable[[np.random.Generator], NDArray[np.int16]]:
    return lambda _random: centre(clip.samples, window)


def _copy(
    settings: Settings, corpus: Corpus, index: int
) -> Callable[[np.random.Generator], NDArray[np.int16]]:
    return lambda random: _augmented(settings, corpus, index, random)


def _augmented(
    settings: Settings, corpus: Corpus, index: int, random: np.random.Generator
) -> NDArray[np.int16]:
    config = settings.frontend
    return augment(
        corpus.clips[index].samples,
        config.window,
        config.sample_rate,
        settings.augmentation,
        corpus.noises,
        random,
    )


def _features(
    frontend: Frontend,
    makers: Sequence[Callable[[np.random.Generator], NDArray[np.int16]]],
    seed: tuple[int, int],
) -> NDArray[np.int8]:
    """Block by block: windows are 16 times as large as their features."""
    blocks = []
    for start in tqdm(range(0, len(makers), 512), "features", leave=False, disable=None):
        random = np.random.default_rng((*seed, start))
        windows = [make(random) for make in makers[start : start + 512]]
        blocks.append(frontend.features(np.stack(windows)))
    return np.concatenate(blocks)

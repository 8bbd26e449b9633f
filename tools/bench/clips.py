"""Clips of speakers that a model was not trained on: how many are recognized, and how many other
words are taken for a keyword.

The clips are development data: choices are made on them, so the figures rank those choices but do
not predict accuracy on voices that were never looked at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convert.detector import is_word, read_detector
from tools.board import golden
from train.augment.channel import through_rate
from train.data.clip import at_level, resample, to_int16
from train.data.entry import Entry
from train.data.load import load
from train.data.placing import placed
from train.data.sources import synthetic
from train.data.voices.cast import kokoro_voices
from train.data.voices.negatives import negatives_for
from train.features.blocks import in_noise
from train.fit.thresholds import without_bonus

DRAWS = 2_000  # bootstrap draws over speakers
SHOWN = 6  # most frequent confusions
NARROW, SNR, QUIET = 8_000, 10.0, -40.0  # Hz, dB, dBFS: harder versions of the same clips
SPOKEN_BY, SPOKEN_SEED = 40, 1_000_000  # speakers of an engine; runs draw theirs with small seeds

Window = NDArray[np.int16]
Change = Callable[[Window, int, int], Window]  # a window, its rate, and the clip's number


@dataclass(frozen=True)
class Judged:
    """One clip and the label that it was given."""

    speaker: str
    word: str
    label: str
    score: float


def measure(bundle: golden.Bundle, entries: Sequence[Entry]) -> dict[str, Any]:
    """Skips what there are no clips of: keywords, or other words."""
    labels = bundle.source.labels
    words = [e for e in entries if e.label in labels]
    others = [e for e in entries if e.label not in labels]
    result: dict[str, Any] = {}
    if words:
        result["clips"] = _accuracy(classify(bundle, words))
        result["hard"] = {name: _hard(bundle, words, change) for name, change in HARD.items()}
    if others:
        threshold = read_detector(bundle.manifest).threshold / 256
        result["others"] = _taken(classify(bundle, others), labels, threshold)
    return result


def spoken(engine: str, bundle: golden.Bundle, language: str) -> list[Entry]:
    """A model's words and words that resemble them, said by speakers that no run draws. Each is one
    of the engine's voices or a mixture, so a model that learned from this engine may know it."""
    words = [label for label in bundle.source.labels if is_word(label)]
    draw = kokoro_voices if engine == "kokoro" else synthetic.voices
    return synthetic.entries(
        SPOKEN_BY, SPOKEN_SEED, other_words=2, near_words=4, words=words, source=engine,
        negatives=negatives_for(words, language), cast=draw(SPOKEN_BY, SPOKEN_SEED, language),
    )  # fmt: skip


def classify(
    bundle: golden.Bundle, entries: Sequence[Entry], change: Change | None = None
) -> list[Judged]:
    """Classifies one window per clip, with the board's arithmetic. A score is what the detector
    compares with its threshold."""
    config = bundle.source.config
    loaded = (resample(load(entry), config.sample_rate).samples for entry in entries)
    windows = [placed(samples, config.window, config.sample_rate) for samples in loaded]
    if change:
        windows = [change(window, config.sample_rate, i) for i, window in enumerate(windows)]
    _, answers = golden.answers(bundle, np.stack(windows))
    labels = bundle.source.labels
    words = np.array([is_word(label) for label in labels])
    bonus = read_detector(bundle.manifest).bonus
    best = answers.argmax(axis=1)
    compared = without_bonus((answers.astype(np.float64) + 128) / 256, words, bonus)
    return [
        Judged(e.speaker, e.label, labels[label], float(scores[label]))
        for e, label, scores in zip(entries, best, compared, strict=True)
    ]


def _hard(bundle: golden.Bundle, entries: Sequence[Entry], change: Change) -> float:
    judged = classify(bundle, entries, change)
    return sum(one.label == one.word for one in judged) / len(judged)


def _quiet(window: Window, _rate: int, _number: int) -> Window:
    return at_level(window, QUIET)


def _noisy(window: Window, _rate: int, number: int) -> Window:
    """Coloured noise, white to brown, at the mean power of the whole window."""
    return in_noise(window, window, SNR, [], np.random.default_rng(number))


def _narrow(window: Window, rate: int, _number: int) -> Window:
    return to_int16(through_rate(window.astype(np.float64), rate, NARROW))


HARD: dict[str, Change] = {
    f"at {NARROW // 1000} kHz": _narrow,
    f"in noise, {SNR:g} dB SNR": _noisy,
    f"at {QUIET:g} dBFS": _quiet,
}


def _accuracy(judged: Sequence[Judged]) -> dict[str, Any]:
    right = Counter(one.speaker for one in judged if one.label == one.word)
    clips = Counter(one.speaker for one in judged)
    speakers = sorted(clips)
    wrong = Counter((one.word, one.label) for one in judged if one.label != one.word)
    return {
        "clips": len(judged),
        "right": sum(right.values()),
        "accuracy": sum(right.values()) / len(judged),
        "interval": _over_speakers(
            np.array([right[s] for s in speakers]), np.array([clips[s] for s in speakers])
        ),
        "by_speaker": {speaker: right[speaker] / clips[speaker] for speaker in speakers},
        "confusions": [[*pair, number] for pair, number in wrong.most_common(SHOWN)],
    }


def _taken(judged: Sequence[Judged], labels: Sequence[str], threshold: float) -> dict[str, Any]:
    """How many other words are taken for a keyword: by the highest score, and by the threshold."""
    keywords = [one for one in judged if is_word(one.label)]
    wrong = Counter((one.word, one.label) for one in keywords if one.score >= threshold)
    return {
        "clips": len(judged),
        "speakers": len({one.speaker for one in judged}),
        "taken": len(keywords) / len(judged),
        "above_threshold": sum(wrong.values()) / len(judged),
        "threshold": threshold,
        "confusions": [[*pair, number] for pair, number in wrong.most_common(SHOWN)],
    }


def _over_speakers(right: NDArray[np.int64], clips: NDArray[np.int64]) -> list[float]:
    """Computes the 95 % bootstrap interval. Whole speakers are drawn, as their clips are alike."""
    drawn = np.random.default_rng(0).integers(0, len(clips), (DRAWS, len(clips)))
    shares = right[drawn].sum(axis=1) / clips[drawn].sum(axis=1)
    return [float(value) for value in np.percentile(shares, [2.5, 97.5])]

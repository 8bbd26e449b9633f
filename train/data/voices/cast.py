"""Draws speakers for the neural engines: voices, mixtures, accents, speeds, children."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from train.data.entry import KOKORO, PIPER, Voice
from train.data.voices import kokoro, piper
from train.data.voices.accents import ACCENTS
from train.data.voices.pronunciation import is_english

# English as a first language is what most voices were made for; Indian English has the most
# speakers of the others
SHARES = {
    "american": 0.22, "british": 0.14, "indian": 0.22, "spanish": 0.09, "german": 0.08,
    "french": 0.08, "mandarin": 0.09, "nigerian": 0.08,
}  # fmt: skip
NATIVE = 0.6  # share of mixtures that begin with a voice of the accent's own language
ENGLISH = "ab"  # first letters of the voices that were made for it
ALONE = 0.5  # share of speakers with the voice of one person
SLOWEST, FASTEST = 0.7, 1.05  # single words at 1.0 are already brisk
CHILDREN = 0.15  # share of speakers
CHILD, ADULT = (1.12, 1.25), (0.93, 1.07)  # their pitch and formants, relative to the voice's


def kokoro_voices(count: int, seed: int = 0, language: str = "en-us") -> list[Voice]:
    """Different speakers; the first ones stay the same when more are asked for. Only English has
    accents."""
    names = kokoro.voice_names()
    drawn = [_kokoro_voice(names, np.random.default_rng([seed, index])) for index in range(count)]
    if is_english(language):
        return drawn
    return [replace(voice, accent=language, habits=0) for voice in drawn]


def _kokoro_voice(names: list[str], random: np.random.Generator) -> Voice:
    accent = str(random.choice(list(SHARES), p=list(SHARES.values())))
    own = [name for name in names if name[0] in ACCENTS[accent].voices] or names
    first = random.choice(own if random.random() < NATIVE else names)
    others = random.choice([name for name in names if name != first], 2, replace=False)
    chosen = [str(first), *map(str, others)][
        : 1 if random.random() < ALONE else random.integers(2, 4)
    ]
    if not any(name[0] in ENGLISH for name in chosen):  # by themselves they speak it badly
        chosen.append(str(random.choice([name for name in names if name[0] in ENGLISH])))
    shares = random.dirichlet([2.0] * len(chosen))
    shift = random.uniform(*(CHILD if random.random() < CHILDREN else ADULT))
    return Voice(
        engine=KOKORO,
        name="+".join(f"{share:.2f}*{name}" for share, name in zip(shares, chosen, strict=True)),
        accent=accent,
        habits=int(random.integers(1 << 16)),
        speed=_speed(random),
        shift=round(float(shift), 2),
    )


def piper_voices(folder: Path, count: int, seed: int = 0) -> list[Voice]:
    """All speakers of a folder's voices in turn, each time at another speed and size."""
    names = piper.voice_names(folder)
    return [
        _piper_voice(names[index % len(names)], np.random.default_rng([seed, index]))
        for index in range(count)
    ]


def _piper_voice(name: str, random: np.random.Generator) -> Voice:
    shift = random.uniform(*(CHILD if random.random() < CHILDREN else ADULT))
    return Voice(name, engine=PIPER, speed=_speed(random), shift=round(float(shift), 2))


def _speed(random: np.random.Generator) -> float:
    return round(float(np.exp(random.uniform(np.log(SLOWEST), np.log(FASTEST)))), 2)

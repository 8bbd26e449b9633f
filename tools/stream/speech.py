"""Finds the word in a clip, and makes sentences without digits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BLOCK = 0.01  # seconds
DEPTH = 30.0  # dB below the loudest block: a word begins and ends there,
ABOVE = 9.0  # or this many dB above the clip's own noise
GAP = 15  # blocks of quiet inside a word, such as before its last t

# no "to", "too", "for", "won", "ate": they sound like digits
THINGS = (
    "garden", "letter", "window", "teacher", "kitchen", "river", "doctor", "market", "paper",
    "bicycle", "neighbour", "summer", "picture", "station", "machine", "evening", "question",
    "village", "table", "lamp",
)  # fmt: skip
DOINGS = (
    "waited behind", "looked at", "walked past", "remembered", "painted", "asked about", "moved",
    "forgot", "carried", "stood near", "listened by", "repaired", "described", "followed",
)  # fmt: skip
MANNERS = (
    "old", "quiet", "yellow", "careful", "small", "early", "broken", "friendly", "heavy", "local",
    "another", "clever", "distant", "usual",
)  # fmt: skip
ENDS = (
    "yesterday", "again", "all morning", "while it rained", "because nobody came", "at last",
    "in the afternoon", "and laughed", "with a smile", "as always",
)  # fmt: skip


def span(samples: NDArray[np.int16], rate: int) -> tuple[float, float]:
    """Returns where the clip's loudest word begins and ends, in seconds."""
    block = round(BLOCK * rate)
    if len(samples) < block:
        return 0.0, len(samples) / rate
    blocks = np.resize(samples.astype(np.float64), (len(samples) // block, block))
    level = 10 * np.log10(np.mean(blocks**2, axis=1) + 1e-3)
    loudest = int(level.argmax())
    floor = max(level[loudest] - DEPTH, min(float(np.percentile(level, 10)) + ABOVE,
                                            level[loudest] - ABOVE))  # fmt: skip
    sounds = np.flatnonzero(level >= floor)
    breaks = np.flatnonzero(np.diff(sounds) > GAP)
    parts = np.split(sounds, breaks + 1)
    word = next(part for part in parts if part[0] <= loudest <= part[-1])
    return float(word[0]) * block / rate, float(word[-1] + 1) * block / rate


def sentence(random: np.random.Generator) -> str:
    def some(words: tuple[str, ...]) -> str:
        return words[random.integers(len(words))]

    return (
        f"The {some(MANNERS)} {some(THINGS)} {some(DOINGS)} the {some(MANNERS)} {some(THINGS)} "
        f"{some(ENDS)}."
    )

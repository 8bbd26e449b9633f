"""Cuts a clip close to its word, as people and voice detectors do."""

from __future__ import annotations

import numpy as np

from train.augment.channel import happens
from train.augment.context import Audio, Context

BLOCK = 0.01  # seconds
# dB below the loudest block at which the word begins and ends; in noise, voice detectors cut off
# hissing consonants
TIGHTEST, LOOSEST = 10.0, 40.0


def trim(audio: Audio, context: Context, random: np.random.Generator) -> Audio:
    """The clip without the quiet parts before and after the word."""
    if not happens(context.ranges.trim, random):
        return audio
    depth = random.uniform(TIGHTEST, LOOSEST)
    block = round(BLOCK * context.rate)
    blocks = np.resize(audio, (len(audio) // block, block))
    power = np.mean(blocks**2, axis=1)
    sounds = np.flatnonzero(power > power.max(initial=0.0) * 10 ** (-depth / 10))
    if not len(sounds):
        return audio
    return audio[sounds[0] * block : (sounds[-1] + 1) * block]

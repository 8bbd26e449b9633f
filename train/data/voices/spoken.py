"""Speech of the neural engines: phonemes, accent, engine, child's voice; kept in the cache."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import soxr
from numpy.typing import NDArray

from train.cache import Cache, cache_folder, key_of
from train.data.clip import Clip, to_int16
from train.data.entry import Voice
from train.data.voices import kokoro
from train.data.voices.accents import ACCENTS, accented
from train.data.voices.pronunciation import phonemes

RATE = 16_000  # Hz
VERSION = 1  # of everything that is not part of the key
FULL = 32767 * 0.5  # the loudest sample


def speak(text: str, voice: Voice) -> Clip:
    """The text spoken by the voice, from the cache if it was spoken before."""
    cache = Cache(cache_folder() / "speech")
    key = key_of(VERSION, text, asdict(voice))
    samples = cache.load(key)
    if samples is None:
        samples = _spoken(text, voice)
        cache.store(key, samples)
    return Clip(samples, RATE, text, "", voice.engine)


def _spoken(text: str, voice: Voice) -> NDArray[np.int16]:
    said = accented(phonemes(text, ACCENTS[voice.accent].language), voice.accent, voice.habits)
    # played faster, a voice is higher and its speaker smaller: spoken slower, it keeps its pace
    audio = kokoro.speak(said, voice.name, voice.speed / voice.shift)
    audio = soxr.resample(audio.astype(np.float64), kokoro.RATE * voice.shift, RATE)
    return to_int16(audio * FULL / max(1e-9, float(np.abs(audio).max())))

"""Speech of the neural engines: phonemes, accent, engine, child's voice; kept in the cache."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import soxr
from numpy.typing import NDArray

from train.cache import Cache, cache_folder, key_of
from train.data.clip import Clip, to_int16
from train.data.entry import Voice
from train.data.voices import kokoro, piper
from train.data.voices.accents import ACCENTS, accented
from train.data.voices.pronunciation import phonemes

RATE = 16_000  # Hz
VERSION = 1  # of everything that is not part of the key
SILENT = 0.01  # of the loudest sample; Kokoro pauses for 0.4 s before and after the speech
MARGIN = 0.05  # seconds of that which are kept
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
    # played faster, a voice is higher and its speaker smaller: spoken slower, it keeps its pace
    audio, rate = _by_engine(text, voice, voice.speed / voice.shift)
    audio = soxr.resample(_trimmed(audio, rate).astype(np.float64), rate * voice.shift, RATE)
    return to_int16(audio * FULL / max(1e-9, float(np.abs(audio).max())))


def _by_engine(text: str, voice: Voice, speed: float) -> tuple[NDArray[np.float32], int]:
    """The samples and their rate in Hz."""
    if voice.engine == "piper":
        return piper.speak(phonemes(text, piper.language_of(voice.name)), voice.name, speed)
    written = phonemes(text, ACCENTS[voice.accent].language)
    said = accented(written, voice.accent, voice.habits)
    return kokoro.speak(said, voice.name, speed), kokoro.RATE


def _trimmed(samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    loud = np.flatnonzero(np.abs(samples) > SILENT * max(1e-9, float(np.abs(samples).max())))
    margin = round(MARGIN * rate)
    return samples[max(0, loud[0] - margin) : loud[-1] + margin + 1]

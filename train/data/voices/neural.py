"""Speech of the neural engines: phonemes, accent, engine, child's voice; kept in the cache."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import soxr
from numpy.typing import NDArray

from train.cache import Cache, cache_folder, key_of
from train.data.clip import Clip, to_int16
from train.data.entry import ESPEAK, PIPER, Entry, Voice
from train.data.voices import kokoro, piper
from train.data.voices.accents import ACCENTS, accented
from train.data.voices.pronunciation import phonemes
from train.errors import DataError
from train.settings.words import spoken
from train.spread.workers import in_parallel

RATE = 16_000  # Hz
CHUNK = 4  # words per piece of work: a few seconds
VERSION = 2  # of what is stored
SILENT = 0.01  # of the loudest sample; Kokoro pauses for 0.4 s before and after the speech
MARGIN = 0.05  # seconds of that which are kept
FULL = 32767 * 0.5  # the loudest sample


def speak(text: str, voice: Voice) -> Clip:
    """The text spoken by the voice, from the cache if it was spoken before."""
    cache = Cache(cache_folder() / "speech")
    said = pronounced(text, voice)
    key = key_of(VERSION, said, voice.engine, voice.name, voice.speed, voice.shift)
    samples = cache.load(key)
    if samples is None:
        samples = _spoken(said, voice)
        cache.store(key, samples)
    return Clip(samples, RATE, text, "", voice.engine)


def speak_all(entries: Sequence[Entry]) -> None:
    """Speaks what is not in the cache yet, on all cores."""
    wanted = [(spoken(e.label), e.voice) for e in entries if e.voice and e.voice.engine != ESPEAK]
    tasks = [wanted[start : start + CHUNK] for start in range(0, len(wanted), CHUNK)]
    for _ in in_parallel(_speak_some, tasks, "speaking", [len(t) for t in tasks], "words"):
        pass


def _speak_some(wanted: Sequence[tuple[str, Voice]]) -> None:
    for text, voice in wanted:
        with contextlib.suppress(DataError):  # whoever needs the clip will say so
            speak(text, voice)


@lru_cache(maxsize=10_000)
def pronounced(text: str, voice: Voice) -> str:
    """The phonemes that the voice says."""
    if voice.engine == PIPER:
        return phonemes(text, piper.language_of(voice.name))
    if voice.accent not in ACCENTS:
        return phonemes(text, voice.accent)
    return accented(phonemes(text, ACCENTS[voice.accent].language), voice.accent, voice.habits)


def _spoken(said: str, voice: Voice) -> NDArray[np.int16]:
    # played faster, a voice is higher and its speaker smaller: spoken slower, it keeps its pace
    speed = voice.speed / voice.shift
    if voice.engine == PIPER:
        audio, rate = piper.speak(said, voice.name, speed)
    else:
        audio, rate = kokoro.speak(said, voice.name, speed), kokoro.RATE
    audio = soxr.resample(_trimmed(audio, rate).astype(np.float64), rate * voice.shift, RATE)
    return to_int16(audio * FULL / max(1e-9, float(np.abs(audio).max())))


def _trimmed(samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    loud = np.flatnonzero(np.abs(samples) > SILENT * max(1e-9, float(np.abs(samples).max())))
    margin = round(MARGIN * rate)
    return samples[max(0, loud[0] - margin) : loud[-1] + margin + 1]

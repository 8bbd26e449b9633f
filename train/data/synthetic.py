"""Speech that espeak-ng speaks: needs no download, and is the same every time."""

from __future__ import annotations

import _ctypes
import ctypes
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import espeakng_loader
import numpy as np
from numpy.typing import NDArray

from train.data.clip import Clip, DataError

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
ACCENTS = ("en-us", "en-gb-x-rp", "en-gb-scotland", "en-gb-x-gbclan", "en-029", "en-gb-x-gbcwmd")
VARIANTS = ("", "+m1", "+f1", "+m3", "+f2", "+m7", "+f4", "+m8", "+klatt2", "+f5")

_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)
_SYNCHRONOUS, _RATE, _PITCH, _POSITION_CHARACTER, _UTF8 = 2, 1, 3, 1, 1
_one_at_a_time = threading.Lock()  # espeak-ng keeps its state in static variables


@dataclass(frozen=True)
class Voice:
    name: str  # an espeak-ng voice with its variant, such as en-us+f3
    pitch: int = 50  # 0 to 99
    rate: int = 170  # words a minute


def voices(count: int, seed: int = 0) -> list[Voice]:
    """Different speakers: every accent and variant in turn, with random pitch and rate."""
    random = np.random.default_rng(seed)
    return [
        Voice(
            ACCENTS[i % len(ACCENTS)] + VARIANTS[i // len(ACCENTS) % len(VARIANTS)],
            pitch=int(random.integers(20, 80)),
            rate=int(random.integers(120, 230)),
        )
        for i in range(count)
    ]


def spoken_digits(speakers: int, seed: int = 0) -> Iterator[Clip]:
    """Ten clips a speaker."""
    for index, voice in enumerate(voices(speakers, seed)):
        for digit in DIGITS:
            yield speak(digit, voice, speaker=f"synthetic-{seed}-{index}")


def speak(text: str, voice: Voice, speaker: str = "synthetic") -> Clip:
    """One clip. The library is loaded afresh each time: what it said before would leak into the
    samples otherwise."""
    pieces: list[NDArray[np.int16]] = []

    def receive(samples: ctypes._Pointer[ctypes.c_short], count: int, _events: int) -> int:
        if samples and count > 0:
            pieces.append(np.ctypeslib.as_array(samples, (count,)).astype(np.int16))
        return 0

    callback = _CALLBACK(receive)
    with _one_at_a_time:
        library = ctypes.CDLL(str(espeakng_loader.get_library_path()))
        try:
            rate = library.espeak_Initialize(
                _SYNCHRONOUS, 0, str(espeakng_loader.get_data_path()).encode(), 0
            )
            library.espeak_SetSynthCallback(callback)
            library.espeak_ng_SetRandSeed(ctypes.c_long(1))
            if library.espeak_SetVoiceByName(voice.name.encode()) != 0:
                raise DataError(f"{voice.name}: espeak-ng has no such voice")
            library.espeak_SetParameter(_RATE, voice.rate, 0)
            library.espeak_SetParameter(_PITCH, voice.pitch, 0)
            data = text.encode()
            library.espeak_Synth(data, len(data) + 1, 0, _POSITION_CHARACTER, 0, _UTF8, None, None)
            library.espeak_Synchronize()
            library.espeak_Terminate()
        finally:
            _ctypes.dlclose(library._handle)
    samples = np.concatenate(pieces) if pieces else np.zeros(0, np.int16)
    return Clip(samples, rate, text, speaker, "synthetic")

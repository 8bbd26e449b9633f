"""Speech synthesized by espeak-ng: needs no download, and is the same every time."""

from __future__ import annotations

import _ctypes
import ctypes
from collections.abc import Sequence
from dataclasses import dataclass, replace

import espeakng_loader
import numpy as np
from numpy.typing import NDArray

from train.data.clip import Clip
from train.data.entry import ESPEAK, Entry, Voice
from train.data.voices import neural
from train.data.voices.pronunciation import is_english, one_at_a_time
from train.errors import DataError
from train.settings.words import DIGITS, spoken

SOURCE = "synthetic"  # the name of espeak-ng's speech
ACCENTS = ("en-us", "en-gb-x-rp", "en-gb-scotland", "en-gb-x-gbclan", "en-029", "en-gb-x-gbcwmd")
VARIANTS = ("", "+m1", "+f1", "+m3", "+f2", "+m7", "+f4", "+m8", "+klatt2", "+f5")
OTHER_WORDS = (
    "yes", "no", "up", "down", "left", "right", "stop", "go", "house", "water", "morning",
    "computer", "window", "table", "happy", "maybe", "listen", "Monday", "June", "alpha",
)  # fmt: skip
# share sounds with a digit, or are letters. None rhymes with a digit ("fine", "late"): a model this
# small that learns to reject those also rejects digits in noise. None sounds like one ("to", "for")
NEAR_WORDS = (
    "arrow", "row", "who", "new", "you", "blue", "see", "me", "tea", "key", "fall",
    "life", "high", "fire", "wire", "wide", "light", "right", "night", "my", "sit", "fix", "sick",
    "sister", "ask", "second", "never", "day", "hey", "bet", "bed", "egg", "bay", "year", "really",
    "erase", "enter", "rubout", "repeat", "A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K",
    "L", "M", "N", "O", "P", "Q", "R", "S", "T", "U", "V", "W", "X", "Y", "Z", "ah", "er", "hm",
    "okay", "hello", "thanks", "play", "point", "plus", "week", "cat", "dog", "music",
)  # fmt: skip
SENTENCES = (
    "please turn the heating down a little",
    "I have not seen him since last summer",
    "could you close the door behind you",
    "what is the weather like in the mountains",
    "she plays the violin every evening",
    "the dog is barking at the postman again",
    "we should leave while it is still light",
    "there is some bread left in the cupboard",
    "my brother works in a hospital",
    "nobody knows where the keys are",
    "the children are hiding under the table",
    "he fell asleep while reading the news",
    "put the cups on the shelf near the sink",
    "let me know when you arrive home",
    "our train was late because of the snow",
    "this coffee is rather cold and bitter",
    "they are building a bridge across the river",
    "would you like some more soup",
    "it was raining all over the island",
    "his uncle repairs old clocks and radios",
    "switch the lamp off and sleep well",
    "the museum is closed on Mondays",
    "you can hear the sea from the garden",
    "a strange noise came out of the engine",
)

_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)
_SYNCHRONOUS, _RATE, _PITCH, _POSITION_CHARACTER, _UTF8 = 2, 1, 3, 1, 1


@dataclass(frozen=True)
class Negatives:
    """What is said besides the keywords. By default, what suits the digits."""

    near: tuple[str, ...] = NEAR_WORDS
    other: tuple[str, ...] = OTHER_WORDS
    sentences: tuple[str, ...] = SENTENCES


BY_HAND = Negatives()


def voices(count: int, seed: int = 0, language: str = "en-us") -> list[Voice]:
    """Different speakers: all accents and variants in turn, with random pitch and rate. Only
    English has several accents here."""
    random = np.random.default_rng(seed)
    accents = ACCENTS if is_english(language) else (language,)
    return [
        Voice(
            accents[i % len(accents)] + VARIANTS[i // len(accents) % len(VARIANTS)],
            pitch=int(random.integers(20, 80)),
            rate=int(random.integers(120, 230)),
        )
        for i in range(count)
    ]


def entries(
    speakers: int,
    seed: int = 0,
    other_words: int = 0,
    words: Sequence[str] = DIGITS,
    near_words: int = 0,
    sentences: int = 0,
    negatives: Negatives = BY_HAND,
    cast: Sequence[Voice] = (),
    source: str = SOURCE,
) -> list[Entry]:
    """All words by each speaker, and some other words and sentences, chosen in turn. Without a
    `cast`, voices of espeak-ng speak English."""
    found = []
    offered = [
        (other_words, 1, [word for word in negatives.other if word not in words]),
        (near_words, near_words, [word for word in negatives.near if word not in words]),
        (sentences, sentences, list(negatives.sentences)),
    ]
    for index, voice in enumerate(cast or voices(speakers, seed)):
        speaker = _name(source, seed, index)
        others = [
            said[(index * step + i) % len(said)]
            for many, step, said in offered
            for i in range(many if said else 0)
        ]
        for kind, said in (("digits", words), ("unknown", others)):
            found += [Entry(source, kind, word, speaker, voice=voice) for word in said]
    return found


def _name(source: str, seed: int, index: int) -> str:
    return f"{source}-{seed}-{index}"


def named_for(entry: Entry, seed: int) -> Entry:
    """The name of a synthetic voice regardless of the seed; recorded speakers keep theirs."""
    if entry.voice is None:
        return entry
    return replace(entry, speaker=_name(entry.source, seed, int(entry.speaker.rpartition("-")[2])))


def speak(entry: Entry) -> Clip:
    """One clip. The library is loaded anew each time; otherwise earlier speech would affect the
    samples."""
    if entry.voice is None:
        raise DataError(f"{entry.label}: has neither a recording nor a voice")
    if entry.voice.engine != ESPEAK:
        clip = neural.speak(spoken(entry.label), entry.voice)
        return replace(clip, label=entry.label, speaker=entry.speaker, source=entry.source)
    pieces: list[NDArray[np.int16]] = []

    def receive(samples: ctypes._Pointer[ctypes.c_short], count: int, _events: int) -> int:
        if samples and count > 0:
            pieces.append(np.ctypeslib.as_array(samples, (count,)).astype(np.int16))
        return 0

    callback = _CALLBACK(receive)
    with one_at_a_time:
        library = ctypes.CDLL(str(espeakng_loader.get_library_path()))
        try:
            rate = library.espeak_Initialize(
                _SYNCHRONOUS, 0, str(espeakng_loader.get_data_path()).encode(), 0
            )
            library.espeak_SetSynthCallback(callback)
            library.espeak_ng_SetRandSeed(ctypes.c_long(1))
            if library.espeak_SetVoiceByName(entry.voice.name.encode()) != 0:
                raise DataError(f"{entry.voice.name}: espeak-ng does not have this voice")
            library.espeak_SetParameter(_RATE, entry.voice.rate, 0)
            library.espeak_SetParameter(_PITCH, entry.voice.pitch, 0)
            data = spoken(entry.label).encode()
            library.espeak_Synth(data, len(data) + 1, 0, _POSITION_CHARACTER, 0, _UTF8, None, None)
            library.espeak_Synchronize()
            library.espeak_Terminate()
        finally:
            _ctypes.dlclose(library._handle)
    if not pieces:
        raise DataError(f"{entry.label}: espeak-ng produced no sound")
    return Clip(np.concatenate(pieces), rate, entry.label, entry.speaker, entry.source)

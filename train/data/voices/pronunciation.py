"""How a text is pronounced: phonemes of the International Phonetic Alphabet, by espeak-ng."""

from __future__ import annotations

import _ctypes
import ctypes
import threading
from collections.abc import Sequence

import espeakng_loader

from train.errors import DataError

_SYNCHRONOUS, _UTF8, _IPA = 2, 1, 0x02
_one_at_a_time = threading.Lock()


def phonemes(text: str, language: str = "en-us") -> str:
    return phonemes_of([text], language)[0]


def phonemes_of(texts: Sequence[str], language: str = "en-us") -> list[str]:
    with _one_at_a_time:
        library = ctypes.CDLL(str(espeakng_loader.get_library_path()))
        library.espeak_TextToPhonemes.restype = ctypes.c_char_p
        try:
            data = str(espeakng_loader.get_data_path()).encode()
            library.espeak_Initialize(_SYNCHRONOUS, 0, data, 0)
            if library.espeak_SetVoiceByName(language.encode()) != 0:
                raise DataError(f"{language}: espeak-ng does not have this language")
            found = [_one(library, text) for text in texts]
            library.espeak_Terminate()
        finally:
            _ctypes.dlclose(library._handle)
    return found


def _one(library: ctypes.CDLL, text: str) -> str:
    rest = ctypes.c_char_p(text.encode())
    parts = []
    while rest.value:
        part = library.espeak_TextToPhonemes(ctypes.byref(rest), _UTF8, _IPA)
        parts.append(part.decode())
    return " ".join(part for part in parts if part)

"""Speech of Kokoro-82M, a neural network, from phonemes; its voices can be mixed.

`tinykws data kokoro` puts its files into the cache. Nothing is random: the same phonemes, voice and
speed give the same samples on the same kind of processor.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from train.cache import cache_folder
from train.data.voices.session import open_model
from train.errors import DataError

RATE = 24_000  # Hz
MODEL, VOICES = "kokoro-v1.0.int8.onnx", "voices"
STYLE = 256  # numbers per voice and length
LONGEST = 510  # tokens
REMEDY = "run: tinykws data kokoro"
# what espeak-ng writes, and Kokoro's own letters for it
LETTERS = (
    ("eɪ", "A"), ("aɪ", "I"), ("oʊ", "O"), ("əʊ", "Q"), ("aʊ", "W"), ("ɔɪ", "Y"),
    ("dʒ", "ʤ"), ("tʃ", "ʧ"), ("dz", "ʣ"), ("ts", "ʦ"), ("ɚ", "əɹ"), ("ɜːɹ", "ɜɹ"), ("g", "ɡ"),
)  # fmt: skip
# its tokens: runs of letters, and the number of each run's first one
TOKENS = {
    letter: first + place
    for first, letters in (
        (1, ";:,.!?"), (9, "—…\"()“” \u0303ʣʥʦʨᵝꭧAI"), (31, "O"), (33, "Q"), (35, "ST"), (39, "W"),
        (41, "Yᵊabcdef"), (50, "hijklmnopqrstuvwxyzɑɐɒæ"), (75, "βɔɕç"), (80, "ɖðʤə"), (85, "ɚɛɜ"),
        (90, "ɟ"), (92, "ɡ"), (99, "ɥ"), (101, "ɨɪʝ"), (110, "ɯɰŋɳɲɴø"), (118, "ɸθœ"), (123, "ɹ"),
        (125, "ɾɻ"), (128, "ʁɽʂʃʈʧ"), (135, "ʊʋ"), (138, "ʌɣɤ"), (142, "χʎ"), (147, "ʒʔ"),
        (156, "ˈˌː"), (162, "ʰ"), (164, "ʲ"), (169, "↓"), (171, "→↗↘"), (177, "ᵻ"),
    )
    for place, letter in enumerate(letters)
}  # fmt: skip

Audio = NDArray[np.float32]


def folder() -> Path:
    """Where its files are."""
    return cache_folder() / "data" / "kokoro"


def voice_names() -> list[str]:
    """All voices; the first letter of each is its language: a, b: English, h: Hindi, ..."""
    found = sorted(path.stem for path in (folder() / VOICES).glob("*.bin"))
    if not found:
        raise DataError(f"{folder() / VOICES}: contains no voices of Kokoro; {REMEDY}")
    return found


def speak(phonemes: str, voice: str, speed: float) -> Audio:
    """The samples at RATE. `voice` is a name, or a mixture such as
    0.7*af_bella+0.3*hm_omega."""
    tokens = [TOKENS[letter] for letter in _spelled(phonemes)]
    inputs = {
        "tokens": np.array([[0, *tokens, 0]], np.int64),
        "style": _style(voice, len(tokens))[None],
        "speed": np.array([speed], np.float32),
    }
    samples: Audio = _session().run(None, inputs)[0].ravel()
    return samples


def _spelled(phonemes: str) -> str:
    """In Kokoro's letters, those that it does not know left out. With a full stop, a single word
    ends cleanly."""
    for written, letter in LETTERS:
        phonemes = phonemes.replace(written, letter)
    if "ˈ" not in phonemes:  # espeak-ng takes "one" for an unstressed word
        phonemes = phonemes.replace("ˌ", "ˈ", 1)
    known = "".join(letter for letter in phonemes if letter in TOKENS)
    if not known.strip():
        raise DataError(f"{phonemes!r}: Kokoro knows none of these phonemes")
    return f"{known[: LONGEST - 1]}."


def _style(voice: str, tokens: int) -> NDArray[np.float32]:
    """The row for that many tokens of a voice, or the weighted mean of several."""
    parts = [part.rpartition("*") for part in voice.split("+")]
    rows = [float(share or 1) * _voice(name)[tokens - 1] for share, _, name in parts]
    return np.sum(rows, axis=0, dtype=np.float32)


@lru_cache(maxsize=64)
def _voice(name: str) -> NDArray[np.float32]:
    path = folder() / VOICES / f"{name}.bin"
    try:
        styles = np.fromfile(path, np.float32)
    except OSError as error:
        raise DataError(f"{name}: Kokoro has no such voice in {path.parent}; {REMEDY}") from error
    if styles.size != LONGEST * STYLE:
        raise DataError(f"{path}: is damaged; remove it, then {REMEDY}")
    return styles.reshape(LONGEST, STYLE)


@lru_cache(maxsize=1)
def _session() -> Any:
    return open_model(folder() / MODEL, REMEDY)

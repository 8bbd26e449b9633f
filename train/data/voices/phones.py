"""The sounds of a word: IPA is split into phones, and two phones are compared by how they are
articulated."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache

GLIDE, UNRELEASED = "\u032f", "\u031a"  # IPA's marks for the end of a diphthong and a weak stop
STRONG, WEAK = 0.5, 0.3  # cost of one phone more or less; two different strong ones cost at most 1

_NOT_SOUNDS = re.compile(r"[ˈˌ.\s|‖-]")
_AFFRICATES = ("tʃ", "dʒ")
_DIPHTHONGS = ("aɪ", "aʊ", "eɪ", "oʊ", "ɔɪ", "əʊ", "ɔʏ", "ɔø", "ɛɪ", "œʏ", "ʌʊ")
_NASALS = "mɱnɳɲŋɴ"
_FINAL_STOPS = "ptkbdɡ"
_WEAK_SOUNDS = "əɐᵻhɦʔ"
# sonority, hissing; then voiceless and voiced phones, each with its place: 0 at the lips, 9 at the
# glottis
_CONSONANTS = (
    (0.0, 0, "p0 t3 ʈ5 c6 k7 q8 ʔ9", "b0 d3 ɖ5 ɟ6 ɡ7 ɢ8"),
    (0.15, 1, "tʃ4 ts3 tɕ5", "dʒ4 dz3 dʑ5"),
    (0.25, 0, "", "ɾ3 ɽ5"),
    (0.35, 0, "ɸ0 f1 θ2 ç6 x7 χ8 ħ9 h9", "β0 v1 ð2 ʝ6 ɣ7 ʁ8 ʕ9 ɦ9"),
    (0.35, 1, "s3 ʃ4 ʂ5 ɕ5", "z3 ʒ4 ʐ5 ʑ5"),
    (0.65, 0, "", "m0 ɱ1 n3 ɳ5 ɲ6 ŋ7 ɴ8"),
    (0.75, 0, "", "ʙ0 r3 ʀ8"),
    (0.85, 0, "ɬ3", "l3 ɫ4 ɭ5 ʎ6"),
    (1.0, 0, "ʍ1", "ʋ1 ɹ4 ɻ5 j6 ɥ6 ɰ7 w1"),
)
# height: 0 closed, 6 open; front, central or back; rounded
_VOWELS = (
    "i0f y0fr ɨ0c ʉ0cr ɯ0b u0br ɪ1f ʏ1fr ᵻ1c ʊ1br e2f ø2fr ɘ2c ɵ2cr ɤ2b o2br ə3c ɚ3c ɛ4f œ4fr ɜ4c "
    "ɝ4c ɞ4cr ʌ4c ɔ4br æ5f ɐ5c a6f ɶ6fr ɑ6b ɒ6br"
)
_CONSONANT = 8  # features of a consonant
_DIFFERENT = 0.1  # any two consonants differ by this much at least


def phones(ipa: str) -> tuple[str, ...]:
    """`nˈaɪt` is n, a, ɪ (the end of a diphthong), t (weak, as it ends the word)."""
    found: list[str] = []
    tied = False
    letters = unicodedata.normalize("NFD", ipa).replace("c\u0327", "ç")
    for letter in _NOT_SOUNDS.sub("", letters):
        modifies = unicodedata.category(letter) in ("Lm", "Mn", "Sk")
        if letter == "\u0361":
            tied = True
        elif found and (modifies or tied or found[-1] + letter in _AFFRICATES):
            found[-1] += letter
            tied = False
        elif found and found[-1] + letter in _DIPHTHONGS:
            found.append(letter + GLIDE)
        elif not modifies:
            found.append(letter)
    if len(found) > 1 and found[-1] in _FINAL_STOPS:
        found[-1] += UNRELEASED
    return tuple(found)


def plain(phone: str) -> str:
    """A phone without the marks of its place in the word."""
    return phone.removesuffix(GLIDE).removesuffix(UNRELEASED)


def sound(word: Sequence[str]) -> str:
    """A word's phones as text; one word contains another one if its text does."""
    return " ".join(["", *map(plain, word), ""])


def weight(phone: str) -> float:
    """What it costs to add or to leave out a phone."""
    return WEAK if phone.endswith((GLIDE, UNRELEASED)) or phone in _WEAK_SOUNDS else STRONG


@cache
def difference(one: str, other: str) -> float:
    """What it costs to replace a phone by another one: 0 to 1. This is a metric."""
    if one == other:
        return 0.0
    first, second = _features(plain(one)), _features(plain(other))
    if first is None or second is None:
        return 1.0 if plain(one) != plain(other) else abs(weight(one) - weight(other))
    if len(first) != len(second):  # a vowel and a consonant
        return 1.0
    articulated = sum(abs(a - b) for a, b in zip(first, second, strict=True))
    articulated += _DIFFERENT * (len(first) == _CONSONANT and plain(one) != plain(other))
    return min(1.0, articulated + abs(weight(one) - weight(other)))


@cache
def _features(phone: str) -> tuple[float, ...] | None:
    """Numbers whose differences add up to how different two phones are; None: unknown."""
    base = next((phone[:n] for n in (2, 1) if phone[:n] in _TABLE), None)
    if base is None:
        return None
    marks = phone[len(base) :]
    return *_TABLE[base], 0.1 * ("ː" in marks), 0.1 * ("\u0303" in marks), 0.1 * ("ʲ" in marks)


def _table() -> dict[str, tuple[float, ...]]:
    found: dict[str, tuple[float, ...]] = {}
    for sonority, hissing, *rows in _CONSONANTS:
        for voiced, row in enumerate(rows):
            for entry in str(row).split():
                place = 0.39 * int(entry[-1]) / 9
                nasal = 0.2 * (entry[0] in _NASALS)
                found[entry[:-1]] = (place, 0.45 * sonority, 0.26 * voiced, 0.2 * hissing, nasal)
    for entry in _VOWELS.split():
        back = 0.4 * "fcb".index(entry[2]) / 2
        rhotic = 0.2 * (entry[0] in "ɚɝ")
        found[entry[0]] = (0.55 * int(entry[1]) / 6, back, 0.1 * entry.endswith("r"), rhotic)
    return found


_TABLE = _table()

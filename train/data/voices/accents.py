"""Accents of English as substitutions of phonemes, each made by a share of the speakers.

docs/voices.md names the sources.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

ALWAYS = 1.0
END = r"(?=[ .]|$)"  # of a word
STRESS = r"(ˈ?)"  # espeak-ng writes it before the vowel


@dataclass(frozen=True)
class Rule:
    """`said` instead of `written` by a share of the speakers, each of whom always does it."""

    written: str  # a regular expression over IPA
    said: str
    share: float = ALWAYS


@dataclass(frozen=True)
class Accent:
    """Phonemes of a language of espeak-ng, changed by rules in order."""

    language: str
    rules: tuple[Rule, ...] = ()
    voices: str = ""  # first letter of the names of Kokoro's voices that bring this accent along


AMERICAN = Accent("en-us", (), "a")
BRITISH = Accent(
    "en-us",
    (
        Rule(r"oʊ", "əʊ"),
        Rule(r"ˈɑː(?=[tdpbkgɡ])", "ˈɒ"),
        Rule(rf"ɔːɹ{END}", "ɔː"),
        Rule(rf"(?<=[əɚɛɑː])ɹ{END}", ""),
        Rule(r"ɚ", "ə"),
    ),
    "b",
)
INDIAN = Accent(
    "en-us",
    (
        Rule(r"t(?!ʃ)", "ʈ", 0.8),
        Rule(r"d(?!ʒ)", "ɖ", 0.8),
        Rule(r"θ", "tʰ", 0.5),
        Rule(r"θ", "t"),
        Rule(r"ð", "d"),
        Rule(rf"^z{STRESS}", r"dʒ\1", 0.2),
        Rule(r"iə", "iː", 0.7),
        Rule(r"eɪ", "eː", 0.8),
        Rule(r"oʊ", "oː", 0.8),
        Rule(rf"ɔːɹ{END}", "oːɾ", 0.5),
        Rule(rf"ɔːɹ{END}", "ɔː", 0.3),
        Rule(r"ɹ", "ɾ", 0.8),
        Rule(r"w", "ʋ", 0.6),
        Rule(r"v", "ʋ", 0.6),
        Rule(r"ʋ", "v", 0.2),
        Rule(r"ʌ", "ə", 0.3),
        Rule(r"ʌ", "a", 0.3),
        Rule(r"æ", "ɛ", 0.4),
        Rule(r"ɪ(?=[kgɡstnm])", "i", 0.3),
        Rule(r"ə(?=n)", "ɛ", 0.4),
    ),
    "h",
)
SPANISH = Accent(
    "en-us",
    (
        Rule(r"z", "s", 0.9),
        Rule(r"v", "b", 0.6),
        Rule(r"v", "β", 0.5),
        Rule(r"θ", "t", 0.5),
        Rule(r"ð", "d"),
        Rule(r"ʃ(?<!tʃ)", "tʃ", 0.3),
        Rule(r"h", "x", 0.8),
        Rule(r"iː|(?<![aeɔ])ɪ", "i", 0.8),
        Rule(r"uː|(?<![aoə])ʊ", "u", 0.8),
        Rule(r"ʌ|æ", "a", 0.9),
        Rule(r"eɪ", "ej", 0.4),
        Rule(r"oʊ", "o", 0.9),
        Rule(r"ɔː", "o"),
        Rule(r"ə(?=n)", "e", 0.6),
        Rule(r"ɹ", "ɾ", 0.8),
        Rule(r"^s(?=[ptkmnl])", "es", 0.6),
    ),
    "e",
)
GERMAN = Accent(
    "en-us",
    (
        Rule(r"θ", "s", 0.7),
        Rule(r"ð", "z"),
        Rule(r"w", "v", 0.7),
        Rule(rf"v{END}", "f", 0.9),
        Rule(rf"z{END}", "s", 0.9),
        Rule(rf"d{END}", "t", 0.7),
        Rule(r"^z", "ts", 0.3),
        Rule(r"^s(?=ˈ?[aeiouɛɪʌ])", "z", 0.4),
        Rule(r"ɹ", "ʁ", 0.6),
        Rule(r"æ", "ɛ", 0.8),
        Rule(r"oʊ", "oː", 0.6),
        Rule(r"eɪ", "eː", 0.4),
        Rule(r"ʌ", "a", 0.6),
    ),
)
FRENCH = Accent(
    "en-us",
    (
        Rule(r"θ", "s", 0.6),
        Rule(r"θ", "t"),
        Rule(r"ð", "z"),
        Rule(r"h", "", 0.8),
        Rule(r"tʃ", "ʃ", 0.5),
        Rule(r"dʒ", "ʒ", 0.5),
        Rule(r"ɹ", "ʁ", 0.8),
        Rule(r"(?<![aeɔ])ɪ", "i", 0.9),
        Rule(r"ʌ", "œ", 0.7),
        Rule(r"æ", "a", 0.8),
        Rule(r"oʊ", "o", 0.9),
        Rule(r"eɪ", "e", 0.7),
        Rule(r"ˈ([^ˈ ]*[aeiouɛɔə][^ˈ ]*)([aeiouɛɔəœ])", r"\1ˈ\2", 0.4),
    ),
    "f",
)
MANDARIN = Accent(
    "en-us",
    (
        Rule(r"θ", "s", 0.8),
        Rule(r"ð", "d"),
        Rule(r"^v", "w", 0.5),
        Rule(rf"v{END}", "f", 0.8),
        Rule(r"v(?=[əɪi])", "w", 0.3),
        Rule(r"^z", "dz", 0.3),
        Rule(rf"(?<=[aeo][ɪʊ])n{END}", "ŋ", 0.3),
        Rule(rf"([tdkfs]){END}", r"\1ə", 0.2),
        Rule(rf"[td]{END}", "", 0.2),
        Rule(r"(?<![aeɔ])ɪ", "i", 0.7),
        Rule(r"æ", "ɛ", 0.7),
        Rule(r"ʌ", "a", 0.7),
        Rule(r"oʊ", "o", 0.4),
        Rule(r"ɹ", "ɻ", 0.6),
        Rule(rf"ɔːɹ{END}", "ɔ", 0.3),
    ),
    "z",
)
NIGERIAN = Accent(
    "en-us",
    (
        Rule(r"θ", "t", 0.9),
        Rule(r"ð", "d"),
        Rule(r"ʌ", "ɔ", 0.8),
        Rule(r"ɜː|ɚ", "a", 0.8),
        Rule(r"eɪ", "e", 0.9),
        Rule(r"oʊ", "o", 0.9),
        Rule(r"iə", "ia", 0.5),
        Rule(r"iː|(?<![aeɔ])ɪ", "i", 0.9),
        Rule(r"uː|(?<![aoə])ʊ", "u", 0.9),
        Rule(r"æ", "a", 0.9),
        Rule(r"ə(?=n)", "ɛ", 0.6),
        Rule(rf"v{END}", "f", 0.4),
        Rule(rf"z{END}", "s", 0.7),
        Rule(rf"ɹ{END}", "", 0.9),
        Rule(r"ɹ", "r", 0.4),
    ),
)
ACCENTS = {
    "american": AMERICAN,
    "british": BRITISH,
    "indian": INDIAN,
    "spanish": SPANISH,
    "german": GERMAN,
    "french": FRENCH,
    "mandarin": MANDARIN,
    "nigerian": NIGERIAN,
}


def accented(written: str, accent: str, habits: int) -> str:
    """The phonemes as a speaker says them; `habits` is the seed of which rules apply."""
    rules = ACCENTS[accent].rules
    chosen = np.random.default_rng(habits).random(len(rules))
    for rule, drawn in zip(rules, chosen, strict=True):
        if drawn < rule.share:
            written = re.sub(rule.written, rule.said, written)
    return written

"""Digits as speakers of other languages say them in English: spelled so that espeak-ng's voice of
that language, with that language's sounds, says what such a learner says."""

from __future__ import annotations

from train.data.words import DIGITS

SPELLINGS = {
    "fr": "ziro ouane tou sri faure faïve sixe sévenne eïte naïne",
    "fr-be": "zéro oueune tou zri fôr fâïve sikse sévène éïte nâïne",
    "de": "siero wann tu sri fohr feif ßiks seffen eht nein",
    "es": "siro uan tu tri for faiv six seven eit nain",
    "es-419": "zirou güan tu sri for faif siks seben eit nain",
    "it": "ziro uan tu tri for faiv sics seven eit nain",
    "pt-br": "zirou uan tu tri fór faiv sics séven eit nain",
    "nl": "zierro wan toe trie foor faaif siks sevven eet nain",
    "pl": "ziro łan tu sri for fajf syks sewen ejt najn",
    "sv": "siro oann to tri får fajv sicks sevven ejt najn",
}


def spelling(voice: str, word: str) -> str:
    """What that voice reads to say the word: any but a digit of another language is read as it is
    written."""
    language = voice.partition("+")[0]
    digits = dict(zip(DIGITS, SPELLINGS.get(language, " ".join(DIGITS)).split(), strict=True))
    return digits.get(word, word)

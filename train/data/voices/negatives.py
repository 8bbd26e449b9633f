"""What the voices say besides the keywords, as examples of unknown."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from train.cache import Cache, open_cache
from train.data.sources.synthetic import BY_HAND, OTHER_WORDS, SENTENCES, Negatives
from train.data.voices.lexicon import common_words
from train.data.voices.near import near_words, without
from train.data.voices.pronunciation import check_language, is_english
from train.settings.words import DIGITS

OTHERS = 40  # other words, in languages without a list made by hand
LEAST_PHONES = 4  # of such a word
SAID, SENTENCE = 24, 6  # sentences, and the words of each


def negatives_for(
    words: Sequence[str], language: str = "en-us", near: bool = True, cache: Cache | None = None
) -> Negatives:
    """Near words, other words and sentences in which no keyword is heard."""
    check_language(language)
    if are_by_hand(words, language):
        return BY_HAND
    found = near_words(words, language, cache=cache) if near else []
    other, sentences = _background(words, language, cache or open_cache())
    return Negatives(tuple(one.word for one in found), tuple(other), tuple(sentences))


def are_by_hand(words: Sequence[str], language: str) -> bool:
    """Whether the lists made by hand are used: they suit the ten digits alone. To use automatic
    near words for digits as well, return False."""
    return set(words) == set(DIGITS) and is_english(language)


def _background(words: Sequence[str], language: str, cache: Cache) -> tuple[list[str], list[str]]:
    if is_english(language):
        return without(OTHER_WORDS, words, language), without(SENTENCES, words, language)
    common = [word for word in common_words(language, cache) if len(word.phones) >= LEAST_PHONES]
    usable = without([word.text for word in common[: 10 * OTHERS]], words, language)
    random = np.random.default_rng(0)
    sentences = [" ".join(random.choice(usable, SENTENCE, replace=False)) for _ in range(SAID)]
    return usable[:OTHERS], without(sentences, words, language)

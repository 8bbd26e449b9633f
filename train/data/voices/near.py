"""Which words are easily taken for the keywords: negative examples, and words that no model can
tell apart."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import cycle, islice

import numpy as np
from numpy.typing import NDArray

from train.cache import Cache, key_of, open_cache
from train.data.voices.lexicon import Word, common_words, versions
from train.data.voices.phones import phones, sound
from train.data.voices.pronunciation import phonemes_of, pronunciations
from train.data.voices.similar import Many, Phones, distances, many
from train.settings.words import spoken

SAME = 0.1  # words nearer than this are homophones, at least in some accents: free and three
CLOSE = 0.2  # keywords nearer than this are mistaken for each other
PER_KEYWORD, LEAST = 8, 60  # near words: this many for each keyword, and in all at least
NAMED = 3  # examples in an advice
KEPT = 20  # of the words that contain a keyword
VERSION = 1  # of what is stored


@dataclass(frozen=True)
class Near:
    """A word that is easily taken for a keyword."""

    word: str
    phonemes: str
    like: str  # the keyword
    distance: float


@dataclass(frozen=True)
class Alike:
    """Words that a model cannot tell from a keyword; the most frequent ones first."""

    keyword: str
    same: tuple[str, ...] = ()  # homophones
    longer: tuple[str, ...] = ()  # words that contain all of the keyword: seventy, sevens
    keywords: tuple[str, ...] = ()  # other keywords that are too much like it

    @property
    def advice(self) -> str:
        said = []
        if self.same:
            verb, them = ("sounds", "it") if len(self.same) == 1 else ("sound", "them")
            said.append(
                f"{_list(self.same)} {verb} (almost) like {self.keyword}: a board will take {them} "
                f"for {self.keyword}; choose a longer word"
            )
        if self.keywords:
            said.append(f"{self.keyword} is too much like {_list(self.keywords)}: replace one")
        if self.longer:
            said.append(f"{self.keyword} is part of {_list(self.longer)}, and may be heard there")
        return "; ".join(said)


@dataclass(frozen=True)
class Neighbourhood:
    near: tuple[Near, ...]
    indistinguishable: tuple[Alike, ...]


def near_words(
    words: Sequence[str], language: str = "en-us", count: int = 0, cache: Cache | None = None
) -> list[Near]:
    """The common words that are nearest to the keywords, the nearest first. A word that sounds like
    a keyword, or contains all of it, is none: a model cannot tell them apart."""
    return list(neighbourhood(words, language, count, cache).near)


def neighbourhood(
    words: Sequence[str], language: str = "en-us", count: int = 0, cache: Cache | None = None
) -> Neighbourhood:
    """Near words and indistinguishable ones; the same words give the same result."""
    count = count or max(LEAST, PER_KEYWORD * len(words))
    cache = cache or open_cache()
    key = key_of("neighbourhood", VERSION, list(words), language, count, *versions())
    stored = cache.load(key)
    if stored is None:
        found = _search(words, language, count, common_words(language, cache))
        stored = np.frombuffer(json.dumps(asdict(found)).encode(), np.uint8)
        cache.store(key, stored)
    tree = json.loads(stored.tobytes())
    return Neighbourhood(
        near=tuple(Near(**one) for one in tree["near"]),
        indistinguishable=tuple(
            Alike(one.pop("keyword"), **{name: tuple(them) for name, them in one.items()})
            for one in tree["indistinguishable"]
        ),
    )


def without(texts: Sequence[str], words: Sequence[str], language: str) -> list[str]:
    """The texts in which no keyword is heard."""
    ways = [way for word in words for way in _ways(word, language)]
    heard = _within(ways, [sound(phones(ipa)) for ipa in phonemes_of(texts, language)])
    return [text for text, is_heard in zip(texts, heard, strict=True) if not is_heard]


def _ways(word: str, language: str) -> list[Phones]:
    return list(dict.fromkeys(map(phones, pronunciations(spoken(word) or word, language))))


def _search(
    words: Sequence[str], language: str, count: int, common: Sequence[Word]
) -> Neighbourhood:
    ways = [_ways(word, language) for word in words]
    said = {spoken(word).lower() for word in words}
    others = [word for word in _parts(words, language) + list(common) if word.text not in said]
    heard = many([other.phones for other in others])
    apart = np.array([_nearest(each, heard) for each in ways])
    sounds = [sound(other.phones) for other in others]
    inside = np.array([_within(each, sounds) for each in ways])
    usable = ~(inside | (apart <= SAME)).any(axis=0)
    alike = [
        Alike(
            word,
            same=_texts(others, apart[i] <= SAME),
            longer=_texts(others, inside[i] & (apart[i] > SAME))[:KEPT],
            keywords=tuple(
                other for other, them in zip(words, ways, strict=True)
                if other != word and _mistaken(ways[i], them)
            ),
        )
        for i, word in enumerate(words)
    ]  # fmt: skip
    return Neighbourhood(
        near=tuple(_chosen(words, others, apart, usable, count)),
        indistinguishable=tuple(one for one in alike if one.same or one.longer or one.keywords),
    )


def _chosen(
    words: Sequence[str],
    others: Sequence[Word],
    apart: NDArray[np.float64],
    usable: NDArray[np.bool_],
    count: int,
) -> list[Near]:
    """The parts of phrases, then the nearest word of each keyword in turn; one of each sound."""
    sounds = [sound(other.phones) for other in others]
    found = {sounds[i]: i for i, other in enumerate(others) if other.part and usable[i]}
    orders = [iter(np.argsort(row, kind="stable").tolist()) for row in apart]
    for order in islice(cycle(orders), max(0, count - len(found))):
        i = next((i for i in order if usable[i] and sounds[i] not in found), None)
        if i is not None:
            found[sounds[i]] = i
    near = [
        Near(
            others[i].text,
            others[i].ipa,
            words[int(apart[:, i].argmin())],
            round(float(apart[:, i].min()), 3),
        )
        for i in found.values()
    ]
    return sorted(near, key=lambda one: (one.distance, one.word))


def _parts(words: Sequence[str], language: str) -> list[Word]:
    """What remains when a phrase is cut off: `open` and `sesame` of `open_sesame`."""
    texts = dict.fromkeys(
        " ".join(said[start:end])
        for said in (spoken(word).lower().split() for word in words)
        for start in range(len(said))
        for end in range(start + 1, len(said) + 1)
        if end - start < len(said)
    )
    spoken_parts = zip(texts, phonemes_of(list(texts), language), strict=True)
    return [Word(text, ipa, phones(ipa), part=True) for text, ipa in spoken_parts if ipa]


def _nearest(ways: Sequence[Phones], others: Many) -> NDArray[np.float64]:
    return np.min([distances(way, others) for way in ways], axis=0)


def _within(ways: Sequence[Phones], sounds: Sequence[str]) -> list[bool]:
    """In which sounds a keyword is heard."""
    heard = {sound(way) for way in ways}
    return [any(one in all_of for one in heard) for all_of in sounds]


def _mistaken(ways: Sequence[Phones], others: Sequence[Phones]) -> bool:
    return bool(_nearest(ways, many(others)).min() <= CLOSE) or any(
        _within(ways, list(map(sound, others)))
    )


def _texts(others: Sequence[Word], chosen: NDArray[np.bool_]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(others[i].text for i in np.flatnonzero(chosen)))


def _list(words: Sequence[str]) -> str:
    shown = [f"'{word}'" for word in words[:NAMED]]
    if more := len(words) - len(shown):
        shown.append(f"{more}{'' if len(words) < KEPT else ' or'} more")
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))

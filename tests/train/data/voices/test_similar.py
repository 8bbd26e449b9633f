"""The distance of two words: 0 for the same sounds, 1 for nothing in common, a metric between."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.train.data.voices.test_phones import SOUNDS
from train.data.voices.phones import phones
from train.data.voices.pronunciation import phonemes
from train.data.voices.similar import Phones, distance, distances, many

WORDS = st.lists(st.sampled_from(SOUNDS), max_size=6).map(tuple)


def apart(one: Phones, other: Phones) -> float:
    return float(distances(one, many([other]))[0])


def said(one: str, other: str, language: str = "en-us") -> float:
    return distance(phonemes(one, language), phonemes(other, language))


@settings(max_examples=60, deadline=None)
@given(WORDS, WORDS, WORDS)
def test_it_is_a_metric_from_0_to_1(one: Phones, other: Phones, third: Phones) -> None:
    assert apart(one, one) == 0
    assert 0 <= apart(one, other) <= 1
    assert (apart(one, other) == 0) == (one == other)
    assert apart(one, other) == pytest.approx(apart(other, one))
    assert apart(one, third) <= apart(one, other) + apart(other, third) + 1e-9


@settings(max_examples=20, deadline=None)
@given(WORDS, st.lists(WORDS, max_size=5))
def test_many_words_are_as_far_as_each_alone(one: Phones, others: list[Phones]) -> None:
    together = distances(one, many(others))
    assert list(together) == pytest.approx([apart(one, other) for other in others])


@pytest.mark.parametrize(
    ("one", "other"),
    [("two", "to"), ("two", "too"), ("four", "for"), ("eight", "ate"), ("one", "won")],
)
def test_homophones_are_at_0(one: str, other: str) -> None:
    assert said(one, other) == 0


@pytest.mark.parametrize(
    ("word", "near", "far"),
    [
        ("five", "nine", "seven"),
        ("nine", "mine", "five"),
        ("three", "free", "tree"),
        ("lights", "nights", "lamps"),
        ("heating", "eating", "meeting"),  # h is weak
        ("stop", "stock", "sting"),
        ("computer", "commuter", "composer"),
    ],
)
def test_what_people_confuse_is_nearer(word: str, near: str, far: str) -> None:
    assert 0 < said(word, near) < said(word, far) < 1


def test_nothing_in_common_is_1_however_long() -> None:
    assert distance("sss", "") == distance("s", "iiiiii") == 1
    assert distance("", "") == 0


def test_german_words() -> None:
    assert said("zwei", "drei", "de") < said("zwei", "fünf", "de")
    assert said("Rad", "Rat", "de") == 0
    assert phones(phonemes("zwei", "de")) == ("t", "s", "v", "a", "ɪ̯")

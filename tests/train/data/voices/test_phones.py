"""IPA is split into sounds; how much two sounds differ is a metric."""

from __future__ import annotations

from itertools import product

import pytest

from train.data.voices.phones import STRONG, WEAK, difference, phones, sound, weight

SOUNDS = ["p", "t", "t̚", "b", "ɾ", "k", "f", "θ", "s", "ʃ", "z", "v", "tʃ", "m", "n", "ŋ", "l", "ɹ",
          "w", "j", "h", "iː", "ɪ", "ɪ̯", "e", "ɛ", "æ", "ə", "ɚ", "ʌ", "ɑː", "ɔ", "uː", "ʊ̯", "y",
          "ã", "!", "☃"]  # fmt: skip


@pytest.mark.parametrize(
    ("ipa", "expected"),
    [
        ("nˈaɪn", "n a ɪ̯ n"),  # a diphthong is a vowel and a glide
        ("ˈeɪt", "e ɪ̯ t̚"),  # a stop at the end is hardly heard
        ("tˈuː", "t uː"),
        ("tʃˈɜːtʃ", "tʃ ɜː tʃ"),
        ("t͡ʃa", "tʃ a"),
        ("ˈoʊpən sˈɛsɐmi", "o ʊ̯ p ə n s ɛ s ɐ m i"),  # no pauses between words
        ("bˈʌʔn̩", "b ʌ ʔ n̩"),
        ("lˈɪçt", "l ɪ ç t̚"),
        ("bɔ̃", "b ɔ̃"),
        ("ˈ ", ""),
    ],
)
def test_ipa_is_split_into_phones(ipa: str, expected: str) -> None:
    assert " ".join(phones(ipa)) == expected


def test_weak_sounds_cost_less() -> None:
    assert {weight(one) for one in ("ə", "h", "ʔ", "ɪ̯", "t̚")} == {WEAK}
    assert {weight(one) for one in ("t", "ɪ", "s", "iː", "☃")} == {STRONG}


def test_a_word_contains_another_one_by_its_whole_sounds() -> None:
    seven, sevenths = sound(phones("sˈɛvən")), sound(phones("sˈɛvənθs"))
    assert seven in sevenths and seven not in sound(phones("sˈɛvɚn"))
    assert sound(phones("ˈeɪt")) in sound(phones("lˈeɪtɚ"))  # whether or not the stop is final
    assert sound(phones("tˈɪ")) not in sound(phones("tʃˈɪp"))


@pytest.mark.parametrize(
    ("near", "far"),
    [
        (("p", "t"), ("p", "s")),  # place, then manner
        (("s", "z"), ("s", "d")),
        (("f", "θ"), ("f", "ʃ")),
        (("m", "n"), ("m", "l")),  # nasals are most alike
        (("ɪ", "iː"), ("ɪ", "ɔ")),
        (("ə", "ɐ"), ("ə", "iː")),
        (("t", "ɾ"), ("t", "l")),
        (("ɛ", "æ"), ("ɛ", "s")),
    ],
)
def test_sounds_made_alike_differ_less(near: tuple[str, str], far: tuple[str, str]) -> None:
    assert 0 < difference(*near) < difference(*far) <= 1


def test_the_difference_is_a_metric() -> None:
    for a, b, c in product(SOUNDS, repeat=3):
        assert (difference(a, b) == 0) == (a == b)
        assert difference(a, b) == difference(b, a) <= 1
        assert difference(a, c) <= difference(a, b) + difference(b, c) + 1e-12
        assert abs(weight(a) - weight(b)) <= difference(a, b) + 1e-12

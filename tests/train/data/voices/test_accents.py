"""Accents are substitutions of phonemes; every one of them can be spoken."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from train.data.sources.synthetic import NEAR_WORDS, OTHER_WORDS
from train.data.voices.accents import ACCENTS, accented
from train.data.voices.kokoro import LETTERS, TOKENS
from train.data.voices.pronunciation import phonemes_of
from train.settings.words import DIGITS

WORDS = (*DIGITS, *OTHER_WORDS, *NEAR_WORDS)
WRITTEN = dict(zip(WORDS, phonemes_of(WORDS), strict=True))
SPELLED = {letter for written, _ in LETTERS for letter in written}
HABITS = st.integers(0, 1 << 16)


@settings(deadline=None)  # the first call imports numpy's generators
@given(st.sampled_from(WORDS), st.sampled_from(sorted(ACCENTS)), HABITS)
def test_kokoro_knows_every_phoneme_of_every_accent(word: str, accent: str, habits: int) -> None:
    assert set(accented(WRITTEN[word], accent, habits)) <= {*TOKENS, *SPELLED}


@settings(deadline=None)  # the first call imports numpy's generators
@given(st.sampled_from(WORDS), st.sampled_from(sorted(ACCENTS)), HABITS)
def test_a_speaker_always_speaks_the_same_way(word: str, accent: str, habits: int) -> None:
    assert accented(WRITTEN[word], accent, habits) == accented(WRITTEN[word], accent, habits)


@pytest.mark.parametrize(
    ("accent", "word", "heard"),
    [
        ("american", "four", "fˈɔːɹ"),
        ("british", "four", "fˈɔː"),
        ("indian", "eight", "ˈeːʈ"),
        ("indian", "three", "tɾˈiː"),
        ("spanish", "zero", "sˈiəɾo"),
        ("german", "five", "fˈaɪf"),
        ("french", "three", "sʁˈiː"),
        ("mandarin", "nine", "nˈaɪŋ"),
        ("nigerian", "one", "wˌɔn"),
    ],
)
def test_some_speakers_say(accent: str, word: str, heard: str) -> None:
    assert heard in {accented(WRITTEN[word], accent, habits) for habits in range(60)}


@pytest.mark.parametrize("accent", sorted(set(ACCENTS) - {"american", "british"}))
def test_speakers_of_an_accent_differ(accent: str) -> None:
    spoken = {tuple(accented(WRITTEN[w], accent, habits) for w in DIGITS) for habits in range(20)}
    assert len(spoken) >= 5

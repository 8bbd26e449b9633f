"""The common words of a language, and how they sound; kept between runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from train.cache import Cache
from train.data.voices import lexicon
from train.data.voices.lexicon import common_words
from train.errors import DataError


@pytest.fixture
def no_wordfreq(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lexicon, "_installed", lambda name: name == "espeakng-loader")


def test_a_language_has_thousands_of_words_and_no_abbreviations(tmp_path: Path) -> None:
    pytest.importorskip("wordfreq")
    words = {word.text: word.ipa for word in common_words("en-us", Cache(tmp_path))}
    assert len(words) > 18_000
    assert words["water"] == "wˈɔːɾɚ" and "don't" in words and "sevens" not in words
    assert not {"b", "bbc", "usa", "tv", "hmm", "mr", "vii", "7", "1990"} & set(words)


def test_they_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_wordfreq: None) -> None:
    first = common_words("en-us", Cache(tmp_path))
    monkeypatch.delattr(lexicon, "phonemes_of")
    assert common_words("en-us", Cache(tmp_path)) == first
    assert common_words("EN-us", Cache(tmp_path)) == first


def test_without_wordfreq_english_has_the_words_that_are_built_in(
    tmp_path: Path, no_wordfreq: None
) -> None:
    words = [word.text for word in common_words("en-gb-x-rp", Cache(tmp_path))]
    assert 150 < len(words) < 300 and {"yes", "arrow", "violin"} < set(words)
    assert len(set(words)) == len(words) and "q" not in words


def test_without_wordfreq_other_languages_name_what_to_install(
    tmp_path: Path, no_wordfreq: None
) -> None:
    with pytest.raises(DataError, match=r"the words of 'de' .* pip install wordfreq .*voices\)$"):
        common_words("de", Cache(tmp_path))


def test_a_language_without_a_list_says_so_in_one_line(tmp_path: Path) -> None:
    pytest.importorskip("wordfreq")
    with pytest.raises(DataError, match=r"the words of 'af' are not listed; set .* to 0") as error:
        common_words("af", Cache(tmp_path))
    assert "\n" not in str(error.value)


def test_espeak_and_wordfreq_name_some_languages_differently(tmp_path: Path) -> None:
    pytest.importorskip("wordfreq")
    assert len(common_words("hr", Cache(tmp_path))) > 10_000

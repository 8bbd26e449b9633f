"""What voices say besides the keywords: by hand for the digits, found for all other words."""

from __future__ import annotations

import pytest

from train.cache import open_cache
from train.data.corpus import list_entries
from train.data.sources.synthetic import BY_HAND, OTHER_WORDS, SENTENCES
from train.data.voices.negatives import are_by_hand, negatives_for
from train.errors import DataError
from train.settings import read_settings
from train.settings.words import DIGITS


def labels(*changes: str) -> set[str]:
    changes = tuple(f"data.{change}" for change in changes)
    entries = list_entries(read_settings("synthetic", ["data.synthetic.speakers=30", *changes]))
    return {entry.label for entry in entries if entry.kind == "unknown"}


def test_the_digits_keep_their_list() -> None:
    assert negatives_for(DIGITS) == negatives_for(DIGITS[::-1]) == BY_HAND
    assert not are_by_hand(DIGITS[:3], "en-us") and not are_by_hand(DIGITS, "de")


def test_other_words_have_near_words_of_their_own() -> None:
    found = negatives_for(["lights", "heating", "stop"])
    assert len(found.near) == 60 and not set(found.near) & {"lights", "heating", "stop"}
    assert "stop" not in found.other and "yes" in found.other
    assert "please turn the heating down a little" not in found.sentences
    assert len(found.sentences) == len(SENTENCES) - 1 and len(found.other) == len(OTHER_WORDS) - 1


def test_near_words_are_looked_for_only_where_they_are_wanted() -> None:
    assert negatives_for(["stop"], near=False).near == ()


def test_other_languages_have_words_and_sentences_of_their_own() -> None:
    pytest.importorskip("wordfreq")
    found = negatives_for(["licht", "heizung"], "de")
    assert "nicht" in found.near and len(found.other) == 40 and len(found.sentences) > 20
    assert not set(found.other) & set(OTHER_WORDS)
    assert all(len(said.split()) == 6 for said in found.sentences)
    assert not [said for said in found.sentences if "licht" in said]


def test_voices_say_the_near_words_of_the_settings() -> None:
    words = "words=lights,heating"
    said = labels(words, "synthetic.near_words=4", "synthetic.other_words=0")
    assert said == set(negatives_for(["lights", "heating"], cache=open_cache()).near)
    assert labels(words, "synthetic.other_words=0") == set()


def test_voices_of_another_language_speak_it() -> None:
    none = ["data.synthetic.other_words=0", "data.synthetic.language=af", "data.words=lig,stop"]
    entries = list_entries(read_settings("synthetic", ["data.synthetic.speakers=12", *none]))
    names = [entry.voice.name for entry in entries if entry.voice]
    assert len(set(names)) == 10 and all(name.startswith("af") for name in names)


def test_a_language_that_is_not_there_is_named_before_anything_is_spoken() -> None:
    with pytest.raises(DataError, match=r"data.synthetic.language: .* have 'xx'; did you mean "):
        labels("synthetic.language=xx")
    with pytest.raises(DataError, match="does not have 'xx'"):
        labels("synthetic.language=xx", "synthetic.other_words=0")

"""Near words become negative examples; homophones and longer words cannot, and are named."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from train.cache import Cache, open_cache
from train.data.voices import lexicon, near
from train.data.voices.near import SAME, Alike, Near, near_words, neighbourhood, without
from train.errors import DataError


def near_to(*words: str, language: str = "en-us", count: int = 0) -> list[Near]:
    pytest.importorskip("wordfreq")
    return near_words(words, language, count)


def alike(*words: str, language: str = "en-us") -> dict[str, Alike]:
    pytest.importorskip("wordfreq")
    return {one.keyword: one for one in neighbourhood(words, language).indistinguishable}


def texts(found: Sequence[Near]) -> set[str]:
    return {one.word for one in found}


def test_near_words_are_the_nearest_ones_in_order() -> None:
    found = near_to("lights", "heating", "stop")
    assert {"nights", "eating", "stock"} < texts(found)
    distances = [one.distance for one in found]
    assert len(found) == 60 and distances == sorted(distances)
    nights = next(one for one in found if one.word == "nights")
    assert nights == Near("nights", "nˈaɪts", "lights", pytest.approx(0.156))
    assert len({one.phonemes.replace("ˈ", "") for one in found}) == len(found)


def test_every_keyword_has_its_share() -> None:
    found = near_to("go", "computer", count=20)
    assert len(found) == 20 and sum(one.like == "computer" for one in found) == 10


@pytest.mark.parametrize(
    ("keyword", "same"),
    [
        ("one", {"won"}), ("two", {"to", "too"}), ("four", {"for", "fore"}), ("eight", {"ate"}),
        ("three", {"free"}),  # the same in London
    ],
)  # fmt: skip
def test_homophones_are_named_and_no_negative_examples(keyword: str, same: set[str]) -> None:
    found = neighbourhood([keyword])
    assert same <= set(alike(keyword)[keyword].same)
    assert not same & texts(found.near)
    assert min(one.distance for one in found.near) > SAME


def test_words_that_contain_a_keyword_are_no_negative_examples() -> None:
    longer = alike("seven")["seven"].longer
    assert {"seventh", "seventeen", "seventy"} < set(longer)
    assert not set(longer) & texts(near_to("seven"))
    assert "late" not in texts(near_to("eight", count=300))


def test_parts_of_a_phrase_are_near_words() -> None:
    assert {"open", "sesame"} < texts(near_to("open_sesame"))
    assert {"turn", "turn on", "on light", "light"} < texts(near_to("turn-on-light"))
    assert "open" not in texts(near_to("open_sesame", "open"))


def test_keywords_that_are_too_much_alike_are_named() -> None:
    found = alike("lights", "nights", "open", "open_sesame", "computer")
    assert found["lights"].keywords == ("nights",) and found["nights"].keywords == ("lights",)
    assert found["open"].keywords == ("open_sesame",)
    assert not found["computer"].keywords
    assert not [one for one in alike("zero", "one", "five", "nine").values() if one.keywords]


def test_the_advice_is_one_line() -> None:
    assert alike("two")["two"].advice.startswith(
        "'to', 'too' and 'tu' sound (almost) like two: a board will take them for two; "
        "choose a longer word; two is part of "
    )
    lone = Alike("nine", same=("nein",), longer=("ninety", "ninth"), keywords=("mine",))
    assert lone.advice == (
        "'nein' sounds (almost) like nine: a board will take it for nine; choose a longer word; "
        "nine is too much like 'mine': replace one; "
        "nine is part of 'ninety' and 'ninth', and may be heard there"
    )


def test_german() -> None:
    found = near_to("licht", "heizung", language="de")
    assert {"nicht", "recht", "heizen"} < texts(found)
    assert "stop" in alike("stopp", language="de")["stopp"].same


def test_the_same_words_give_the_same_result_and_are_looked_for_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lexicon, "is_complete", lambda: False)  # few words are faster
    first = neighbourhood(["stop", "go"], cache=Cache(tmp_path / "first"))
    assert neighbourhood(["stop", "go"], cache=Cache(tmp_path / "second")) == first
    monkeypatch.delattr(near, "common_words")
    monkeypatch.delattr(near, "pronunciations")
    assert neighbourhood(["stop", "go"], cache=Cache(tmp_path / "first")) == first


def test_a_keyword_that_cannot_be_said_is_named() -> None:
    with pytest.raises(DataError, match="'--': has no pronunciation; use letters or digits"):
        neighbourhood(["stop", "--"], cache=open_cache())


def test_texts_in_which_a_keyword_is_heard_are_found() -> None:
    said = ["turn the heating down", "a heated room", "their tooth", "the train was late"]
    assert without(said, ["heating"], "en-us") == said[1:]
    assert without(said, ["eight", "two"], "en-us") == said[:2]

"""What is told about the keywords before a training: near words, and words that are no examples."""

from __future__ import annotations

import json

import pytest

from train.cache import open_cache
from train.data.overview import near_table, near_tree, words_like
from train.data.voices.near import Alike, Near, Neighbourhood
from train.settings import Data, SyntheticSource

NEAR = tuple(Near(f"word{i}", "wed", "bird", i / 100) for i in range(25))
ALIKE = Alike("bird", same=("burred",))


def test_the_table_has_twenty_words_and_the_advice() -> None:
    head, *lines = near_table(Neighbourhood(NEAR, (ALIKE,))).splitlines()
    assert head.split() == ["near", "word", "sounds", "like", "distance"]
    assert lines[3].split() == ["word3", "wed", "bird", "0.03"]
    assert lines[20] == "and 5 more; --json names them all"
    assert lines[-1] == f"  {ALIKE.advice}" and len(lines) <= 24


def test_nothing_is_told_where_there_is_nothing_to_tell() -> None:
    assert near_table(Neighbourhood((), ())) == ""
    assert words_like(Data(synthetic=SyntheticSource(speakers=0)), open_cache()) is None


def test_programs_get_all_of_it() -> None:
    tree = json.loads(json.dumps(near_tree(Neighbourhood(NEAR, (ALIKE,)))))
    assert len(tree["near"]) == 25 and tree["near"][3]["word"] == "word3"
    assert tree["indistinguishable"][0]["advice"] == ALIKE.advice


def test_near_words_are_listed_where_they_are_used() -> None:
    pytest.importorskip("wordfreq")
    used = SyntheticSource(near_words=3)
    digits = words_like(Data(synthetic=used), open_cache())
    assert digits and not digits.near and digits.indistinguishable
    own = words_like(Data(words=("lights", "stop"), synthetic=used), open_cache())
    assert own and own.near
    without = words_like(Data(words=("lights", "stop")), open_cache())
    assert without and not without.near and without.indistinguishable == own.indistinguishable

"""No voice is on both sides of a split, and every label is on both."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from train.data.entry import Entry
from train.data.split import own_folds, speaker_folds, split, split_table
from train.errors import DataError, LeakWarning
from train.settings.words import DIGITS


def people(count: int, clips: int = 2) -> list[Entry]:
    return [
        Entry("test", "digits", digit, f"test-{person}")
        for person in range(count)
        for digit in DIGITS
        for _ in range(clips)
    ]


def homes(entries: list[Entry], splits: list[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for entry, name in zip(entries, splits, strict=True):
        found.setdefault(entry.speaker, set()).add(name)
    return found


def test_eighty_ten_ten_by_speaker_with_every_label_everywhere() -> None:
    entries = people(50)
    splits = split(entries)
    assert Counter(splits) == {"train": 800, "validation": 100, "test": 100}
    assert all(len(places) == 1 for places in homes(entries, splits).values())
    for name in ("train", "validation", "test"):
        labels = {e.label for e, s in zip(entries, splits, strict=True) if s == name}
        assert labels == set(DIGITS)


def test_tenths_for_validation_are_a_setting_by_speaker_and_by_clip() -> None:
    entries = people(50)
    expected = {"train": 700, "validation": 200, "test": 100}
    assert Counter(split(entries, validation=2)) == expected
    with pytest.warns(LeakWarning):
        assert Counter(split(entries, "clip", validation=2)) == expected
    tests = [s == "test" for s in split(entries)]
    assert [s == "test" for s in split(entries, validation=2)] == tests


def test_each_source_gives_its_own_tenth_whatever_it_is_mixed_with() -> None:
    """A source with other labels or other voices must not be on one side as a whole."""
    words = [
        Entry("letters", "unknown", "a", f"letters-{person}")
        for person in range(30)
        for _ in range(4)
    ]
    entries = people(20) + words
    splits = split(entries)
    for source, clips in (("test", 40), ("letters", 12)):
        found = Counter(s for e, s in zip(entries, splits, strict=True) if e.source == source)
        assert found["test"] == found["validation"] == clips
    folds = speaker_folds(entries, 5)
    for source, clips in (("test", 80), ("letters", 24)):
        found = Counter(f for e, f in zip(entries, folds, strict=True) if e.source == source)
        assert found == dict.fromkeys(range(5), clips)


def test_few_speakers_beside_many_are_for_training_and_one_in_five_for_tests() -> None:
    def places(speakers: int) -> Counter[str]:
        few = [Entry("fsdd", "digits", d, f"fsdd-{s}") for s in range(speakers) for d in DIGITS]
        splits = split(people(20) + few)
        return Counter(splits[400:])

    assert places(5) == {"train": 40, "test": 10}
    assert places(2) == {"train": 20}  # a maker's own voice


@settings(max_examples=40, deadline=None)
@given(sizes=st.lists(st.integers(1, 12), min_size=3, max_size=30), seed=st.integers(0, 1000))
def test_no_speaker_is_ever_in_two_splits(sizes: list[int], seed: int) -> None:
    entries = [
        Entry("test", "digits", DIGITS[clip % 10], f"test-{person}")
        for person, size in enumerate(sizes)
        for clip in range(size)
    ]
    splits = split(entries, seed=seed)
    assert all(len(places) == 1 for places in homes(entries, splits).values())
    assert splits == split(entries, seed=seed)
    folds = speaker_folds(entries, 5, seed)
    assert all(len(f) == 1 for f in homes(entries, [str(f) for f in folds]).values())


def test_by_clip_leaks_and_says_so() -> None:
    entries = people(5, clips=20)
    with pytest.warns(LeakWarning, match="same voice"):
        splits = split(entries, "clip")
    assert max(len(places) for places in homes(entries, splits).values()) == 3


def test_lists_of_the_source() -> None:
    lists = ["train", "test", "validation", "train"]
    entries = [Entry("gsc", "digits", "one", f"s{i}", fold=f) for i, f in enumerate(lists)]
    assert split(entries, "source") == lists
    with pytest.raises(DataError, match="validation is empty"):
        split(entries[:2], "source")
    with pytest.raises(DataError, match="no lists of its own"):
        split(people(5), "source")


def test_a_speaker_in_two_lists_is_an_error() -> None:
    entries = [Entry("fsdd", "digits", "one", "theo", fold=fold) for fold in ("train", "test")]
    with pytest.raises(DataError, match="speaker theo is in train and in test"):
        split(entries, "source")


def test_too_few_speakers_are_refused() -> None:
    with pytest.raises(DataError, match=r"1 speaker\(s\) cannot fill"):
        split(people(1))
    with pytest.raises(DataError, match="'speakers' is not one of"):
        split(people(5), "speakers")


def test_table_counts_clips_and_speakers() -> None:
    entries = people(10)
    lines = split_table(entries, split(entries)).splitlines()
    assert lines[0].split() == ["source", "train", "validation", "test"]
    assert lines[1].split("test")[1].split() == [
        "160",
        "of",
        "8",
        "speakers",
        "20",
        "of",
        "1",
        "speakers",
        "20",
        "of",
        "1",
        "speakers",
    ]


def test_held_out_speakers_and_sources_are_the_test_and_small_sources_stay_in_training() -> None:
    crowd = people(20)
    few = [Entry("fsdd", "digits", d, f"fsdd-{s}") for s in ("theo", "lucas") for d in DIGITS]
    for what in ("fsdd-theo", "fsdd"):
        splits = split(crowd + few, held_out=what)
        for entry, name in zip(crowd + few, splits, strict=True):
            assert (name == "test") == (what in (entry.speaker, entry.source))
    splits = split(crowd + few, held_out="fsdd-theo")
    assert {s for e, s in zip(crowd + few, splits, strict=True) if e.speaker == "fsdd-lucas"} == {
        "train"
    }
    assert splits.count("validation") == 40


def test_folds_that_a_source_came_with_are_held_out_whole() -> None:
    entries = [
        Entry("esc50", "digits", label, f"esc50-{number}", fold=f"fold-{number % 5 + 1}")
        for number in range(60)
        for label in ("dog", "rain")
    ]
    assert own_folds(entries) == [f"fold-{number}" for number in range(1, 6)]
    splits = split(entries, held_out="fold-2")
    for entry, name in zip(entries, splits, strict=True):
        assert (name == "test") == (entry.fold == "fold-2")
    with pytest.raises(DataError, match="a fold such as fold-1, fold-2"):
        split(entries, held_out="fold-6")
    assert own_folds(people(3)) == []


def test_folds_test_every_clip_once() -> None:
    entries = people(10)
    tested = [split(entries, held_out=f"{fold}/5") for fold in range(1, 6)]
    assert all([s[i] for s in tested].count("test") == 1 for i in range(len(entries)))
    for wrong in ("6/5", "nobody"):
        with pytest.raises(DataError, match=r"data\.held_out"):
            split(entries, held_out=wrong)

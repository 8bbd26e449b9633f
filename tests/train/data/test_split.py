"""No voice is on both sides of a split, and every label is on both."""

import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from train.data.entry import Entry
from train.data.sources import synthetic
from train.data.split import How, own_folds, speaker_folds, split, split_table
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
    entries = people(1000, clips=1)
    splits = split(entries)
    shares = {name: count / len(entries) for name, count in Counter(splits).items()}
    assert shares == pytest.approx({"train": 0.8, "validation": 0.1, "test": 0.1}, abs=0.03)
    assert all(len(places) == 1 for places in homes(entries, splits).values())
    for name in ("train", "validation", "test"):
        labels = {e.label for e, s in zip(entries, splits, strict=True) if s == name}
        assert labels == set(DIGITS)


def test_tenths_for_validation_are_a_setting_by_speaker_and_by_clip() -> None:
    entries = people(50)
    with pytest.warns(LeakWarning):
        by_clip = split(entries, How(method="clip", validation=2))
    assert Counter(by_clip) == {"train": 700, "validation": 200, "test": 100}
    for one, two in zip(split(entries), split(entries, How(validation=2)), strict=True):
        assert one == two or (one, two) == ("train", "validation")
    assert split(entries).count("validation") < split(entries, How(validation=2)).count(
        "validation"
    )


CORPORA = st.dictionaries(
    st.sampled_from(["fsdd", "mine", "crowd", "theirs"]),
    st.sets(st.integers(0, 60), min_size=1, max_size=25),
    min_size=1,
)


def corpus(speakers: dict[str, set[int]]) -> list[Entry]:
    return [
        Entry(source, "digits", digit, f"{source}-{person}")
        for source, persons in speakers.items()
        for person in persons
        for digit in DIGITS[: 1 + person % 10]
    ]


def sides(entries: list[Entry], how: How) -> dict[str, set[str]] | str:
    """By speaker; or what the error says."""
    try:
        return homes(entries, split(entries, how))
    except DataError as error:
        return str(error)


@settings(max_examples=200, deadline=None)
@given(
    speakers=CORPORA,
    source=st.sampled_from(["fsdd", "mine", "new"]),
    seed=st.integers(0, 50),
    validation=st.integers(1, 8),
)
def test_somebody_who_comes_moves_nobody(
    speakers: dict[str, set[int]], source: str, seed: int, validation: int
) -> None:
    how = How(seed=seed, validation=validation)
    newcomer = Entry(source, "digits", "one", f"{source}-newcomer")
    before, after = (sides(e, how) for e in (corpus(speakers), [newcomer, *corpus(speakers)]))
    if isinstance(before, str):
        assert "seed=" in before or "cannot fill" in before or "more speakers" in before
    else:
        assert isinstance(after, dict)
        assert {speaker: after[speaker] for speaker in before} == before
        assert all(len(places) == 1 for places in after.values())


@settings(max_examples=60, deadline=None)
@given(speakers=CORPORA, seed=st.integers(0, 50))
def test_who_has_too_few_speakers_by_chance_is_told_the_smallest_seed_that_fills_all_sides(
    speakers: dict[str, set[int]], seed: int
) -> None:
    said = sides(corpus(speakers), How(seed=seed))
    if isinstance(said, str) and (found := re.search(r"--set seed=(\d+)", said)):
        assert "\n" not in said and "happens to be empty" in said
        seeds = [s for s in range(int(found[1]) + 1) if s != seed]
        works = [isinstance(sides(corpus(speakers), How(seed=s)), dict) for s in seeds]
        assert works == [False] * (len(works) - 1) + [True]


def test_the_seed_that_is_told_is_right_for_synthesized_voices_whose_names_have_it_in_them() -> (
    None
):
    seed = next(
        s for s in range(100) if isinstance(sides(synthetic.entries(6, s), How(seed=s)), str)
    )
    said = sides(synthetic.entries(6, seed), How(seed=seed))
    assert isinstance(said, str)
    [told] = re.findall(r"--set seed=(\d+)", said)
    other = int(told)
    assert isinstance(sides(synthetic.entries(6, other), How(seed=other)), dict)


def test_a_makers_own_voice_is_never_tested_on() -> None:
    crowd = people(40)
    mine = [Entry("mine", "digits", "one", f"mine-{n}") for n in range(80)]
    usual = split(crowd + mine)
    assert set(usual[len(crowd) :]) == {"train", "validation", "test"}
    splits = split(crowd + mine, How(always_train=("mine",)))
    assert set(splits[len(crowd) :]) == {"train"}
    assert splits[: len(crowd)] == usual[: len(crowd)]
    tested = mine[usual[len(crowd) :].index("test")].speaker
    splits = split(crowd + mine, How(always_train=(tested,)))
    assert homes(crowd + mine, splits)[tested] == {"train"}
    for fold in range(1, 4):
        how = How(seed=2, held_out=f"{fold}/3", always_train=("mine",))
        assert set(split(crowd + mine, how)[len(crowd) :]) == {"train"}


def test_a_voice_that_is_always_for_training_must_be_there_and_not_be_held_out() -> None:
    with pytest.raises(DataError, match="no clip is of nobody; expected a speaker such as test-0"):
        split(people(20), How(always_train=("nobody",)))
    with pytest.raises(DataError, match="test-3 is also held out for tests"):
        split(people(20), How(always_train=("test-3",), held_out="test-3"))


def test_a_name_under_two_sources_is_refused() -> None:
    """It would have two hashes, so one voice might be on two sides."""
    twice = [*people(20), Entry("other", "digits", "one", "test-3")]
    with pytest.raises(DataError, match="test-3 is a speaker of test and of other"):
        split(twice)


def test_folds_have_as_many_speakers_of_each_source() -> None:
    words = [
        Entry("letters", "unknown", "a", f"letters-{person}")
        for person in range(30)
        for _ in range(4)
    ]
    entries = people(20) + words
    folds = speaker_folds(entries, 5)
    for source, clips in (("test", 80), ("letters", 24)):
        found = Counter(f for e, f in zip(entries, folds, strict=True) if e.source == source)
        assert found == dict.fromkeys(range(5), clips)


@settings(max_examples=40, deadline=None)
@given(sizes=st.lists(st.integers(1, 12), min_size=3, max_size=30), seed=st.integers(0, 1000))
def test_no_speaker_is_ever_in_two_folds(sizes: list[int], seed: int) -> None:
    entries = [
        Entry("test", "digits", DIGITS[clip % 10], f"test-{person}")
        for person, size in enumerate(sizes)
        for clip in range(size)
    ]
    folds = speaker_folds(entries, 5, seed)
    assert all(len(f) == 1 for f in homes(entries, [str(f) for f in folds]).values())


def test_by_clip_leaks_and_says_so() -> None:
    entries = people(5, clips=20)
    with pytest.warns(LeakWarning, match="same voice"):
        splits = split(entries, How(method="clip"))
    assert max(len(places) for places in homes(entries, splits).values()) == 3


def test_lists_of_the_source() -> None:
    lists = ["train", "test", "validation", "train"]
    entries = [Entry("gsc", "digits", "one", f"s{i}", fold=f) for i, f in enumerate(lists)]
    assert split(entries, How(method="source")) == lists
    with pytest.raises(DataError, match="validation is empty"):
        split(entries[:2], How(method="source"))
    with pytest.raises(DataError, match="does not define"):
        split(people(5), How(method="source"))


def test_a_speaker_in_two_lists_is_an_error() -> None:
    entries = [Entry("fsdd", "digits", "one", "theo", fold=fold) for fold in ("train", "test")]
    with pytest.raises(DataError, match="speaker theo is in train and in test"):
        split(entries, How(method="source"))


def test_too_few_speakers_are_refused() -> None:
    with pytest.raises(DataError, match=r"1 speaker\(s\) cannot fill"):
        split(people(1))
    with pytest.raises(DataError, match="'speakers' is not one of"):
        split(people(5), How(method="speakers"))


def test_table_counts_clips_and_speakers() -> None:
    entries = people(10)
    lists = ["train"] * 160 + ["validation"] * 20 + ["test"] * 20
    header, line = split_table(entries, lists).splitlines()
    assert header.split() == ["source", "train", "validation", "test"]
    assert line.split(maxsplit=1) == ["test", line.split(maxsplit=1)[1]]
    assert re.findall(r"(\d+) by (\d+) speakers?", line) == [("160", "8"), ("20", "1"), ("20", "1")]


def test_held_out_speakers_and_sources_are_the_test_and_nobody_else_moves_into_it() -> None:
    crowd = people(40)
    few = [Entry("fsdd", "digits", d, f"fsdd-{s}") for s in ("theo", "lucas") for d in DIGITS]
    usual = split(crowd + few)
    for what in ("fsdd-theo", "fsdd"):
        splits = split(crowd + few, How(held_out=what))
        for entry, name, before in zip(crowd + few, splits, usual, strict=True):
            assert (name == "test") == (what in (entry.speaker, entry.source))
            if name != "test":
                assert name == ("train" if before == "test" else before)


def test_folds_that_a_source_came_with_are_held_out_whole() -> None:
    entries = [
        Entry("esc50", "digits", label, f"esc50-{number}", fold=f"fold-{number % 5 + 1}")
        for number in range(60)
        for label in ("dog", "rain")
    ]
    assert own_folds(entries) == [f"fold-{number}" for number in range(1, 6)]
    splits = split(entries, How(held_out="fold-2"))
    for entry, name in zip(entries, splits, strict=True):
        assert (name == "test") == (entry.fold == "fold-2")
    with pytest.raises(DataError, match="a fold such as fold-1, fold-2"):
        split(entries, How(held_out="fold-6"))
    assert own_folds(people(3)) == []


def test_folds_test_every_clip_once() -> None:
    entries = people(40)
    tested = [split(entries, How(seed=2, held_out=f"{fold}/5")) for fold in range(1, 6)]
    assert all([s[i] for s in tested].count("test") == 1 for i in range(len(entries)))
    for wrong in ("6/5", "nobody"):
        with pytest.raises(DataError, match=r"data\.held_out"):
            split(entries, How(held_out=wrong))

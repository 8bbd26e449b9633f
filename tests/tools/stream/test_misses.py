"""Misses at a fixed number of false accepts per hour: which threshold, and how sure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.stream.intervals import fewer_than
from tools.stream.judging import FALSE, HIT, MISSED, WRONG, Event
from tools.stream.misses import Tally, by_sound, by_words, groups_of, missed, tally


def counted(hits: Sequence[Sequence[int]], false: Sequence[Sequence[int]], words: int = 10,
            hours: float = 1.0, kind: str = "radio") -> Tally:  # fmt: skip
    """A row for each threshold, a column for each file."""
    files = len(hits[0])
    return Tally(np.arange(files), (kind,) * files, np.full(files, hours), np.full(files, words),
                 np.array(hits), np.array(false))  # fmt: skip


def test_the_threshold_is_the_lowest_that_like_all_above_it_has_few_false_accepts() -> None:
    """In two hours: 9, 1, 4, 2, 0 false accepts."""
    one = counted(
        [[10, 9], [9, 8], [8, 7], [7, 6], [1, 0]], [[9, 0], [1, 0], [2, 2], [0, 2], [0, 0]]
    )
    at_one = missed(one, one, 1.0)
    assert (at_one.threshold, at_one.false) == (3, 2)
    assert at_one.share == pytest.approx(1 - 13 / 20)
    assert missed(one, one, 0.5).threshold == 4
    assert missed(one, one, 2.0).threshold == 1
    assert missed(one, one, 10.0).share == pytest.approx(1 / 20)


def test_if_every_threshold_has_too_many_everything_is_missed() -> None:
    one = counted([[10], [10]], [[9], [9]])
    found = missed(one, one, 1.0)
    assert (found.threshold, found.share, found.low, found.high) == (None, 1.0, 1.0, 1.0)


def test_files_that_are_alike_leave_no_doubt_and_files_that_differ_do() -> None:
    alike = counted([[8, 8, 8, 8]], [[0, 0, 0, 0]])
    found = missed(alike, alike, 1.0)
    assert found.low == found.share == found.high == pytest.approx(0.2)
    mixed = counted([[10, 10, 6, 6]], [[0, 0, 0, 0]])
    found = missed(mixed, mixed, 1.0)
    assert found.share == pytest.approx(0.2)
    assert found.low == 0.0 and found.high == pytest.approx(0.4)


def test_false_accepts_in_one_file_make_the_threshold_doubtful() -> None:
    """Without the only file that has any, the lower threshold would do."""
    sound = counted([[0] * 5] * 2, [[9, 0, 0, 0, 0], [0] * 5], words=0)
    spoken = counted([[10] * 5, [2] * 5], [[0] * 5] * 2, hours=0.0, kind="words").after(sound)
    found = missed(sound, spoken, 1.0)
    assert (found.share, found.low, found.high) == (pytest.approx(0.8), 0.0, pytest.approx(0.8))


@given(st.lists(st.lists(st.integers(0, 10), min_size=3, max_size=3), min_size=2, max_size=6))
def test_fewer_false_accepts_are_never_free(false: list[list[int]]) -> None:
    """With hits that fall towards strict thresholds, as they do."""
    hits = [[10 - i] * 3 for i in range(len(false))]
    one = counted(hits, false)
    shares = [missed(one, one, rate).share for rate in (0.1, 0.5, 1.0, 3.0)]
    assert shares == sorted(shares, reverse=True)
    for rate in (0.1, 3.0):
        found = missed(one, one, rate)
        assert 0.0 <= found.low <= found.high <= 1.0


def event(kind: str, outcome: str) -> Event:
    return Event("a", kind, outcome, 1.0)


def test_a_part_is_the_sound_of_one_kind_in_one_file() -> None:
    hours = [{"radio": 0.5, "talk": 0.25}, {"radio": 1.0}]
    low = [
        [event("radio", FALSE), event("talk", HIT)],
        [event("radio", HIT), event("radio", FALSE)],
    ]
    high = [[event("talk", MISSED)], [event("radio", WRONG)]]
    found = tally(hours, [low, high])
    assert list(zip(found.files, found.kinds, found.hours, found.words, strict=True)) == [
        (0, "radio", 0.5, 0), (0, "talk", 0.25, 1), (1, "radio", 1.0, 1)
    ]  # fmt: skip
    assert found.hits.tolist() == [[0, 1, 1], [0, 0, 0]]
    assert found.false.tolist() == [[1, 0, 1], [0, 0, 0]]
    assert list(groups_of(found)) == ["radio", "talk"]


def test_hours_without_a_false_accept_prove_little() -> None:
    assert fewer_than(0.5) == pytest.approx(7.4, abs=0.03)
    assert fewer_than(37.0) == pytest.approx(0.1, abs=0.001)


def test_the_tables_say_the_hours_and_the_intervals() -> None:
    sound = counted([[0, 0]] * 2, [[4, 4], [0, 0]], words=0, hours=0.25)
    spoken = counted([[10, 10], [8, 8]], [[0, 0]] * 2, hours=0.0, kind="words, 10 dB").after(sound)
    rows = [[c.strip() for c in line.strip("|").split("|")]
            for line in by_sound(sound, spoken).splitlines()]  # fmt: skip
    assert rows[0][3:] == [f"missed at {rate} per hour" for rate in ("0.1", "0.5", "1", "3")]
    assert rows[2][:4] == ["radio", "0.50", "fewer than 7.4 per hour", "20.0 % (20.0 to 20.0)"]
    assert rows[3][0] == "all"
    table = by_words(sound, groups_of(spoken))
    assert "| words, 10 dB | 20 " in table and table.count("20.0 % (20.0 to 20.0)") == 4


def test_levels_of_noise_are_in_order_of_number() -> None:
    kinds = ("in noise, 20 dB", "in noise, 5 dB", "in noise, 10 dB")
    one = Tally(np.arange(3), kinds, np.zeros(3), np.ones(3, int), np.ones((1, 3), int),
                np.zeros((1, 3), int))  # fmt: skip
    assert list(groups_of(one)) == ["in noise, 5 dB", "in noise, 10 dB", "in noise, 20 dB"]

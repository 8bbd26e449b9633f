"""What the detector reports for scores of successive windows, 200 ms apart."""

import ctypes
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.firmware.library import load, memory, strings

NAMES = ("one", "two", "unknown", "silence")
STEP = 200  # ms
ZERO = -128  # the int8 that means a score of 0

Detected = list[tuple[int, str, int]]  # ms, word, mean score of 256
Listen = Callable[..., Detected]


class Detection(ctypes.Structure):
    _fields_ = [("label", ctypes.c_int32), ("score", ctypes.c_int32)]


class Settings(ctypes.Structure):
    """The first fields of kws_detector."""

    _fields_ = [("labels", ctypes.c_int32), ("smoothed", ctypes.c_int32),
                ("refractory_ms", ctypes.c_uint32), ("bonus", ctypes.c_int32),
                ("unknown", ctypes.c_int32), ("silence", ctypes.c_int32),
                ("isolated_ms", ctypes.c_uint32)]  # fmt: skip


@pytest.fixture(scope="module", params=["gcc", "clang"])
def library(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> ctypes.CDLL:
    folder: Path = tmp_path_factory.mktemp("detector")
    return load(folder, "detector/kws_detector.c", compiler=request.param)


@pytest.fixture(scope="module")
def listen(library: ctypes.CDLL) -> Listen:
    def run(
        windows: list[dict[str, int]],
        smoothed: int = 2,
        threshold: int = 150,
        refractory: int = 600,
        thresholds: dict[str, int] | None = None,
        start: int = 0,
        bonus: int = 1,
        isolated: int = 0,
    ) -> Detected:
        detector, names = memory(), strings(NAMES)
        library.kws_detector_start(detector, names, len(NAMES), smoothed, threshold, refractory)
        assert Settings.from_buffer(detector).bonus == 1
        Settings.from_buffer(detector).bonus = bonus
        Settings.from_buffer(detector).isolated_ms = isolated
        for word, value in (thresholds or {}).items():
            library.kws_detector_threshold(detector, NAMES.index(word), value)
        return list(pushed(library, detector, windows, start))

    return run


def pushed(
    library: ctypes.CDLL,
    detector: ctypes.Array[ctypes.c_char],
    windows: list[dict[str, int]],
    start: int = 0,
) -> Iterator[tuple[int, str, int]]:
    found = Detection()
    for index, window in enumerate(windows):
        time = (start + STEP * index) & 0xFFFFFFFF
        scores = (ctypes.c_int8 * len(NAMES))(*(window.get(name, 0) + ZERO for name in NAMES))
        if library.kws_detector_push(detector, scores, ZERO, ctypes.c_uint32(time),
                                     ctypes.byref(found)):  # fmt: skip
            yield time, NAMES[found.label], found.score


def word(name: str, windows: int, score: int = 240) -> list[dict[str, int]]:
    return [{name: score}] * windows


QUIET: list[dict[str, int]] = [{}]


def test_a_word_is_reported_once_when_its_mean_reaches_the_threshold(listen: Listen) -> None:
    assert listen([*QUIET, *word("one", 5), *QUIET * 5]) == [(400, "one", 240)]


def test_a_single_window_is_not_enough(listen: Listen) -> None:
    assert listen([*QUIET, *word("one", 1), *QUIET * 3]) == []
    assert listen([*QUIET, *word("one", 1), *QUIET * 3], smoothed=1) == [(200, "one", 240)]


def test_before_the_first_windows_nothing_is_assumed(listen: Listen) -> None:
    """The mean of one window out of four is a quarter of its score."""
    assert listen(word("one", 4), smoothed=4, threshold=240) == [(600, "one", 240)]


def test_the_mean_must_reach_the_threshold(listen: Listen) -> None:
    assert listen(word("one", 5, 149)) == []
    assert listen(word("one", 5, 150)) == [(200, "one", 150)]


def test_unknown_and_silence_are_never_reported(listen: Listen) -> None:
    assert listen(word("unknown", 5) + word("silence", 5)) == []


def test_the_same_word_twice_needs_a_pause(listen: Listen) -> None:
    assert listen(word("one", 10)) == [(200, "one", 240)]
    again = listen([*word("one", 3), *QUIET * 3, *word("one", 3)])
    assert [(time, name) for time, name, _ in again] == [(200, "one"), (1400, "one")]


def test_another_word_waits_for_the_refractory_time(listen: Listen) -> None:
    spoken = [*word("one", 2), *word("two", 6)]
    assert [time for time, *_ in listen(spoken, refractory=200)] == [200, 600]
    assert [time for time, *_ in listen(spoken, refractory=800)] == [200, 1000]


def test_time_may_wrap(listen: Listen) -> None:
    spoken = [*word("one", 3), *QUIET * 3, *word("two", 3)]
    late = listen(spoken, start=2**32 - 500)
    assert [name for _, name, _ in late] == ["one", "two"]


def test_each_label_has_its_threshold(listen: Listen) -> None:
    spoken = [*word("one", 3, 200), *QUIET * 3, *word("two", 3, 200)]
    found = listen(spoken, thresholds={"one": 220})
    assert [name for _, name, _ in found] == ["two"]


@given(
    one=st.integers(0, 255),
    unknown=st.integers(0, 255),
    silence=st.integers(0, 255),
    bonus=st.integers(1, 20),
)
@settings(max_examples=200, deadline=None)
def test_the_bonus_of_words_is_taken_back(
    listen: Listen, one: int, unknown: int, silence: int, bonus: int
) -> None:
    """What the model says against a word counts `bonus` times."""
    unknown = min(unknown, 255 - one)
    silence = min(silence, 255 - one - unknown)
    window = {"one": one, "unknown": unknown, "silence": silence}
    expected = one * 256 // (256 + (bonus - 1) * (unknown + silence))
    found = listen([window], smoothed=1, threshold=1, bonus=bonus)
    assert found == ([(0, "one", expected)] if expected else [])


def test_a_threshold_is_for_words_that_exist(library: ctypes.CDLL) -> None:
    detector = memory()
    library.kws_detector_start(detector, strings(NAMES), len(NAMES), 2, 150, 600)
    results = [bool(library.kws_detector_threshold(detector, label, 99) & 1)
               for label in (-1, 0, 1, 2, 3, 4)]  # fmt: skip
    assert results == [False, True, True, False, False, False]
    for threshold, possible in ((0, False), (1, True), (254, True), (255, False)):
        assert bool(library.kws_detector_threshold(detector, 0, threshold) & 1) is possible


def test_what_was_heard_can_be_forgotten(library: ctypes.CDLL) -> None:
    detector = memory()
    library.kws_detector_start(detector, strings(NAMES), len(NAMES), 2, 150, 600)
    assert len(list(pushed(library, detector, word("one", 3)))) == 1
    library.kws_detector_forget(detector)
    assert len(list(pushed(library, detector, word("one", 1)))) == 0
    assert len(list(pushed(library, detector, word("one", 1), start=200))) == 1


@settings(deadline=None)
@given(
    windows=st.lists(st.tuples(*[st.integers(0, 255)] * 4), min_size=1, max_size=60),
    smoothed=st.integers(1, 8),
    threshold=st.integers(1, 254),
    refractory=st.integers(0, 2000),
)
def test_every_report_is_earned(
    listen: Listen,
    windows: list[tuple[int, ...]],
    smoothed: int,
    threshold: int,
    refractory: int,
) -> None:
    """Whatever the scores: a word, the best mean, above its threshold, never too early."""
    given_scores: list[dict[str, int]] = [dict(zip(NAMES, w, strict=True)) for w in windows]
    found = listen(given_scores, smoothed, threshold, refractory)
    for time, name, score in found:
        last = windows[max(0, time // STEP - smoothed + 1) : time // STEP + 1]
        means = {n: sum(w[i] for w in last) // smoothed for i, n in enumerate(NAMES[:2])}
        assert score == means[name] == max(means.values())
        assert score >= threshold
    times = [time for time, *_ in found]
    assert all(b - a >= refractory for a, b in itertools.pairwise(times))


def isolated(
    listen: Listen, *windows: dict[str, int], after: int = 1500, bonus: int = 1
) -> list[tuple[int, str]]:
    return [(time, name) for time, name, _ in listen([*windows], isolated=after, bonus=bonus)]


def test_an_isolated_word_is_reported_as_soon_as_any_other(listen: Listen) -> None:
    said = [*QUIET * 3, *word("one", 5), *QUIET * 5]
    assert listen(said, isolated=1500) == listen(said) == [(800, "one", 240)]


def test_words_in_a_sentence_are_not_isolated(listen: Listen) -> None:
    said = [*word("unknown", 8), *word("one", 3), *word("unknown", 8)]
    assert isolated(listen, *said) == []
    assert [name for _, name, _ in listen(said)] == ["one"]


def test_after_a_sentence_words_are_isolated_again_when_the_time_is_over(listen: Listen) -> None:
    """The last mean that is high enough is that of 800 and 1000 ms."""
    sentence = word("unknown", 6)
    for pause, expected in ((5, []), (6, [(2600, "one")])):
        assert isolated(listen, *sentence, *QUIET * pause, *word("one", 2)) == expected
    late = isolated(listen, *sentence, *QUIET * 3, *word("one", 6))
    assert late == [(2600, "one")]  # a mean that stays high waits for it


def test_other_words_must_be_likely_to_count(listen: Listen) -> None:
    """Three quarters: in a window that holds two words, the model is unsure of both."""
    for score, expected in ((191, ["one"]), (192, [])):
        found = isolated(listen, *word("unknown", 3, score), *word("one", 3))
        assert [name for _, name in found] == expected


def test_keywords_and_silence_are_no_other_words(listen: Listen) -> None:
    row = [*word("one", 4), *word("silence", 2), *word("two", 4)]
    assert [name for _, name in isolated(listen, *row)] == ["one", "two"]


def test_other_words_count_without_the_bonus_of_words(listen: Listen) -> None:
    """With a bonus of 5, a score of 128 for `unknown` stands for 213."""
    found = {bonus: isolated(listen, *[{"unknown": 128, "one": 128}] * 3, *word("one", 3),
                             bonus=bonus) for bonus in (1, 5)}  # fmt: skip
    assert [name for _, name in found[1]] == ["one"] and found[5] == []


def test_a_model_without_the_label_unknown_has_no_other_words(library: ctypes.CDLL) -> None:
    detector = memory()
    library.kws_detector_start(detector, strings(NAMES[:2]), 2, 2, 150, 600)
    Settings.from_buffer(detector).isolated_ms = 1500
    assert len(list(pushed(library, detector, word("one", 3)))) == 1


def test_other_words_can_be_forgotten(library: ctypes.CDLL) -> None:
    detector = memory()
    library.kws_detector_start(detector, strings(NAMES), len(NAMES), 2, 150, 600)
    Settings.from_buffer(detector).isolated_ms = 1500
    assert list(pushed(library, detector, [*word("unknown", 4), *word("one", 2)])) == []
    library.kws_detector_forget(detector)
    assert len(list(pushed(library, detector, word("one", 2), start=1200))) == 1


@settings(deadline=None)
@given(
    windows=st.lists(st.tuples(*[st.integers(0, 255)] * 4), min_size=1, max_size=60),
    after=st.integers(1, 3000),
)
def test_no_isolated_word_follows_other_words(
    listen: Listen, windows: list[tuple[int, ...]], after: int
) -> None:
    scores: list[dict[str, int]] = [dict(zip(NAMES, w, strict=True)) for w in windows]
    sums = [w[2] + (windows[i - 1][2] if i else 0) for i, w in enumerate(windows)]
    others = [STEP * i for i, both in enumerate(sums) if both // 2 >= 192]
    for time, _ in isolated(listen, *scores, after=after):
        assert not any(0 <= time - other < after for other in others)

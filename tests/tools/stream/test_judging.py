"""Which detections count as what, and what other thresholds would have given."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.firmware.library import LIB
from tools.stream.curve import Point, curve, recommended
from tools.stream.judging import (
    EXTRA,
    FALSE,
    HIT,
    MISSED,
    MLPERF,
    REST,
    WRONG,
    Detection,
    Event,
    count,
    heard,
    hours_outside,
    judge,
    match,
    track,
)
from tools.stream.listener import Bundle, Decisions, Detector, decision_type, read_bundle
from train.data.long.labels import Label, read_track, track_of, write_track
from train.errors import DataError

ONE_WINDOW = Detector(smoothed=1, threshold=128, refractory_ms=200, decision_ms=200)


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return replace(read_bundle(LIB / "model"), detector=ONE_WINDOW)


def decisions(bundle: Bundle, seconds: float, *spoken: tuple[float, str, int]) -> Decisions:
    """Every 200 ms; a word has its score, of 256, in the window at its time and in no other."""
    made = np.zeros(int(5 * seconds), decision_type(len(bundle.labels)))
    made["time_ms"] = 1000 + 200 * np.arange(len(made))
    made["scores"] = bundle.zero
    for time, name, score in spoken:
        index = round((time - 1.0) / 0.2)
        made["scores"][index, bundle.labels.index(name)] = score + bundle.zero
    return made


def events(
    bundle: Bundle,
    labels: list[Label],
    *spoken: tuple[float, str, int],
    detector: Detector = ONE_WINDOW,
) -> list[Event]:
    known = heard("a", decisions(bundle, 20, *spoken), labels, bundle)
    return judge(bundle, known, detector)


def outcomes(found: list[Event]) -> list[tuple[str, str, str]]:
    return [(one.outcome, one.word, one.detected) for one in found]


SIX = [Label(4.0, 4.5, "six")]


def test_a_word_is_hit_from_its_start_until_a_second_after_its_end(bundle: Bundle) -> None:
    for time, outcome in ((3.8, FALSE), (4.0, HIT), (5.4, HIT), (5.6, FALSE)):
        found = events(bundle, SIX, (time, "six", 250))
        assert (outcome, "six" if outcome == HIT else "", "six") in outcomes(found)
        assert (outcome == HIT) != ((MISSED, "six", "") in outcomes(found))


def test_latency_is_from_the_end_of_the_word(bundle: Bundle) -> None:
    [hit] = events(bundle, SIX, (4.8, "six", 200))
    assert hit.latency == pytest.approx(0.3)
    assert hit.score == 200 / 256
    [early] = events(bundle, SIX, (4.2, "six", 200))
    assert early.latency == pytest.approx(-0.3)


def test_another_word_in_its_time_is_wrong(bundle: Bundle) -> None:
    assert outcomes(events(bundle, SIX, (4.6, "eight", 250))) == [(WRONG, "six", "eight")]


def test_a_word_counts_once_and_what_is_over_is_extra(bundle: Bundle) -> None:
    found = events(bundle, SIX, (4.2, "eight", 250), (4.6, "six", 250), (5.0, "two", 250))
    assert outcomes(found) == [(EXTRA, "", "eight"), (HIT, "six", "six"), (EXTRA, "", "two")]
    found = events(bundle, SIX, (4.2, "eight", 250), (4.8, "two", 250))
    assert outcomes(found) == [(WRONG, "six", "eight"), (EXTRA, "", "two")]


def test_words_close_together_keep_their_own_detections(bundle: Bundle) -> None:
    """The time of the first lasts into the second."""
    labels = [Label(4.0, 4.4, "one"), Label(4.8, 5.2, "two")]
    both = events(bundle, labels, (4.6, "one", 250), (5.2, "two", 250))
    assert [one.outcome for one in both] == [HIT, HIT]
    second = events(bundle, labels, (5.2, "two", 250))
    assert outcomes(second) == [(MISSED, "one", ""), (HIT, "two", "two")]
    mistaken = events(bundle, labels, (4.6, "one", 250), (5.2, "nine", 250))
    assert outcomes(mistaken) == [(HIT, "one", "one"), (WRONG, "two", "nine")]


def test_labels_that_are_no_words_name_kinds_of_sound(bundle: Bundle) -> None:
    labels = [*SIX, Label(0.0, 6.0, "radio"), Label(8.0, 10.0, "unknown")]
    found = events(bundle, labels, (4.6, "six", 250), (5.8, "two", 250), (9.0, "two", 250),
                   (11.0, "two", 250))  # fmt: skip
    assert [(one.outcome, one.kind) for one in found] == [
        (HIT, "radio"), (FALSE, "radio"), (FALSE, "unknown"), (FALSE, REST)
    ]  # fmt: skip


def test_a_false_accept_names_the_label_that_caused_it(bundle: Bundle) -> None:
    labels = [Label(0.0, 20.0, "talk"), Label(4.0, 4.5, "forty"), Label(5.0, 5.5, "hello")]
    found = events(bundle, labels, (4.8, "four", 250), (6.2, "one", 250), (9.0, "two", 250))
    assert [(one.kind, one.word, one.detected) for one in found] == [
        ("talk", "forty", "four"), ("talk", "hello", "one"), ("talk", "talk", "two")
    ]  # fmt: skip
    known = heard("a", decisions(bundle, 20), labels, bundle)
    assert list(hours_outside(bundle, [known])) == ["talk", REST]


def test_hours_are_those_of_decisions_outside_of_words(bundle: Bundle) -> None:
    """20 s of decisions; 8 of them, from 4.0 to 5.5 s, may be the word's."""
    known = heard("a", decisions(bundle, 20), [*SIX, Label(0.0, 6.0, "radio")], bundle)
    hours = hours_outside(bundle, [known])
    assert hours["radio"] * 3600 == pytest.approx((25 - 8) * 0.2)
    assert hours[REST] * 3600 == pytest.approx((100 - 25) * 0.2)


def test_by_the_rules_of_mlperf_a_false_accept_silences_those_within_a_second(
    bundle: Bundle,
) -> None:
    """Also of another word; the next second begins with the next that counts."""
    spoken = [(4.8, "six", 250), (9.0, "two", 250), (9.8, "one", 250), (10.2, "two", 250),
              (11.0, "two", 250), (12.0, "two", 250)]  # fmt: skip
    known = heard("a", decisions(bundle, 20, *spoken), SIX, bundle)
    ours = judge(bundle, known, ONE_WINDOW)
    theirs = judge(bundle, known, ONE_WINDOW, MLPERF)
    assert [one.time for one in ours if one.outcome == FALSE] == [9.0, 9.8, 10.2, 11.0, 12.0]
    assert [one.time for one in theirs if one.outcome == FALSE] == [9.0, 10.2, 12.0]
    assert [one for one in ours if one.outcome == HIT] == [
        one for one in theirs if one.outcome == HIT
    ]


def test_what_the_model_learned_from_does_not_count(bundle: Bundle) -> None:
    """Neither its words, nor its hours, nor what is detected in it."""
    labels = [*SIX, Label(12.0, 12.5, "six")]
    spoken = [(4.8, "six", 250), (8.0, "two", 250), (15.0, "two", 250)]
    learned = heard("a", decisions(bundle, 20, *spoken), labels, bundle, "talk", ((10.0, 21.0),))
    assert outcomes(judge(bundle, learned, ONE_WINDOW)) == [(MISSED, "six", ""), (FALSE, "", "two")]
    hours = hours_outside(bundle, [learned])
    assert list(hours) == ["talk"]
    everything = hours_outside(bundle, [heard("a", learned.decisions, labels, bundle, "talk")])
    assert hours["talk"] < everything["talk"] * 0.7


def test_detections_of_anybody_are_judged_alike(bundle: Bundle) -> None:
    """Those of another detector, which has a clock and no bundle."""
    found = match(
        track("a", SIX, ("six",)), [Detection(4.8, "six", 0.9), Detection(9.0, "six", 0.8)]
    )
    same = events(bundle, SIX, (4.8, "six", 230), (9.0, "six", 205))
    assert outcomes(found) == outcomes(same)
    assert [one.latency for one in found] == pytest.approx([one.latency for one in same])


def test_counting(bundle: Bundle) -> None:
    found = events(bundle, SIX, (4.8, "six", 250), (9.0, "two", 250), (11.0, "two", 250))
    total, kinds = count(found, {REST: 0.5})
    assert (total.words, total.rate, total.an_hour) == (1, 1.0, 4.0)
    assert total.latency(50) == pytest.approx(0.3)
    assert kinds[REST].outcomes[FALSE] == 2


def test_the_curve_asks_the_detector_at_each_threshold(bundle: Bundle) -> None:
    """A hit of 200, a false accept of 150: between them is the best threshold."""
    spoken = [(4.8, "six", 200), (9.0, "two", 150)]
    known = heard("a", decisions(bundle, 3600, *spoken), SIX, bundle)
    points, _ = curve(bundle, [known, known, known], bundle.detector)
    found = {p.detector.threshold: (p.rate, round(p.an_hour, 2)) for p in points}
    assert found[100] == found[150] == (1.0, 1.0)
    assert found[152] == found[200] == (1.0, 0.0)
    assert found[202] == (0.0, 0.0)


def test_the_recommended_threshold_is_good_and_so_are_all_above(bundle: Bundle) -> None:
    def point(threshold: int, an_hour: float) -> Point:
        return Point(
            replace(ONE_WINDOW, threshold=threshold),
            0.9,
            0.0,
            an_hour,
            0.1,
            0.2,
            {"radio": an_hour / 4},
        )

    best = recommended([point(160, 0.0), point(140, 1.0), point(120, 1.1), point(100, 0.9)])
    assert best and best.detector.threshold == 140
    assert recommended([point(120, 1.5), point(100, 0.0)]) is None


def test_label_tracks_are_those_of_audacity(tmp_path: Path) -> None:
    track = tmp_path / "kitchen.txt"
    assert track_of(tmp_path / "kitchen.wav") == track
    write_track(track, [Label(2.5, 3.0, "two"), Label(0.5, 1.0, "running water")])
    assert read_track(track) == [Label(0.5, 1.0, "running water"), Label(2.5, 3.0, "two")]
    track.write_text("\ufeff0,500000\t1,0\tone\n\\\t100.0\t200.0\n\n", "utf-8")
    assert read_track(track) == [Label(0.5, 1.0, "one")]


@pytest.mark.parametrize("line", ["one", "1.0\t2.0", "1.0\t2.0\t ", "2.0\t1.0\tone", "a\tb\tone",
                                  "-1.0\t2.0\tone", "0\tinf\tone"])  # fmt: skip
def test_a_line_that_is_no_label_is_named(tmp_path: Path, line: str) -> None:
    track = tmp_path / "kitchen.txt"
    track.write_text(f"0.1\t0.2\ttwo\n{line}\n")
    with pytest.raises(DataError, match=r"kitchen\.txt: line 2"):
        read_track(track)

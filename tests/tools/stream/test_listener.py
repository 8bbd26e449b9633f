"""The host's listener is the firmware's: the same decisions, scores and detections."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from convert.check import read_manifest
from convert.detector import ISOLATED_MS, read_detector
from convert.detector import Detector as BuiltIn
from tests.bundles import bundle_with
from tests.firmware.app.scenario import build, inject, play, request, sound, spoken, watched
from tests.firmware.library import LIB
from tools.stream.listener import (
    Bundle,
    Decisions,
    detect,
    detections,
    every,
    hear,
    read_bundle,
)
from tools.stream.recording import pieces, seconds
from train.data.clip import Clip, resample
from train.errors import DataError

SOURCE, THRESHOLD, WATCH = 2, 8, 9
RATE = 16_000


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """The project's, for words that may follow other words."""
    bonus = read_detector(read_manifest(LIB / "model")).bonus
    return read_bundle(bundle_with(BuiltIn(bonus=bonus), tmp_path_factory.mktemp("bundle")))


@pytest.fixture(scope="module")
def app(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole firmware, for this computer."""
    return build(tmp_path_factory.mktemp("app"), model=bundle.folder)


@pytest.fixture(scope="module")
def speech() -> NDArray[np.int16]:
    """Words, hum on a constant offset, a quiet pause, loud noise."""
    random = np.random.default_rng(3)
    words = spoken("three", "yes", "eight", "water", "six", gap=0.4).astype(float)
    words[::7] += 300  # another spectrum, and an offset for the conditioner to remove
    pause = np.zeros(4 * RATE)
    noise = random.normal(0, 9000, 2 * RATE)
    noisy = np.concatenate([words, pause, noise, words / 4])
    return (noisy + 500).round().clip(-32768, 32767).astype(np.int16)


def same(here: Decisions, there: Decisions) -> bool:
    fields = ("time_ms", "level", "ran", "label", "scores")
    return len(here) == len(there) and all((here[f] == there[f]).all() for f in fields)


def test_what_a_microphone_hears_is_decided_as_the_whole_firmware_does(
    app: Path, bundle: Bundle, speech: NDArray[np.int16]
) -> None:
    heard = play(app, request(WATCH, b"\1"), sound(speech))
    there = watched([data for data in heard.replies(WATCH) if data], len(bundle.labels))
    here = hear(bundle, [speech])
    assert same(here, there)
    assert 0 < here["ran"].sum() < len(here)  # both kinds of decision were compared
    said = [(int(d["time_ms"]), bundle.labels[d["label"]], (100 * int(d["score"]) + 128) // 256)
            for d in detections(here)]  # fmt: skip
    lines = [line.split() for line in heard.lines if not line.startswith("#")]
    assert said == [(round(1000 * float(x[0])), x[2], int(x[3])) for x in lines]
    assert len(said) >= 3


def test_what_is_injected_is_decided_as_the_whole_firmware_does(
    app: Path, bundle: Bundle, speech: NDArray[np.int16]
) -> None:
    heard = play(app, request(WATCH, b"\1"), request(SOURCE, b"\1"), inject(speech))
    there = watched([data for data in heard.replies(WATCH) if data], len(bundle.labels))
    injected = hear(bundle, [speech], injected=True)
    assert same(injected, there)
    assert not same(hear(bundle, [speech]), injected)  # the conditioner is the difference


def test_pieces_of_any_size_are_the_same_recording(
    bundle: Bundle, speech: NDArray[np.int16]
) -> None:
    cut = np.split(speech, [1, 1000, 1001, 50_003])
    assert (hear(bundle, cut) == hear(bundle, [speech])).all()


@pytest.mark.parametrize("threshold", [60, 254])
def test_the_detector_alone_gives_what_another_threshold_would_have_given(
    app: Path, bundle: Bundle, speech: NDArray[np.int16], threshold: int
) -> None:
    heard = play(app, request(THRESHOLD, bytes([255, threshold])), sound(speech))
    lines = [line.split() for line in heard.lines if not line.startswith("#")]
    changed = replace(bundle.detector, threshold=threshold)
    found = detect(bundle, hear(bundle, [speech]), changed)
    times = [(int(d["time_ms"]), bundle.labels[d["label"]]) for d in found]
    assert times == [(round(1000 * float(line[0])), line[2]) for line in lines]


def test_isolated_words_are_those_of_the_whole_firmware(
    bundle: Bundle, speech: NDArray[np.int16], tmp_path: Path
) -> None:
    bonus = read_detector(read_manifest(bundle.folder)).bonus
    built_in = BuiltIn(bonus=bonus, isolated_ms=ISOLATED_MS)
    isolated = read_bundle(bundle_with(built_in, tmp_path / "model"))
    assert isolated.detector == replace(bundle.detector, isolated_ms=ISOLATED_MS)
    app = build(tmp_path, model=isolated.folder)
    heard = play(app, request(WATCH, b"\1"), sound(speech))
    there = watched([data for data in heard.replies(WATCH) if data], len(bundle.labels))
    here = hear(isolated, [speech])
    assert same(here, there)
    anywhere = hear(bundle, [speech])
    assert (detect(bundle, anywhere, isolated.detector) == detections(here)).all()
    words = [{bundle.labels[one["label"]] for one in found} for found in
             (detections(here), detections(anywhere))]  # fmt: skip
    assert "three" in words[0] and "eight" in words[1] - words[0]  # it follows "yes"


def test_of_decisions_twice_as_frequent_every_second_one_is_the_same(
    bundle: Bundle, speech: NDArray[np.int16]
) -> None:
    seldom = 2 * bundle.detector.decision_ms
    often, given = hear(bundle, [speech]), hear(bundle, [speech], period_ms=seldom)
    assert len(often) > len(given)
    chosen = every(bundle, often, seldom)[: len(given)]
    assert (chosen["scores"] == given["scores"]).all()
    detector = replace(bundle.detector, decision_ms=seldom)
    assert (detect(bundle, often, detector) == detections(given)).all()


def test_a_recording_in_pieces_is_the_recording(tmp_path: Path) -> None:
    """Of any rate and channel count; 12 seconds are two pieces."""
    samples = np.tile(spoken("five"), 5)[: 12 * 8000]
    path = tmp_path / "five.wav"
    soundfile.write(path, np.stack([samples, samples], 1), 8000, subtype="PCM_16")
    expected = resample(Clip(samples, 8000, "", "", ""), RATE).samples
    assert seconds(path) == 12.0
    assert np.array_equal(np.concatenate(list(pieces(path, RATE))), expected)
    soundfile.write(path, samples, RATE, subtype="PCM_16")
    assert np.array_equal(np.concatenate(list(pieces(path, RATE))), samples)


def test_what_is_no_recording_is_named(tmp_path: Path) -> None:
    path = tmp_path / "text.wav"
    path.write_text("no sound")
    with pytest.raises(DataError, match=r"text\.wav"):
        list(pieces(path, RATE))
    soundfile.write(path, np.zeros(RATE, np.int16), RATE)
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(DataError, match="truncated"):
        list(pieces(path, RATE))

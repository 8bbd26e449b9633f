"""A threshold that is given to the conversion is in the bundle, and a board starts with it."""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from convert.check import main, read_manifest
from convert.detector import ISOLATED_MS, LEAST, MOST, Detector, detector_with, read_detector
from convert.errors import ModelError
from convert.options import BUNDLE
from tests.bundles import bundle_with
from tests.firmware.app.scenario import spoken
from tools.stream import listener

LABELS = ("seven", "nine", "unknown", "silence")


@pytest.mark.parametrize(
    ("given", "detector"),
    [
        ([], Detector()),
        (["all=50"], Detector(threshold=128)),
        (["seven=90%"], Detector(thresholds={"seven": 230})),
        (["seven=0", "all=100", "nine=75.5"],
         Detector(threshold=254, thresholds={"seven": 1, "nine": 193})),
    ],
)  # fmt: skip
def test_percentages_become_parts_of_256(given: list[str], detector: Detector) -> None:
    assert detector_with(given, LABELS) == detector


def test_a_bonus_of_the_run_is_in_the_bundle_for_the_detector_to_take_back() -> None:
    detector = detector_with([], LABELS, bonus=5)
    assert detector == Detector(bonus=5) and detector.threshold == Detector().threshold
    assert detector.described()["bonus"] == 5 and "bonus" not in Detector().described()
    settings = detector.with_own("#define KWS_DECISION_MS 200\n", LABELS)
    assert settings.startswith("#define KWS_DETECTOR_BONUS 5 ")
    assert read_detector({"detector": detector.described()}) == detector


def test_a_bundle_says_that_words_must_stand_alone_only_if_they_must() -> None:
    detector = detector_with([], LABELS, isolated=True)
    assert detector.described()["isolated_ms"] == ISOLATED_MS
    assert "isolated_ms" not in Detector().described()
    line = "#define KWS_DECISION_MS 200\n"
    told = f"#define KWS_DETECTOR_ISOLATED_MS {ISOLATED_MS} "
    assert detector.with_own(line, LABELS).startswith(told)
    assert Detector().with_own(line, LABELS) == line
    assert read_detector({"detector": detector.described()}) == detector


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("eight=90", "'eight' is not a word that is reported; give seven, nine or all"),
        ("unknown=90", "'unknown' is not a word"),
        ("seven", "give WORD=PERCENT, such as seven=90"),
        ("seven=101", "give WORD=PERCENT"),
        ("seven=nan", "give WORD=PERCENT"),
    ],
)
def test_what_cannot_be_a_threshold(given: str, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        detector_with([given], LABELS)


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's bundle, but sevens are hardly ever sure enough."""
    detector = detector_with(["seven=100"], read_manifest(BUNDLE)["labels"])
    return bundle_with(detector, tmp_path_factory.mktemp("strict") / "model")


def test_a_bundle_says_its_thresholds_and_passes_the_check(strict: Path) -> None:
    labels = read_manifest(strict)["labels"]
    own = ", ".join("254" if label == "seven" else "0" for label in labels)
    assert f"#define KWS_DETECTOR_THRESHOLDS {{{own}}}" in (strict / "kws_settings.h").read_text()
    assert json.loads((strict / "manifest.json").read_text())["detector"]["thresholds"] == {
        "seven": 254
    }
    assert main(["--bundle", str(strict)]) == 0


@pytest.mark.parametrize(
    "detector",
    [
        Detector(),
        Detector(threshold=179, isolated_ms=ISOLATED_MS),
        Detector(threshold=LEAST, thresholds={"seven": MOST, "nine": 100}),
    ],
)
def test_its_options_build_in_the_same_settings(detector: Detector) -> None:
    options = detector.options()
    given = [value for option, value in pairwise(options) if option == "--threshold"]
    assert detector_with(given, LABELS, isolated="--isolated" in options) == detector


def test_without_one_nothing_changes(tmp_path: Path) -> None:
    assert main([]) == 0
    again = bundle_with(read_detector(read_manifest(BUNDLE)), tmp_path / "again")
    name = "kws_settings.h"
    assert (again / name).read_text() == (BUNDLE / name).read_text()
    plain = (bundle_with(Detector(), tmp_path / "plain") / name).read_text()
    assert not any(word in plain for word in ("THRESHOLDS", "ISOLATED", "BONUS"))


def test_the_firmware_starts_with_them(strict: Path) -> None:
    quiet = np.zeros(16_000, np.int16)
    said = np.concatenate([quiet, spoken("seven"), quiet, spoken("nine"), quiet])
    heard = {}
    for folder in (BUNDLE, strict):
        bundle = listener.read_bundle(folder)
        decisions = listener.hear(bundle, [said])
        found = listener.detections(decisions)
        again = listener.detect(bundle, decisions, bundle.detector)
        assert [int(one) for one in again["time_ms"]] == [int(one) for one in found["time_ms"]]
        heard[folder] = [bundle.labels[int(one)] for one in found["label"]]
    assert heard == {BUNDLE: ["seven", "nine"], strict: ["nine"]}

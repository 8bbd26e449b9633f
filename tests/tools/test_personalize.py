"""A run learns a voice that it hears badly, forgets nobody, and becomes a bundle.

The voice reads English digits by the rules of Spanish: an accent that no voice of the run has.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
import soundfile

from convert.check import read_manifest
from convert.detector import ISOLATED_MS, Detector
from convert.source import read_run
from tests.bundles import bundle_with
from tools.personalize.__main__ import detector_of, main
from tools.personalize.base import newest_base
from tools.personalize.session import personalize
from train.data.clip import Clip, centre, resample
from train.data.entry import Entry, Voice
from train.data.sources.synthetic import speak
from train.features.binding import Frontend
from train.models.int8 import Int8Model
from train.settings.words import DIGITS

ACCENT = "es"
RECORDED = ((46, 150), (50, 165), (54, 158), (48, 172))  # pitch, words a minute
ANOTHER_DAY = ((44, 155), (47, 162), (52, 147), (55, 169))
Capture = pytest.CaptureFixture[str]


def said(digit: str, voice: Voice) -> Clip:
    return speak(Entry("accent", "digits", digit, "ana", voice=voice))


def record(folder: Path, digits: tuple[str, ...], times: int) -> Path:
    """As `tools.board record` leaves them."""
    for digit in digits:
        (folder / digit / "ana").mkdir(parents=True)
        for number, (pitch, rate) in enumerate(RECORDED[:times], start=1):
            clip = said(digit, Voice(ACCENT, pitch, rate))
            path = folder / digit / "ana" / f"{number}.wav"
            soundfile.write(path, clip.samples, clip.rate, subtype="PCM_16")
    return folder


@pytest.fixture(scope="module")
def base(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(run, tmp_path_factory.mktemp("runs") / "base"))


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return record(tmp_path_factory.mktemp("recorded") / "ana", tuple(DIGITS), 4)


@pytest.fixture(scope="module")
def bundle(base: Path, clips: Path) -> Path:
    out = base.parent.parent / "model"
    assert main([str(clips), "--run", str(base), "--out", str(out)]) == 0
    return out


@pytest.fixture(scope="module")
def personal(base: Path, bundle: Path) -> Path:
    return base.parent / "base-ana"


def metrics(run: Path) -> dict[str, dict[str, dict[str, dict[str, list[int]]]]]:
    found: dict[str, dict[str, dict[str, dict[str, list[int]]]]]
    found = json.loads((run / "metrics.json").read_text())
    return found


def heard_on_another_day(run: Path) -> float:
    """The share of digits said anew that the run's int8 file hears."""
    source = read_run(run)
    frontend, window = Frontend(source.config), source.config.window
    windows = [
        centre(resample(said(digit, Voice(ACCENT, *how)), 16_000).samples, window)
        for digit in DIGITS
        for how in ANOTHER_DAY
    ]
    scores = Int8Model(source.content).scores(frontend.features(np.stack(windows)))
    return float((scores.argmax(axis=1) == np.repeat(np.arange(10), len(ANOTHER_DAY))).mean())


def share(found: dict[str, list[int]]) -> float:
    return sum(good for good, _ in found.values()) / sum(count for _, count in found.values())


def test_a_voice_that_was_heard_badly_is_heard(base: Path, personal: Path) -> None:
    before, after = heard_on_another_day(base), heard_on_another_day(personal)
    assert before < 0.6 and after > before + 0.3


def test_it_is_judged_by_clips_that_were_kept_back(personal: Path) -> None:
    own = metrics(personal)["personal"]["own"]
    assert {digit: count for digit, (_, count) in own["after"].items()} == dict.fromkeys(DIGITS, 1)
    assert share(own["after"]) > share(own["before"])


def test_nobody_else_is_forgotten(base: Path, personal: Path) -> None:
    test = metrics(personal)["personal"]["test"]
    assert share(test["before"]) == metrics(base)["models"]["int8"]["accuracy"]
    assert share(test["after"]) > share(test["before"]) - 0.03


def kernels(run: Path) -> dict[str, np.ndarray]:
    """What pruning touches: weights of more than a depthwise convolution."""
    found: dict[str, np.ndarray] = {}
    with h5py.File(run / "quantized.h5") as file:

        def keep(name: str, item: object) -> None:
            if name.endswith("/kernel:0") and isinstance(item, h5py.Dataset):
                found[name] = item[:]

        file.visititems(keep)
    return found


def test_zeros_stay_zeros_and_other_weights_learn(base: Path, personal: Path) -> None:
    old, new = kernels(base), kernels(personal)
    assert old.keys() == new.keys() and len(old) > 3
    assert sum((kernel == 0).sum() for kernel in old.values()) > 3000
    for name, kernel in old.items():
        assert (new[name][kernel == 0] == 0).all()
        assert (new[name] != kernel).any()


def test_the_new_run_is_converted_with_the_same_front_end(
    base: Path, personal: Path, bundle: Path
) -> None:
    manifest = read_manifest(bundle)
    assert manifest["run"]["name"] == personal.name
    assert "the run's development data" in manifest["tested"]
    assert manifest["frontend"] == read_run(base).config.to_dict()


def test_the_new_bundle_keeps_the_detectors_settings_of_the_old_one(tmp_path: Path) -> None:
    old = Detector(threshold=179, isolated_ms=ISOLATED_MS, thresholds={"seven": 128})
    given = ["--threshold", "all=69.92", "--threshold", "seven=50.00", "--isolated"]
    assert detector_of(bundle_with(old, tmp_path / "model")) == given
    assert detector_of(tmp_path / "nothing") == []


def test_killed_the_same_command_goes_on_and_gives_the_same_run(
    personal: Path, clips: Path, tmp_path: Path
) -> None:
    copy = shutil.copytree(personal.parent / "base", tmp_path / "base")
    log = tmp_path / "base-ana" / "log.txt"
    command = [sys.executable, "-m", "tools.personalize", str(clips), "--run", str(copy)]
    out = ["--out", str(tmp_path / "model")]
    with subprocess.Popen([*command, *out], stdout=subprocess.DEVNULL) as process:
        while process.poll() is None and not (log.exists() and "epoch 2 of" in log.read_text()):
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.05)
        process.kill()
    again = personalize(clips, copy)
    assert log.read_text().count("epoch 2 of") == 1
    for name in ("model.tflite", "metrics.json", "history.json", "run.json", "settings.json"):
        assert (again / name).read_bytes() == (personal / name).read_bytes()


def test_the_newest_run_is_one_that_was_not_personalized(base: Path, personal: Path) -> None:
    assert newest_base(base.parent) == base


def error_of(capsys: Capture, *arguments: str | Path) -> str:
    assert main([str(argument) for argument in arguments]) == 1
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("error: ")
    return error


@pytest.mark.parametrize(
    ("inside", "message"),
    [("", "does not look like labelled folders"), ("yes/ana/1.wav", "none of zero, one")],
)
def test_without_a_digit_there_is_nothing_to_learn(
    inside: str, message: str, base: Path, tmp_path: Path, capsys: Capture
) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    if inside:
        (mine / inside).parent.mkdir(parents=True)
        clip = said("yes", Voice(ACCENT))
        soundfile.write(mine / inside, clip.samples, clip.rate)
    out = tmp_path / "out"
    assert message in error_of(capsys, mine, "--run", base, "--out", out)
    assert not out.exists() and not (base.parent / "base-mine").exists()


def test_a_run_that_cannot_be_learned_from_is_named(
    base: Path, personal: Path, clips: Path, tmp_path: Path, capsys: Capture
) -> None:
    out = tmp_path / "out"
    half = shutil.copytree(base, tmp_path / "half")
    (half / "run.json").unlink()
    assert "not a finished run" in error_of(capsys, clips, "--run", half, "--out", out)
    assert "is already personalized" in error_of(capsys, clips, "--run", personal, "--out", out)
    settings = (base / "settings.json").read_text()
    other = shutil.copytree(base, tmp_path / "other")
    (other / "settings.json").write_text(settings.replace('"speakers": 60', '"speakers": 59'))
    assert "have changed" in error_of(capsys, clips, "--run", other, "--out", out)


def test_a_run_of_that_name_is_not_written_over(
    base: Path, clips: Path, tmp_path: Path, capsys: Capture
) -> None:
    other = shutil.copytree(base, base.parent / "base-another")
    mine = shutil.copytree(clips, tmp_path / "another")
    error = error_of(capsys, mine, "--run", base, "--out", tmp_path / "out")
    assert "is a run that was not personalized" in error
    assert (other / "metrics.json").read_bytes() == (base / "metrics.json").read_bytes()
    shutil.rmtree(other)

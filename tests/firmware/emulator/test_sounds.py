"""Other labels, another rate, a longer window: ESC-50's layout, trained and converted, down to the
serial port."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile

from convert import to_tflm
from convert.bundle import MANIFEST
from tests.firmware.emulator.test_pio import pio
from tests.sounds import LABELS, RATE, esc50, sound
from tools.board import golden, requests
from tools.board.connect import connected
from tools.board.emulator import emulator
from tools.board.replay import chosen, replay
from tools.stream.listener import detections, hear, read_bundle
from train import kws

FEW = [
    "--set", "augmentation.copies=0", "--set", "recipe.epochs=6", "--set", "recipe.prune_epochs=2",
    "--set", "recipe.quantize_epochs=1", "--set", "recipe.batch=32",
]  # fmt: skip
HEARD = (0, 15, 31, 47)  # numbers of the labels that the board's microphone hears


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return esc50(tmp_path_factory.mktemp("sounds") / "ESC-50", takes=4)


@pytest.fixture(scope="module")
def run(folder: Path) -> Path:
    made = folder.parent / "run"
    assert kws.main(["--preset", "esc50", "--data", str(folder), *FEW, "--run", str(made)]) == 0
    return made


@pytest.fixture(scope="module")
def bundle(run: Path) -> Path:
    made = run.parent / "bundle"
    assert to_tflm.main(["--run", str(run), "--out", str(made)]) == 0
    return made


@pytest.fixture(scope="module")
def board(bundle: Path) -> Path:
    """Where the firmware was built."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("KWS_BUNDLE", str(bundle))
        assert "warning" not in pio(bundle.parent)
    return bundle.parent


def test_a_run_has_fifty_labels_and_is_tested_on_a_fold_of_its_own(run: Path) -> None:
    described = json.loads((run / "run.json").read_text())
    assert described["labels"] == list(LABELS) and len(LABELS) == 50
    found = json.loads((run / "metrics.json").read_text())["models"]["int8"]
    assert found["examples"] == 200  # of 1,000 clips, a fifth
    assert found["accuracy"] > 0.2  # chance is 0.02


def test_its_bundle_is_within_the_budget(bundle: Path) -> None:
    manifest = json.loads((bundle / MANIFEST).read_text())
    assert manifest["parameters"] < 63_000
    assert manifest["tested"] == "200 windows of the run's development data"
    frontend = manifest["frontend"]
    assert (frontend["sample_rate"], frontend["window"]) == (RATE, 5 * RATE)


def test_sounds_come_out_of_the_serial_port(
    board: Path, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When and which is what tools.stream computes on this computer; the clock is that of 44,100
    samples a second, not of 44 a millisecond."""
    random = np.random.default_rng(7)
    pause = random.normal(0, 1e-4, 3 * RATE)
    parts = [part for target in HEARD for part in (pause, sound(target, random, 1.0))]
    audio = np.concatenate([*parts, pause])
    recording = tmp_path / "sounds.wav"
    soundfile.write(recording, audio, RATE, subtype="PCM_16")
    monkeypatch.setenv("KWS_BUNDLE", str(bundle))
    said = pio(board, "-t", "upload", microphone=recording)
    lines = re.findall(r"^ *(\d+\.\d{3}) s  (\w+)  (\d+) %", said, re.MULTILINE)
    samples, _ = soundfile.read(recording, dtype="int16")
    known = read_bundle(bundle)
    # the board listens on for two seconds
    heard = hear(known, [np.concatenate([samples, np.zeros(2 * RATE, np.int16)])])
    assert len(heard) > 20
    assert lines == [
        (f"{one['time_ms'] / 1000:.3f}", known.labels[one["label"]],
         f"{(100 * int(one['score']) + 128) // 256}")
        for one in detections(heard)
    ]  # fmt: skip
    assert lines and "lost" not in said


def test_every_feature_and_score_is_that_of_this_computer(
    board: Path, bundle: Path, folder: Path
) -> None:
    program = board / "work" / "build" / "emulator" / "firmware.elf"
    with emulator(real_time=False, firmware=program) as url, connected(url) as link:
        assert int(requests.info(link, requests.SIZES)["rate"]) == RATE
        tested = requests.selftest(link)
        assert tested.frontend and tested.engine
        outcomes, rejected = replay(link, golden.read(bundle), chosen(folder, 2))
    assert not rejected and len(outcomes) == 2
    assert all(one.equal for one in outcomes)

"""The demo as a newcomer runs it, only smaller: from nothing to words on the serial port."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from convert.targets import TARGETS
from tests.conftest import usable
from tests.firmware.library import FIRMWARE
from tools.demo import Said, judged, minutes

PROJECT = FIRMWARE.parent
TINY = (
    "data.synthetic.speakers=40", "data.synthetic.other_words=2", "augmentation.copies=1",
    "model.family=tc_resnet", "model.budget=9000", "recipe.batch=32", "recipe.epochs=10",
    "recipe.prune_epochs=1", "recipe.quantize_epochs=2",
)  # fmt: skip


def demo(folder: Path, *changes: str) -> subprocess.CompletedProcess[str]:
    more = [part for change in changes for part in ("--set", change)]
    places = {"PLATFORMIO_CORE_DIR": "core", "PLATFORMIO_WORKSPACE_DIR": "work"}
    return subprocess.run(
        [sys.executable, "-m", "tools.demo", "--folder", str(folder), *more], cwd=PROJECT,
        env=os.environ | {name: str(folder / place) for name, place in places.items()},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def bundle_bytes() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (FIRMWARE / "lib/model").iterdir()}


def test_from_nothing_to_the_serial_port(tmp_path: Path) -> None:
    usable(TARGETS["cortex-m4f"])
    before = bundle_bytes()
    done = demo(tmp_path, *TINY)
    said = done.stdout.splitlines()
    steps = [line.split(" … ")[0] for line in said if " … " in line]
    assert steps == [
        "1/5 train", "2/5 convert", "3/5 build the firmware", "4/5 speak ten digits",
        "5/5 listen on the serial port",
    ], done.stdout[-2000:] + done.stderr[-2000:]  # fmt: skip
    assert "# tinykws" in done.stdout  # the board itself
    (counted,) = [line for line in said if "digits recognized" in line]
    heard = int(counted.split()[0])
    assert 0 <= heard <= 10
    # so small a model may not hear much; whatever it does, the exit code tells
    assert done.returncode == (0 if heard >= 8 else 1)
    assert ("Next, a real board" in done.stdout) == (heard >= 8)
    assert bundle_bytes() == before  # the one that is committed


def test_a_step_that_fails_ends_it_with_the_reason(tmp_path: Path) -> None:
    done = demo(tmp_path, "recipe.epoch=3")
    assert done.returncode == 1
    assert "did you mean epochs?" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("error: train.kws failed with exit code 1")
    assert "2/5" not in done.stdout


SPOKEN = [Said("zero", 1.0), Said("one", 2.5), Said("two", 4.0)]


@pytest.mark.parametrize(
    ("heard", "counted"),
    [
        ([(1.6, "zero"), (3.0, "one"), (4.5, "two")], (3, 0)),
        ([(1.6, "zero"), (3.0, "two"), (4.5, "two")], (2, 1)),  # one was taken for another
        ([(0.5, "zero"), (3.0, "zero")], (0, 2)),  # before, and while another was said
        ([(1.6, "zero"), (2.2, "zero")], (1, 1)),  # twice
        ([], (0, 0)),
    ],
)
def test_only_the_word_that_was_just_said_counts(
    heard: list[tuple[float, str]], counted: tuple[int, int]
) -> None:
    assert judged(SPOKEN, heard) == counted


def test_minutes() -> None:
    assert [minutes(s) for s in (0.4, 59.6, 161.0)] == ["0:00", "1:00", "2:41"]

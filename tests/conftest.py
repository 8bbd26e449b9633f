"""What the tests share: front ends, windows, and the integer model's answers for them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from convert.targets import TARGETS, Target
from tests.shared import once
from tests.windows import hostile_windows, random_windows
from tools.bench.speech import speech_windows
from train.data.clip import at_level
from train.features.integer_model import model_features, model_frames
from train.features.standardize import fit_standardization
from train.features.tables import build_tables
from train.settings.frontend import FrontendConfig

# A folder with manifest.csv: real recordings to test on as well as synthesized speech.
DATA = Path(os.environ["TINYKWS_TEST_DATA"]) if "TINYKWS_TEST_DATA" in os.environ else None

# settings of a run that many tests share: trained in half a minute, and better than chance
LEARNED = [
    "--set", "data.synthetic.speakers=60", "--set", "data.synthetic.other_words=2",
    "--set", "data.held_out=1/3", "--set", "model.family=tc_resnet",
    "--set", "model.budget=12000", "--set", "recipe.epochs=14", "--set", "recipe.batch=32",
    "--set", "recipe.prune_epochs=4", "--set", "recipe.quantize_epochs=3",
]  # fmt: skip
PLAIN = {
    "default": FrontendConfig(),
    "mfcc13": FrontendConfig(coefficients=13, zero_point=-7),
    "logmel64": FrontendConfig(
        kind="logmel", mel_bands=64, coefficients=64, taper=400, hop=160, fmin=20.0
    ),
    "fft1024": FrontendConfig(
        fft_size=1024, taper=1024, hop=512, mel_bands=41, mean_normalization="window"
    ),
    "fft256": FrontendConfig(
        sample_rate=8000, window=8000, fft_size=256, taper=199, hop=77, pre_emphasis=0.0,
        mel_bands=16, coefficients=15, fmax=3800.0,
    ),
}  # fmt: skip


@cache
def frontend_config(name: str) -> FrontendConfig:
    """One of `PLAIN`, standardized on synthesized speech at several levels."""
    plain = PLAIN[name]
    windows, _ = speech_windows(None, 20, plain.sample_rate, plain.window)
    return fit_standardization(plain, [at_level(w, -10.0 * (i % 6)) for i, w in enumerate(windows)])


@dataclass(frozen=True)
class Answers:
    """Windows and what the integer model makes of them."""

    windows: NDArray[np.int16]
    frames: NDArray[np.int16]
    features: NDArray[np.int8]


FEW, MANY = 310, 1020  # windows; many for the slow tests


@cache
def answers(name: str, count: int = FEW) -> Answers:
    """Speech first (instructions are counted on it), then hostile and random windows."""
    config = frontend_config(name)
    tables = build_tables(config)
    speech, _ = speech_windows(DATA, 20, config.sample_rate, config.window)
    hostile = hostile_windows(config.window, config.fft_size)
    rest = random_windows(count - len(speech) - len(hostile), config.window)
    windows = np.concatenate([speech, hostile, rest])
    frames = np.stack([model_frames(tables, window) for window in windows])
    return Answers(windows, frames, np.stack([model_features(tables, f) for f in frames]))


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run that has learned something. Not to be changed: copy it."""

    def train(folder: Path) -> None:
        from train import kws  # with all that training imports

        assert kws.main([*LEARNED, "--run", str(folder)]) == 0

    return once("run", train, tmp_path_factory)


@pytest.fixture(scope="session")
def bundle(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run's bundle. Not to be changed: copy it."""

    def convert(folder: Path) -> None:
        from convert import to_tflm

        assert to_tflm.main(["--run", str(run), "--out", str(folder)]) == 0

    return once("bundle", convert, tmp_path_factory)


@pytest.fixture(params=PLAIN)
def name(request: pytest.FixtureRequest) -> str:
    """Each front end in turn."""
    return str(request.param)


def usable(target: Target) -> Target:
    """The target; without its tools the test is skipped by name, and fails in CI."""
    if gone := target.missing():
        reason = f"target {target.name} needs {', '.join(gone)}: run `make setup`"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    return target


@pytest.fixture(params=TARGETS)
def target(request: pytest.FixtureRequest) -> Target:
    """Each target in turn."""
    return usable(TARGETS[request.param])

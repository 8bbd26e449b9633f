"""A small run, trained once for all tests of conversion, and the bundle made of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from convert import to_tflm
from train import kws

SMALL = [
    "--set", "data.synthetic.speakers=60", "--set", "data.synthetic.other_words=2",
    "--set", "data.held_out=1/3", "--set", "model.family=tc_resnet",
    "--set", "model.budget=12000", "--set", "recipe.epochs=14", "--set", "recipe.batch=32",
    "--set", "recipe.prune_epochs=4", "--set", "recipe.quantize_epochs=3",
]  # fmt: skip


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("converted") / "run"
    assert kws.main([*SMALL, "--run", str(folder)]) == 0
    return folder


@pytest.fixture(scope="session")
def bundle(run: Path) -> Path:
    """Not to be changed: copy it."""
    folder = run.parent / "model"
    assert to_tflm.main(["--run", str(run), "--out", str(folder)]) == 0
    return folder

"""The smallest arena is found, whether TensorFlow Lite Micro fails or crashes in smaller ones."""

from pathlib import Path

import pytest

from convert import tflm
from convert.check import read_bundle, read_manifest
from convert.errors import ModelError
from convert.options import BUNDLE
from convert.plan import ALIGNMENT
from convert.probe import asked

SMALLER = range(ALIGNMENT, 150 * ALIGNMENT, ALIGNMENT)  # bytes less than what is enough


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("probe") / "model.tflite"
    path.write_bytes(read_bundle(BUNDLE, read_manifest(BUNDLE)).content)
    return path


def test_no_smaller_arena_is_enough_and_no_larger_one_too_small(model: Path) -> None:
    smallest = tflm.smallest_arena(model.read_bytes())
    with asked(model) as fits:
        assert not any(fits(smallest - less) for less in SMALLER)
        assert all(fits(smallest + more) for more in (0, 16, 160, 1600, 16_000))


def test_who_crashed_is_asked_again(model: Path) -> None:
    with asked(model) as fits:
        assert not fits(64)  # in which its own structures overrun: signal 11
        assert fits(tflm.LARGEST_ARENA)


def test_what_is_no_model_needs_too_much(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot run at all"):
        tflm.smallest_arena(b"no model")

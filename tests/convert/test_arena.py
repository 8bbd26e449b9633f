"""The smallest arena is measured, although TensorFlow Lite Micro crashes in some smaller ones."""

import pytest

from convert import tflm
from convert.check import read_bundle, read_manifest
from tests.firmware.library import LIB

BUNDLE = LIB / "model"
CRASHES = 64  # bytes, in which the interpreter's own structures overrun: signal 11 in the wheel


@pytest.fixture(scope="module")
def content() -> bytes:
    return read_bundle(BUNDLE, read_manifest(BUNDLE)).content


def test_a_crash_is_an_arena_too_small(content: bytes) -> None:
    with tflm.trial(content) as fits:
        assert fits(tflm.LARGEST_ARENA)
        assert not fits(CRASHES)
        assert fits(tflm.LARGEST_ARENA)  # asked of another process


def test_sixteen_bytes_less_are_too_few(content: bytes) -> None:
    smallest = tflm.smallest_arena(content)
    with tflm.trial(content) as fits:
        assert fits(smallest) and not fits(smallest - 16)
    assert smallest == read_manifest(BUNDLE)["arena"]["measured"]


def test_a_trial_that_does_not_work_is_no_small_arena() -> None:
    with pytest.raises(tflm.ModelError, match="arena_trial.py ended with 1"):
        tflm.smallest_arena(b"TFL3" * 100)

"""Each example loses one stretch of frames and one of coefficients, and nothing else."""

import numpy as np
import pytest
from numpy.typing import NDArray

from train.augment.masking import mask

SHAPE = (400, 49, 40)
FLOATS = np.random.default_rng(0).normal(size=SHAPE).astype(np.float32)
BYTES = np.random.default_rng(0).integers(1, 100, SHAPE).astype(np.int8)


def masked(time: int, frequency: int, seed: int = 1) -> NDArray[np.float32]:
    return mask(FLOATS, time, frequency, np.random.default_rng(seed))


def stretch(hidden: NDArray[np.bool_]) -> int:
    """The length of the one run of true values."""
    places = np.flatnonzero(hidden)
    assert not len(places) or places[-1] - places[0] + 1 == len(places)
    return len(places)


def test_one_stretch_of_each_is_hidden_and_the_rest_is_kept() -> None:
    result = masked(8, 5)
    assert result.shape == SHAPE and result.dtype == np.float32
    frames, coefficients = set(), set()
    for before, after in zip(FLOATS, result, strict=True):
        lost = after == 0
        rows, columns = lost.all(axis=1), lost.all(axis=0)
        frames.add(stretch(rows))
        coefficients.add(stretch(columns))
        np.testing.assert_array_equal(lost, rows[:, None] | columns[None, :])
        np.testing.assert_array_equal(after[~lost], before[~lost])
    assert frames == set(range(9)) and coefficients == set(range(6))


def test_every_frame_and_coefficient_is_hidden_at_times() -> None:
    lost = masked(8, 5) == 0
    assert lost.all(axis=2).any(axis=0).all() and lost.all(axis=1).any(axis=0).all()


def test_the_input_is_untouched() -> None:
    before = FLOATS.copy()
    result = masked(8, 5)
    np.testing.assert_array_equal(FLOATS, before)
    assert not np.shares_memory(masked(0, 0), FLOATS) and not np.shares_memory(result, FLOATS)


def test_bytes_are_hidden_at_their_zero_point() -> None:
    result = mask(BYTES, 8, 5, np.random.default_rng(1), hidden=-7)
    assert result.dtype == np.int8
    np.testing.assert_array_equal(result == -7, masked(8, 5) == 0)
    np.testing.assert_array_equal(result[result != -7], BYTES[result != -7])


def test_masks_of_0_hide_nothing() -> None:
    np.testing.assert_array_equal(masked(0, 0), FLOATS)
    assert not (masked(8, 0) == 0).all(axis=1).any()
    assert not (masked(0, 5) == 0).all(axis=2).any()


def test_the_same_seed_hides_the_same() -> None:
    np.testing.assert_array_equal(masked(8, 5), masked(8, 5))
    assert (masked(8, 5) != masked(8, 5, seed=2)).any()


@pytest.mark.parametrize("shape", [(0, 49, 40), (3, 1, 1), (3, 4, 2)])
def test_masks_may_be_larger_than_the_features(shape: tuple[int, int, int]) -> None:
    result = mask(np.ones(shape, np.float32), 100, 100, np.random.default_rng(0))
    assert result.shape == shape

"""Features at another pace, place and channel: within what was asked for, else untouched."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from train.augment.distortion import distort, stretch, tint
from train.settings import Augmentation

SHAPE = (300, 49, 40)
FLOATS = np.random.default_rng(0).normal(size=SHAPE).astype(np.float32)
OFF = Augmentation(stretch=0.0, slide=0.0, tint=0.0, time_mask=0, frequency_mask=0)
Floats = NDArray[np.float32]


def ramps() -> Floats:
    """Each frame says where it was."""
    return np.broadcast_to(np.arange(49, dtype=np.float32)[None, :, None], SHAPE).copy()


def test_a_stretch_is_a_straight_line_through_the_moved_middle() -> None:
    moved = stretch(ramps(), 0.25, 4.0, np.random.default_rng(1))[:, :, 0]
    assert moved.min() >= 0 and moved.max() <= 48
    middles, paces = moved[:, 24] - 24, (moved[:, 26] - moved[:, 22]) / 4
    assert np.abs(middles).max() <= 4 and middles.min() < -3.5 and middles.max() > 3.5
    assert 1 / 1.25 - 1e-4 <= paces.min() < 0.82 and 1.22 < paces.max() <= 1.25 + 1e-4
    inside = (moved > 0) & (moved < 48)
    straight = (np.arange(49) - 24) * paces[:, None] + 24 + middles[:, None]
    np.testing.assert_allclose(moved[inside], straight[inside], atol=1e-3)


def test_a_tint_is_constant_over_time_and_strongest_below() -> None:
    offsets = tint(FLOATS, 0.4, np.random.default_rng(1)) - FLOATS
    np.testing.assert_allclose(offsets, offsets[:, :1].repeat(49, axis=1), atol=1e-5)
    deviations = offsets[:, 0].std(axis=0)
    assert abs(deviations[0] - 0.4) < 0.06
    assert deviations[0] > deviations[10] > deviations[30] > 0


def test_nothing_asked_for_is_nothing_done() -> None:
    np.testing.assert_array_equal(distort(FLOATS, OFF, np.random.default_rng(0)), FLOATS)


def test_the_same_seed_gives_the_same_and_another_another() -> None:
    ranges = Augmentation()
    first, again, other = (distort(FLOATS, ranges, np.random.default_rng(s)) for s in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any() and first.dtype == np.float32


def test_masks_come_last_and_hide_all() -> None:
    ranges = replace(Augmentation(), time_mask=100, frequency_mask=0)
    hidden = (distort(FLOATS, ranges, np.random.default_rng(0)) == 0).all(axis=2)
    assert hidden.all(axis=1).any()


def test_one_frame_cannot_be_stretched_but_does_no_harm() -> None:
    single = FLOATS[:, :1]
    np.testing.assert_array_equal(stretch(single, 0.3, 5.0, np.random.default_rng(0)), single)

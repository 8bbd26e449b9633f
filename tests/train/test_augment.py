"""Each transform does what it says, and the same seed gives the same window."""

import numpy as np

from train.augment import add_noise, augment, place, silence, some_noise
from train.settings import Augmentation

CLIP = (9000 * np.sin(np.arange(4000) / 5)).astype(np.int16)
RANGES = Augmentation()


def test_the_same_seed_gives_the_same_window() -> None:
    first, again, other = (
        augment(CLIP, 16_000, 16_000, RANGES, [], np.random.default_rng(seed)) for seed in (3, 3, 4)
    )
    assert first.shape == (16_000,) and first.dtype == np.int16
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_the_clip_stays_near_the_middle() -> None:
    random = np.random.default_rng(0)
    starts = []
    for _ in range(200):
        placed = place(CLIP.astype(float) + 1e-3, 16_000, 2400.0, random)
        starts.append(int(np.flatnonzero(placed)[0]))
        assert np.count_nonzero(placed) == 4000
    assert 6000 - 2400 <= min(starts) < 4500 and 7500 < max(starts) <= 6000 + 2400


def test_a_long_clip_is_cut() -> None:
    placed = place(np.ones(40_000), 16_000, 0.0, np.random.default_rng(0))
    assert placed.shape == (16_000,) and placed.all()


def test_noise_has_the_snr_that_was_drawn() -> None:
    audio = np.zeros(16_000)
    audio[6000:10_000] = CLIP
    noise = some_noise(16_000, [], np.random.default_rng(1))
    exact = Augmentation(noisiest=10.0, cleanest=10.0)
    added = add_noise(audio, noise, exact, np.random.default_rng(2)) - audio
    power = np.mean(CLIP.astype(float)[CLIP != 0] ** 2)
    assert abs(10 * np.log10(power / np.mean(added**2)) - 10.0) < 0.01


def test_levels_span_the_range() -> None:
    random = np.random.default_rng(0)
    peaks = [np.abs(silence(16_000, RANGES, [CLIP], random)).max() for _ in range(300)]
    assert min(peaks) == 0  # nothing at all, now and then
    assert 60 < min(peak for peak in peaks if peak) < 200 and max(peaks) > 20_000


def test_recorded_noise_is_used_and_may_be_short() -> None:
    random = np.random.default_rng(0)
    noises = [some_noise(16_000, [CLIP], random) for _ in range(40)]
    assert any(np.isin(noise, CLIP).all() for noise in noises)
    assert all(noise.shape == (16_000,) for noise in noises)

"""Each transform does what it says, and the same seed gives the same window."""

import random as global_random
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from train.augment import TRANSFORMS, augment, silence
from train.augment.channel import impulse_response, through_rate
from train.augment.context import Context
from train.augment.window import add_noise, place, some_noise
from train.settings import Augmentation

RATE = 16_000
CLIP = (9000 * np.sin(np.arange(4000) / 5)).astype(np.int16)
RANGES = Augmentation()
SURE = Augmentation(trim=1.0, room=1.0, hiss=1.0, noise=1.0, microphone=1.0, bandwidth=1.0)
SWITCHED = ("trim", "pitch", "speed", "room", "hiss", "noise", "microphone", "bandwidth")
NEVER = Augmentation(**dict.fromkeys(SWITCHED, 0.0))
Audio = NDArray[np.float64]


def changed(name: str, audio: Audio, seed: int, ranges: Augmentation = SURE) -> Audio:
    context = Context(RATE, RATE, ranges, [])
    return TRANSFORMS[name](audio, context, np.random.default_rng(seed))


def voice(seconds: float = 0.6) -> Audio:
    """Harmonics of 200 Hz; the fifth is the strongest."""
    time = np.arange(round(seconds * RATE)) / RATE
    return sum(
        (5000 / (1 + abs(k - 5)) * np.sin(400 * np.pi * k * time) for k in range(1, 9)),
        np.zeros(len(time)),
    )


def pitch_of(audio: Audio) -> float:
    """Hz of the strongest partial."""
    middle = audio[len(audio) // 4 : -len(audio) // 4]
    power = np.abs(np.fft.rfft(middle * np.hanning(len(middle)), 1 << 18))
    return float(np.fft.rfftfreq(1 << 18, 1 / RATE)[power.argmax()])


def spectrum(audio: Audio) -> tuple[Audio, Audio]:
    """Hz and power."""
    power = np.abs(np.fft.rfft(audio * np.hanning(len(audio)))) ** 2
    return np.fft.rfftfreq(len(audio), 1 / RATE), power.astype(np.float64)


def decibels(ratio: float) -> float:
    return float(10 * np.log10(max(1e-30, ratio)))


def snr(audio: Audio, noisy: Audio) -> float:
    return decibels(float(np.mean(audio**2) / np.mean((noisy - audio) ** 2)))


def test_the_transforms_have_an_order() -> None:
    voice, line = ["pitch", "speed", "room", "hiss"], ["microphone", "bandwidth"]
    assert list(TRANSFORMS) == ["trim", *voice, "shift", "noise", *line, "level"]


def test_the_same_seed_gives_the_same_window() -> None:
    first, again, other = (
        augment(CLIP, 16_000, 16_000, SURE, [], np.random.default_rng(seed)) for seed in (3, 3, 4)
    )
    assert first.shape == (16_000,) and first.dtype == np.int16
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_global_randomness_is_neither_used_nor_changed() -> None:
    windows = []
    for seed in (1, 2):
        global_random.seed(seed)
        np.random.seed(seed)
        before = global_random.getstate(), str(np.random.get_state())
        windows.append(augment(CLIP, 16_000, 16_000, SURE, [], np.random.default_rng(3)))
        assert (global_random.getstate(), str(np.random.get_state())) == before
    np.testing.assert_array_equal(windows[0], windows[1])


def test_a_stretch_to_twice_the_length_and_more_stays_the_same() -> None:
    noise = some_noise(8000, [], np.random.default_rng(0)) * 1e6
    ranges = replace(SURE, speed=0.9)
    for seed in range(6):
        np.testing.assert_array_equal(
            changed("speed", noise, seed, ranges), changed("speed", noise, seed, ranges)
        )


def test_importing_is_cheap() -> None:
    code = "import sys, train.augment; sys.exit('audiomentations' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("name", SWITCHED)
def test_switched_off_is_the_identity_and_draws_nothing(name: str) -> None:
    random = np.random.default_rng(5)
    before = random.bit_generator.state
    audio = CLIP.astype(float)
    assert TRANSFORMS[name](audio, Context(RATE, RATE, NEVER, []), random) is audio
    assert random.bit_generator.state == before


@pytest.mark.parametrize("seed", range(8))
def test_a_clip_is_cut_close_to_the_word(seed: int) -> None:
    """A pause at -60 dB around the word goes; what is as loud as -6 dB stays."""
    faint, soft = 0.001 * voice(0.2), 0.5 * voice(0.2)
    word = np.concatenate([soft, voice(0.4), soft])
    cut = changed("trim", np.concatenate([faint, word, faint]), seed)
    assert abs(len(cut) - len(word)) <= 0.02 * RATE
    np.testing.assert_array_equal(changed("trim", word, seed), word)


def test_sometimes_quiet_ends_of_the_word_are_cut_too() -> None:
    """A hiss at -20 dB, such as an `s` down a telephone."""
    hiss = np.random.default_rng(0).normal(size=RATE // 5) * 0.1 * voice(0.4).std()
    word = np.concatenate([hiss, voice(0.4), hiss])
    lengths = [len(changed("trim", word, seed)) / RATE for seed in range(12)]
    assert min(lengths) < 0.45
    assert max(lengths) == 0.8


@pytest.mark.parametrize("seed", range(4))
def test_a_recordings_own_noise_ends_with_it(seed: int) -> None:
    noisy = changed("hiss", voice(0.4), seed)
    assert len(noisy) == len(voice(0.4))
    assert SURE.noisiest <= snr(voice(0.4), noisy) <= SURE.cleanest


@pytest.mark.parametrize("seed", range(4))
def test_pitch_moves_by_what_was_drawn(seed: int) -> None:
    drawn = np.random.default_rng(seed).uniform(-SURE.pitch, SURE.pitch)
    moved = changed("pitch", voice(), seed)
    assert len(moved) == len(voice())
    assert abs(12 * np.log2(pitch_of(moved) / pitch_of(voice())) - drawn) < 0.1


@pytest.mark.parametrize("seed", range(4))
def test_speed_changes_the_length_by_what_was_drawn(seed: int) -> None:
    drawn = 1 + np.random.default_rng(seed).uniform(-SURE.speed, SURE.speed)
    moved = changed("speed", voice(), seed)
    assert abs(len(moved) - len(voice()) / drawn) <= 1
    assert abs(12 * np.log2(pitch_of(moved) / pitch_of(voice()))) < 0.1


@pytest.mark.parametrize("seed", range(4))
def test_a_room_keeps_the_onset_and_adds_a_tail(seed: int) -> None:
    def in_window(ranges: Augmentation) -> Audio:
        return changed("shift", changed("room", CLIP.astype(float), seed, ranges), 0, ranges)

    ranges = replace(SURE, shift=0.0)
    dry, wet = in_window(replace(ranges, room=0.0)), in_window(ranges)
    onsets = [int(np.flatnonzero(np.abs(audio) > 900)[0]) for audio in (dry, wet)]
    assert abs(onsets[0] - onsets[1]) < 0.002 * RATE
    end = int(np.flatnonzero(dry)[-1]) + 1
    tail = [np.sum(wet[end + start : end + start + 400] ** 2) for start in (0, 400, 800)]
    assert tail[0] > 1e-4 * np.sum(dry**2) and tail[0] > tail[1] > tail[2]
    before = wet[: onsets[0] - 100]
    assert decibels(np.sum(before**2) / np.sum(dry**2)) < -90


def test_echoes_decay_by_60_db_in_the_time_that_was_drawn() -> None:
    for seconds in (0.1, 0.3, 0.6):
        response = impulse_response(seconds, RATE, np.random.default_rng(1))
        assert response[0] == 1.0 and len(response) == round(seconds * RATE)
        parts = [response[round(at * seconds * RATE) :][: len(response) // 20] for at in (0.4, 0.9)]
        fall = decibels(np.mean(parts[0] ** 2) / np.mean(parts[1] ** 2))
        assert abs(fall - 30) < 4  # half of the time


def test_a_microphone_colours_by_at_most_8_db() -> None:
    impulse = np.zeros(4096)
    impulse[100] = 20_000
    spans = []
    for seed in range(60):
        response = np.abs(np.fft.rfft(changed("microphone", impulse, seed))) / 20_000
        gain = 20 * np.log10(np.maximum(response, 1e-6))
        hertz = np.fft.rfftfreq(4096, 1 / RATE)
        assert gain.max() <= 8.0
        assert gain[hertz > 1000].min() >= -8.5  # a high-pass at 300 Hz takes 0.4 dB here
        spans.append(np.ptp(gain[hertz > 1000]))
    assert np.median(spans) > 3


def test_some_microphones_are_thin() -> None:
    impulse = np.zeros(RATE)
    impulse[100] = 20_000
    low = [decibels(spectrum(changed("microphone", impulse, s))[1][5]) for s in range(60)]
    thin = np.sum(np.array(low) < np.median(low) - 8)
    assert 5 <= thin <= 30


def test_a_telephone_leaves_nothing_above_4_khz() -> None:
    noise = np.random.default_rng(0).normal(size=RATE) * 3000
    for edge in (3300, 4000, 6150, 7950):
        narrow = through_rate(noise, RATE, 2 * edge)
        assert len(narrow) == len(noise)
        hertz, power = spectrum(narrow)
        assert decibels(power[hertz > edge].sum() / power.sum()) < -30
        kept = power[hertz < 0.85 * edge].sum() / spectrum(noise)[1][hertz < 0.85 * edge].sum()
        assert abs(decibels(kept)) < 0.1


def test_half_of_the_narrow_bands_are_a_telephones() -> None:
    noise = np.random.default_rng(0).normal(size=RATE) * 3000
    edges = []
    for seed in range(80):
        hertz, power = spectrum(changed("bandwidth", noise, seed))
        edges.append(hertz[power > 1e-6 * power.max()].max())
    # the filter has fallen by 60 dB a little before the edge
    telephones = np.sum((np.array(edges) > 3890) & (np.array(edges) < 3920))
    assert 25 <= telephones <= 55
    assert min(edges) > 3200 and max(edges) > 7000


HOSTILE = {
    "nothing": np.zeros(0),
    "one sample": np.full(1, 32767),
    "320 samples": np.arange(320) * 100 - 16_000,
    "zeros": np.zeros(1600),
    "5 s of full-scale squares": np.where(np.arange(80_000) // 40 % 2, 32767, -32768),
    "direct current": np.full(9600, -32768),
    "faint": np.where(np.arange(9600) % 2, 1, -1),
}


@pytest.mark.parametrize("rate", [8000, 16_000, 44_100])
@pytest.mark.parametrize("name", HOSTILE)
def test_no_clip_breaks_it(name: str, rate: int) -> None:
    clip = HOSTILE[name].astype(np.int16)
    for seed in range(4):
        with np.errstate(divide="raise", over="raise", invalid="raise"):
            window = augment(clip, rate, rate, SURE, [], np.random.default_rng(seed))
        assert window.shape == (rate,) and window.dtype == np.int16
        assert window.any() == clip.any()


def test_full_scale_does_not_wrap_or_clip() -> None:
    loud = (32767 * np.sign(np.sin(np.arange(9600) / 9))).astype(np.int16)
    ranges = replace(SURE, quietest=0.0, loudest=0.0, noisiest=60.0, cleanest=60.0)
    for seed in range(4):
        windows = [
            augment(clip, RATE, RATE, ranges, [], np.random.default_rng(seed)).astype(float)
            for clip in (loud, (loud // 4).astype(np.int16))
        ]
        error = np.sum((windows[0] - windows[1]) ** 2) / np.sum(windows[0] ** 2)
        assert decibels(error) < -40  # the level of a clip makes no difference


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


def test_faint_echoes_do_not_count_as_the_clip() -> None:
    audio = np.zeros(16_000)
    audio[6000:10_000] = CLIP
    audio[10_000:] = 50.0
    noise = some_noise(16_000, [], np.random.default_rng(1))
    exact = Augmentation(noisiest=10.0, cleanest=10.0)
    added = add_noise(audio, noise, exact, np.random.default_rng(2)) - audio
    power = np.mean(CLIP.astype(float) ** 2)
    assert abs(10 * np.log10(power / np.mean(added**2)) - 10.0) < 0.02


def test_levels_span_the_range() -> None:
    random = np.random.default_rng(0)
    peaks = [np.abs(silence(16_000, 16_000, RANGES, [CLIP], random)).max() for _ in range(300)]
    assert min(peaks) == 0  # nothing at all, now and then
    assert 60 < min(peak for peak in peaks if peak) < 200 and max(peaks) > 20_000


def test_recorded_noise_is_used_and_may_be_short() -> None:
    random = np.random.default_rng(0)
    noises = [some_noise(16_000, [CLIP], random) for _ in range(40)]
    assert any(np.isin(noise, CLIP).all() for noise in noises)
    assert all(noise.shape == (16_000,) for noise in noises)

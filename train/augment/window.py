"""Fills the window: the position of the clip, the noise around it, and the overall level."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from train.augment.channel import happens
from train.augment.context import Audio, Context
from train.settings import Augmentation


def shift(audio: Audio, context: Context, random: np.random.Generator) -> Audio:
    most = context.ranges.shift * context.rate
    if happens(context.ranges.roam, random):
        most = max(most, (context.window - len(audio)) / 2)
    return place(audio, context.window, most, random)


def noise(audio: Audio, context: Context, random: np.random.Generator) -> Audio:
    if not happens(context.ranges.noise, random):
        return audio
    around = some_noise(len(audio), context.noises, random)
    return add_noise(audio, around, context.ranges, random)


def hiss(audio: Audio, context: Context, random: np.random.Generator) -> Audio:
    """Noise of the recording itself, which begins and ends with the clip. Otherwise no training
    example would look like a noisy clip in a window of zeros."""
    if not happens(context.ranges.hiss, random) or not len(audio):
        return audio
    return add_noise(audio, some_noise(len(audio), context.noises, random), context.ranges, random)


def level(audio: Audio, context: Context, random: np.random.Generator) -> Audio:
    return at_random_level(audio, context.ranges, random)


def place(audio: Audio, window: int, most: float, random: np.random.Generator) -> Audio:
    """Places the clip's middle up to `most` samples from the window's; what sticks out is cut."""
    start = (window - len(audio)) // 2 + round(random.uniform(-most, most))
    placed = np.zeros(window)
    first, last = max(0, start), min(window, start + len(audio))
    if first < last:
        placed[first:last] = audio[first - start : last - start]
    return placed


def some_noise(length: int, noises: list[NDArray[np.int16]], random: np.random.Generator) -> Audio:
    """A stretch of recorded noise, or coloured noise: white to brown."""
    if noises and random.random() < 0.5:
        recorded = noises[random.integers(len(noises))]
        start = random.integers(max(1, len(recorded) - length + 1))
        return np.resize(recorded[start : start + length], length).astype(np.float64)
    spectrum = np.fft.rfft(random.normal(size=length))
    spectrum[1:] *= np.arange(1, len(spectrum)) ** -random.uniform(0.0, 1.0)
    return np.fft.irfft(spectrum, length)


def add_noise(
    audio: Audio, noise: Audio, ranges: Augmentation, random: np.random.Generator
) -> Audio:
    """Adds noise at a random SNR, relative to the power of the clip's audible part."""
    loudness = np.abs(audio)
    sounds = np.flatnonzero(loudness > loudness.max() / 100)  # without a room's last, faint echoes
    if not len(sounds):
        return audio
    power = np.mean(audio[sounds[0] : sounds[-1] + 1] ** 2)
    snr = random.uniform(ranges.noisiest, ranges.cleanest)
    gain = np.sqrt(power / max(1e-12, np.mean(noise**2)) * 10 ** (-snr / 10))
    return audio + gain * noise


def at_random_level(audio: Audio, ranges: Augmentation, random: np.random.Generator) -> Audio:
    """Scaled so that the loudest sample is at `quietest` to `loudest` dBFS."""
    return with_peak(audio, random.uniform(ranges.quietest, ranges.loudest))


def with_peak(audio: Audio, level: float) -> Audio:
    """Scaled so that the loudest sample is at `level` dBFS."""
    peak = max(1e-9, float(np.abs(audio).max(initial=0.0)))
    return audio * (32767.0 / peak * 10.0 ** (level / 20.0))

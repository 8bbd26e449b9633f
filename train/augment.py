"""What a microphone and a room do to a clip, drawn at random for each copy: on the waveform."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from train.data.clip import to_int16
from train.settings import Augmentation

Audio = NDArray[np.float64]


def augment(
    samples: NDArray[np.int16],
    window: int,
    rate: int,
    ranges: Augmentation,
    noises: list[NDArray[np.int16]],
    random: np.random.Generator,
) -> NDArray[np.int16]:
    """A window with the clip somewhere near its middle, at some level, in some noise."""
    audio = place(samples.astype(np.float64), window, ranges.shift * rate, random)
    audio = add_noise(audio, some_noise(window, noises, random), ranges, random)
    return at_random_level(audio, ranges, random)


def place(audio: Audio, window: int, most: float, random: np.random.Generator) -> Audio:
    """The clip's middle up to `most` samples beside the window's; what sticks out is cut."""
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
    """At a random SNR between the clip's own power, where it sounds, and the noise's."""
    sounding = audio[audio != 0]
    if not len(sounding):
        return audio
    snr = random.uniform(ranges.noisiest, ranges.cleanest)
    gain = np.sqrt(np.mean(sounding**2) / max(1e-12, np.mean(noise**2)) * 10 ** (-snr / 10))
    return audio + gain * noise


def at_random_level(
    audio: Audio, ranges: Augmentation, random: np.random.Generator
) -> NDArray[np.int16]:
    level = random.uniform(ranges.quietest, ranges.loudest)
    peak = max(1e-9, float(np.abs(audio).max()))
    return to_int16(audio * (32767.0 / peak * 10.0 ** (level / 20.0)))


def silence(
    window: int,
    ranges: Augmentation,
    noises: list[NDArray[np.int16]],
    random: np.random.Generator,
) -> NDArray[np.int16]:
    """Nobody speaks: noise of any level, now and then nothing at all."""
    if random.random() < 0.1:
        return np.zeros(window, np.int16)
    return at_random_level(some_noise(window, noises, random), ranges, random)

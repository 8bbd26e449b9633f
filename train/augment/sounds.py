"""Generated non-speech sounds: tones, bursts and hum, alone or mixed.

They are more varied than sounds in real rooms, so that a model learns what a word is, not what some
music is. `tools.stream` tests it on music, hum and knocks that are generated differently.
"""

from __future__ import annotations

import numpy as np

from train.augment.context import Audio

MOST_LAYERS = 3
HARMONICS = 24


def sound(length: int, rate: int, random: np.random.Generator) -> Audio:
    """Several layers at random levels, some of them overlapping in time."""
    audio = np.zeros(length)
    for _ in range(random.integers(1, MOST_LAYERS + 1)):
        layer = LAYERS[random.integers(len(LAYERS))](length, rate, random)
        audio += _even(layer) * 10 ** (-random.uniform(0.0, 20.0) / 20)
    return audio


def notes(length: int, rate: int, random: np.random.Generator) -> Audio:
    """One to eight tones, in sequence or together: plucked, bowed, sung or whistled."""
    audio = np.zeros(length)
    count = int(random.integers(1, 9))
    apart = random.uniform(0.0, length / rate / count)  # 0: a chord
    start = random.uniform(-0.5, 0.5)
    home = 2.0 ** random.uniform(np.log2(50.0), np.log2(1500.0))  # Hz
    alike = random.integers(2**31)  # all tones of an instrument sound alike
    for number in range(count):
        hertz = home * 2.0 ** (random.integers(-12, 13) / 12)
        seconds = random.uniform(0.1, 1.5)
        tone = _tone(hertz, round(seconds * rate), rate, np.random.default_rng(alike))
        _add(audio, round((start + number * apart) * rate), tone)
    return audio


def _tone(hertz: float, count: int, rate: int, random: np.random.Generator) -> Audio:
    """Decaying harmonics with vibrato or a glide, sometimes with resonances that may move."""
    time = np.arange(count) / rate
    bend = random.choice([0.0, random.uniform(-0.5, 0.5)]) * time / max(time[-1], 1e-3)
    vibrato = random.choice([0.0, random.uniform(0.005, 0.04)])
    pace = random.uniform(3.0, 8.0)  # Hz
    pitch = hertz * 2.0 ** (bend + vibrato * np.sin(2 * np.pi * pace * time))
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    slope = random.uniform(0.2, 2.0)
    fade = random.choice([0.0, random.uniform(0.5, 8.0)])  # of the first harmonic, 1/s
    resonances = [
        (_glide(random.uniform(200.0, 3500.0, 2), count), random.uniform(60.0, 300.0))
        for _ in range(random.integers(0, 4))
    ]
    audio = np.zeros(count)
    for n in range(1, 1 + max(1, min(HARMONICS, int(rate / 2 / hertz)))):
        gain = n**-slope * np.exp(-fade * n * time)
        if resonances:
            near = [1 / (1 + ((n * pitch - at) / wide) ** 2) for at, wide in resonances]
            gain = gain * (0.03 + np.sum(near, axis=0))
        audio += gain * np.sin(n * phase + random.uniform(0.0, 2 * np.pi))
    rise = random.uniform(0.002, 0.2)
    return audio * np.minimum(1.0, np.minimum(time, time[::-1]) / rise)


def _glide(ends: Audio, count: int) -> Audio:
    return np.linspace(float(ends[0]), float(ends[1]), count)


def bursts(length: int, rate: int, random: np.random.Generator) -> Audio:
    """Knocks, keys, drums, claps, hisses: decaying noise or a ringing tone, once or repeated."""
    audio = np.zeros(length)
    apart = random.uniform(0.04, 0.6)
    at = random.uniform(0.0, 0.8) * length / rate
    decay = 10 ** random.uniform(0.5, 2.7)  # 1/s
    ringing = random.uniform(60.0, 4000.0)  # Hz
    sharp = random.uniform(0.0, 1.0)
    low, high = np.sort(random.uniform(0.0, rate / 2, 2))
    for _ in range(random.integers(1, 9)):
        time = np.arange(round(min(0.6, 7.0 / decay) * rate) + 16) / rate
        noise = _band(len(time), rate, low, max(high, low + 300.0), random)
        fall = ringing * (1 - random.uniform(0.0, 0.5) * np.minimum(1.0, 10 * time))
        ring = np.sin(2 * np.pi * np.cumsum(fall) / rate)
        _add(audio, round(at * rate), (sharp * noise + (1 - sharp) * ring) * np.exp(-decay * time))
        at += apart * random.uniform(0.7, 1.3)
    return audio


def hum(length: int, rate: int, random: np.random.Generator) -> Audio:
    """Mains and motors: steady harmonics of 40 to 200 Hz, some rising and falling like a motor."""
    time = np.arange(length) / rate
    base = random.choice([50.0, 60.0, random.uniform(40.0, 200.0)])
    audio = np.zeros(length)
    for n in range(1, 1 + int(random.integers(3, 30))):
        strength = random.uniform(0.1, 1.0) * n ** -random.uniform(0.3, 1.5)
        audio += strength * np.sin(2 * np.pi * base * n * time + random.uniform(0.0, 6.3))
    swell = random.choice([0.0, random.uniform(0.1, 1.0)])
    slow = 1 + swell * np.sin(2 * np.pi * random.uniform(0.3, 12.0) * time + random.uniform(0, 6.3))
    begins, ends = np.sort(random.uniform(-1.0, 2.0, 2)) * length / rate
    return audio * slow * ((time >= begins) & (time < ends) | (random.random() < 0.6))


def swells(length: int, rate: int, random: np.random.Generator) -> Audio:
    """Wind, water, a passing car: a band of noise that rises and falls."""
    low, high = np.sort(random.uniform(0.0, rate / 2, 2))
    audio = _band(length, rate, low, max(high, low + 300.0), random)
    knots = random.uniform(0.0, 1.0, int(random.integers(2, 9))) ** 2
    return audio * np.interp(np.linspace(0, len(knots) - 1, length), np.arange(len(knots)), knots)


LAYERS = (notes, notes, bursts, hum, swells)


def _band(length: int, rate: int, low: float, high: float, random: np.random.Generator) -> Audio:
    spectrum = np.fft.rfft(random.normal(size=length))
    hertz = np.fft.rfftfreq(length, 1 / rate)
    spectrum[(hertz < low) | (hertz > high)] = 0.0
    return _even(np.fft.irfft(spectrum, length))


def _add(audio: Audio, start: int, sound: Audio) -> None:
    """Adds in place; cuts off what does not fit."""
    first, last = max(0, start), min(len(audio), start + len(sound))
    if first < last:
        audio[first:last] += sound[first - start : last - start]


def _even(audio: Audio) -> Audio:
    """Scaled to a mean power of 1."""
    return audio / max(1e-9, float(np.sqrt(np.mean(audio**2))))

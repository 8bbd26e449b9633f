"""Sounds that are not speech: music, hum, knocks. Synthesized, of any length, RMS about 1."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Audio = NDArray[np.float64]
Sound = Callable[[int, int, np.random.Generator], Audio]  # samples, rate

SCALE = (0, 2, 4, 5, 7, 9, 11)  # semitones of a major scale
CHORDS = ((0, 2, 4), (3, 5, 7), (4, 6, 8), (5, 7, 9))  # steps of the scale
SECTION = 8  # seconds of music in one style


def music(count: int, rate: int, random: np.random.Generator) -> Audio:
    """Chords, arpeggios, a melody with vibrato, drums: alone and combined, at any tempo."""
    audio = np.zeros(count)
    for start in range(0, count, SECTION * rate):
        room = audio[start : start + SECTION * rate]
        beat = random.uniform(0.2, 0.8)
        tonic = 55.0 * 2 ** random.uniform(0, 2)
        parts = random.random(4) < 0.5
        parts[random.integers(4)] = True
        for time in np.arange(0, len(room) / rate, beat):
            chord = CHORDS[random.integers(len(CHORDS))]
            if parts[0]:
                for step in chord:
                    _add(room, time, _note(_pitch(tonic, step), beat, rate, random), rate)
            if parts[1]:
                for number in range(4):
                    at = time + number * beat / 4
                    step = chord[number % 3] + 7
                    _add(room, at, _note(_pitch(tonic, step), beat / 2, rate, random), rate)
            if parts[2] and random.random() < 0.7:
                step = int(random.integers(7, 21))
                _add(room, time, 2 * _voice(_pitch(tonic, step), beat, rate, random), rate)
            if parts[3]:
                _add(room, time, 3 * _drum(rate, random), rate)
    return _even(audio)


def _pitch(tonic: float, step: int) -> float:
    octave, degree = divmod(step, len(SCALE))
    return tonic * 2 ** (octave + SCALE[degree] / 12)


def _note(hertz: float, seconds: float, rate: int, random: np.random.Generator) -> Audio:
    """A plucked note: harmonics that decay, higher ones faster."""
    time = np.arange(int(2 * seconds * rate)) / rate
    decay = random.uniform(1.5, 6.0)
    audio = np.zeros(len(time))
    for n in range(1, 1 + min(6, int(rate / 2 / hertz))):
        tone = np.sin(2 * np.pi * hertz * n * time + random.uniform(0, 6.3))
        audio += tone * np.exp(-decay * n * time) / n
    return audio


def _voice(hertz: float, seconds: float, rate: int, random: np.random.Generator) -> Audio:
    """A sung or bowed note: harmonics with vibrato, and two gliding resonances as in vowels."""
    time = np.arange(int(seconds * rate)) / rate
    phase = 2 * np.pi * hertz * time + 0.02 * hertz / 5.5 * np.sin(2 * np.pi * 5.5 * time)
    first = _glide(random.uniform(300, 900, 2), len(time))
    second = _glide(random.uniform(900, 2400, 2), len(time))
    audio = np.zeros(len(time))
    for n in range(1, min(24, int(rate / 2 / hertz))):
        low = 1.0 / (1 + ((n * hertz - first) / 120) ** 2)
        high = 0.6 / (1 + ((n * hertz - second) / 200) ** 2)
        audio += (low + high) * np.sin(n * phase)
    return audio * np.minimum(1, np.minimum(time, time[::-1]) / 0.05)


def _glide(ends: Audio, count: int) -> Audio:
    return np.linspace(float(ends[0]), float(ends[1]), count)


def _drum(rate: int, random: np.random.Generator) -> Audio:
    """A burst of noise, or a low, falling tone."""
    time = np.arange(int(0.3 * rate)) / rate
    decay = np.exp(-random.uniform(10, 40) * time)
    if random.random() < 0.5:
        return random.normal(size=len(time)) * decay
    return 2 * np.sin(2 * np.pi * random.uniform(4, 10) * (1 - np.exp(-12 * time))) * decay


def hum(count: int, rate: int, random: np.random.Generator) -> Audio:
    """Mains hum and its harmonics, odd ones stronger; it fades in and out."""
    mains = 50.0 if random.random() < 0.5 else 60.0
    time = np.arange(count) / rate
    audio = np.zeros(count)
    for n in range(1, 21):
        strength = random.uniform(0.2, 1.0) / n * (1.0 if n % 2 else 0.4)
        audio += strength * np.sin(2 * np.pi * mains * n * time + random.uniform(0, 6.3))
    knots = random.choice([0.0, 0.3, 1.0], count // (5 * rate) + 2)
    slow = np.interp(time, 5.0 * np.arange(len(knots)), knots)
    return _even(audio * slow)


def knocks(count: int, rate: int, random: np.random.Generator) -> Audio:
    """Clicks, keystrokes, objects put down: single and in series, dull and sharp."""
    audio = np.zeros(count)
    time = 0.5
    while time < count / rate:
        series, apart = int(random.integers(1, 9)), random.uniform(0.06, 0.4)
        sharp = random.uniform(0.0, 1.0)
        for number in range(series):
            _add(audio, time + number * apart, _knock(sharp, rate, random), rate)
        time += series * apart + random.exponential(1.0)
    return _even(audio)


def _knock(sharp: float, rate: int, random: np.random.Generator) -> Audio:
    time = np.arange(int(0.1 * rate)) / rate
    ring = np.sin(2 * np.pi * random.uniform(80, 3000) * time)
    decay = np.exp(-random.uniform(40, 400) * time)
    return (sharp * random.normal(size=len(time)) + (1 - sharp) * ring) * decay


def _add(audio: Audio, seconds: float, sound: Audio, rate: int) -> None:
    """Adds the sound at that time; what extends past the end is cut off."""
    start = int(seconds * rate)
    room = audio[start : start + len(sound)]
    room += sound[: len(room)]


def _even(audio: Audio) -> Audio:
    return audio / max(1e-9, float(np.sqrt(np.mean(audio**2))))

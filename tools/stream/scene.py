"""Makes one scene: words with pauses, or minutes of one kind of sound; samples and label track."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from tools.stream import sounds
from tools.stream.speech import sentence, span
from train.augment import some_noise
from train.augment.channel import impulse_response
from train.data.clip import resample, to_int16
from train.data.entry import Entry
from train.data.load import load, read_part
from train.data.long.labels import Label, track_of, write_track
from train.data.noises import Noises
from train.data.sources import synthetic

RATE = 16_000  # Hz
SPEECH = -26.0  # dB of full scale: mean power of a word,
SPREAD = 6.0  # and how much louder or softer it may be
QUIET, NOISY = -56.0, -36.0  # mean power of the background: 30 and 10 dB below
DIGIT_PAUSE = (1.0, 2.5)  # seconds between clips
WORD_PAUSE = (0.2, 1.5)
SOUND_LEVELS = (-50.0, -15.0)  # dB of full scale, of sounds that are not speech
STRETCH = 30  # seconds at one level
LOWEST = 50.0  # Hz, for noise
FADE = 80  # samples; without it, a clip that begins with noise would click
FAR = -10.0  # dB: somebody at the other end of the room, against somebody near the microphone
ECHO = (0.2, 0.6)  # seconds in which the room's echo decays by 60 dB

Audio = NDArray[np.float64]
NOT_SPEECH = {"music": sounds.music, "hum": sounds.hum, "knocks": sounds.knocks, "noise": None}


@dataclass(frozen=True)
class Part:
    """A part of a long recording, in seconds."""

    path: Path
    start: float
    end: float


@dataclass(frozen=True)
class Scene:
    """One file: `clips` with pauses over a background, or `seconds` of one kind of sound."""

    kind: str
    number: int
    seed: int
    clips: tuple[Entry, ...] = ()
    noises: tuple[Entry, ...] = ()
    background: float = QUIET
    pause: tuple[float, float] = WORD_PAUSE
    seconds: int = 0
    behind: tuple[Part, ...] = ()  # real sound instead of noise
    spread: float = SPREAD
    far: bool = False

    @property
    def name(self) -> str:
        return f"{self.kind.replace(', ', '-').replace(' ', '-')}-{self.number:02}"

    def random(self) -> np.random.Generator:
        return np.random.default_rng([self.seed, zlib.crc32(self.kind.encode()), self.number])


def write(folder: Path, scene: Scene) -> float:
    """Writes the scene; returns its length in seconds."""
    samples, labels = render(scene)
    path = folder / f"{scene.name}.wav"
    soundfile.write(path, samples, RATE, subtype="PCM_16")
    write_track(track_of(path), labels)
    return len(samples) / RATE


def render(scene: Scene) -> tuple[NDArray[np.int16], list[Label]]:
    """Returns samples and the label track, which also names the kind."""
    audio, labels = arrange(scene)
    return to_int16(audio), [*labels, Label(0.0, len(audio) / RATE, scene.kind)]


def arrange(scene: Scene) -> tuple[Audio, list[Label]]:
    random = scene.random()
    if scene.kind in NOT_SPEECH:
        return _sound(scene, random), []
    pieces, labels, place = [], [], 0
    room = impulse_response(random.uniform(*ECHO), RATE, random) if scene.far else None
    for entry in _spoken(scene, random):
        pause = np.zeros(int(random.uniform(*scene.pause) * RATE))
        clip, start, end = _clip(entry, scene.spread, room, random)
        begins = (place + len(pause)) / RATE
        labels.append(Label(begins + start, begins + end, entry.label))
        pieces += [pause, clip]
        place += len(pause) + len(clip)
        if scene.seconds and place >= scene.seconds * RATE:
            break
    pieces.append(np.zeros(2 * RATE))
    audio = np.concatenate(pieces)
    if scene.seconds:
        audio = audio[: scene.seconds * RATE]
        labels = [one for one in labels if one.end <= scene.seconds]
    if scene.behind:
        return audio + _real(scene.behind, len(audio), scene.background, random), labels
    behind = _noise(len(audio), list(_noises(scene.noises)), random)
    return audio + _at(behind, scene.background), labels


def _real(parts: Sequence[Part], count: int, level: float, random: np.random.Generator) -> Audio:
    """Stretches of long recordings, each at this level."""
    pieces: list[Audio] = []
    while (place := sum(map(len, pieces))) < count:
        part = parts[random.integers(len(parts))]
        seconds = min(STRETCH, max(1.0, (count - place) / RATE), part.end - part.start)
        start = random.uniform(part.start, part.end - seconds)
        audio = read_part(part.path, start, start + seconds, RATE).astype(np.float64)
        pieces.append(_at(audio, level))
    return np.concatenate(pieces)[:count]


def _spoken(scene: Scene, random: np.random.Generator) -> Iterator[Entry]:
    """Yields the clips in order; to fill minutes, at random, all before any is repeated."""
    if not scene.seconds:
        yield from scene.clips
        return
    while True:
        if scene.clips:
            yield from (scene.clips[i] for i in random.permutation(len(scene.clips)))
            continue
        speaker = int(random.integers(1_000_000))
        voices = synthetic.voices(60, speaker)
        voice = voices[random.integers(len(voices))]
        yield Entry("synthetic", "unknown", sentence(random), f"synthetic-{speaker}", voice=voice)


def _clip(
    entry: Entry, spread: float, room: Audio | None, random: np.random.Generator
) -> tuple[Audio, float, float]:
    """Returns samples at a random level, and where the word begins and ends in seconds: its direct
    sound, if there is a room with an echo."""
    samples = resample(load(entry), RATE).samples
    start, end = span(samples, RATE)
    audio = samples.astype(np.float64)
    word = audio[int(start * RATE) : int(end * RATE)]
    audio *= _gain(
        word, SPEECH + random.uniform(-spread, spread) + (FAR if room is not None else 0)
    )
    edge = np.linspace(0.0, 1.0, min(FADE, len(audio)))
    audio[: len(edge)] *= edge
    audio[len(audio) - len(edge) :] *= edge[::-1]
    if room is None:
        return audio, start, end
    from scipy.signal import fftconvolve  # takes half a second to import, and few scenes need it

    return fftconvolve(audio, room), start, end


def _sound(scene: Scene, random: np.random.Generator) -> Audio:
    """Makes stretches of different levels over a quiet background, with occasional silence."""
    count = scene.seconds * RATE
    recorded = list(_noises(scene.noises))
    make = NOT_SPEECH[scene.kind]
    pieces = []
    for start in range(0, count, STRETCH * RATE):
        length = min(STRETCH * RATE, count - start)
        audio = make(length, RATE, random) if make else _noise(length, recorded, random)
        pieces.append(_at(audio, random.uniform(*SOUND_LEVELS)))
    behind = _at(_noise(count, [], random), random.uniform(-75.0, QUIET))
    silent = random.random() < 0.25
    return np.concatenate(pieces) + (0.0 if silent else 1.0) * behind


def _noise(count: int, recorded: list[NDArray[np.int16]], random: np.random.Generator) -> Audio:
    """Makes noise as in training, but without inaudible frequencies: over minutes, brown noise has
    little else, and its level would be meaningless."""
    spectrum = np.fft.rfft(some_noise(count, recorded, random))
    spectrum[: int(LOWEST * count / RATE)] = 0.0
    return np.fft.irfft(spectrum, count)


@lru_cache(maxsize=1)
def _noises(entries: Sequence[Entry]) -> tuple[NDArray[np.int16], ...]:
    """Returns the part of each that is not used for training."""
    recorded = [resample(load(entry), RATE).samples for entry in entries]
    kept = Noises(split="validation")
    return tuple(samples[kept.part(len(samples))] for samples in recorded)


def _at(audio: Audio, level: float) -> Audio:
    return audio * _gain(audio, level)


def _gain(audio: Audio, level: float) -> float:
    """Returns the gain to a mean power in dB of full scale."""
    power = float(np.mean(audio**2)) if len(audio) else 0.0
    return 32768.0 * 10 ** (level / 20) / max(1e-9, power**0.5)

"""`python -m tools.stream.scenes`: make recordings with label tracks to measure detection.

Digits with pauses, in quiet and in noise, and sounds that must not be detected: other words,
running speech, noise, music, hum, knocks. The words come from the development speakers of a run,
the noises from the parts reserved for development; without a run they are synthesized. The same
command always makes the same files.
"""

from __future__ import annotations

import argparse
import json
import sys
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from convert.errors import ModelError
from convert.source import read_run
from convert.testset import STRANGERS
from tools.stream import sounds
from tools.stream.speech import sentence, span
from train.augment import some_noise
from train.cache import open_cache
from train.command import CommandParser, run_command
from train.data.clip import resample, to_int16
from train.data.corpus import read_corpus
from train.data.entry import Entry
from train.data.load import load
from train.data.long.labels import Label, track_of, write_track
from train.data.noises import Noises
from train.data.sources import synthetic
from train.errors import CompilerError, ConfigError, DataError
from train.fit.runs import read_settings_of
from train.settings import judged_split
from train.spread.workers import in_parallel

OUT = Path("build/scenes")
LIST = "scenes.json"  # lists the files that this command wrote
RATE = 16_000  # Hz
FILE = 300  # seconds per file
CLIPS = 80  # words per file of digits
SPEECH = -26.0  # dB of full scale: mean power of a word,
SPREAD = 6.0  # and how much louder or softer it may be
QUIET, NOISY = -56.0, -36.0  # mean power of the background: 30 and 10 dB below
DIGIT_PAUSE = (1.0, 2.5)  # seconds between clips
WORD_PAUSE = (0.2, 1.5)
SOUND_LEVELS = (-50.0, -15.0)  # dB of full scale, of sounds that are not speech
STRETCH = 30  # seconds at one level
LOWEST = 50.0  # Hz, for noise
FADE = 80  # samples; without it, a clip that begins with noise would click

Audio = NDArray[np.float64]
NOT_SPEECH = {"music": sounds.music, "hum": sounds.hum, "knocks": sounds.knocks, "noise": None}


@dataclass(frozen=True)
class Voices:
    """The material for scenes."""

    digits: tuple[Entry, ...]
    others: tuple[Entry, ...]
    noises: tuple[Entry, ...]
    what: str


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

    @property
    def name(self) -> str:
        return f"{self.kind.replace(', ', '-').replace(' ', '-')}-{self.number:02}"

    def random(self) -> np.random.Generator:
        return np.random.default_rng([self.seed, zlib.crc32(self.kind.encode()), self.number])


def main(arguments: list[str] | None = None) -> int:
    parser = CommandParser(
        prog="python -m tools.stream.scenes",
        description=__doc__,
        epilog="example: python -m tools.stream.scenes --run build/runs/NAME && "
        "python -m tools.stream build/scenes",
    )
    parser.add_argument(
        "--run",
        type=Path,
        help="use the words of this run's development speakers (default: synthesized speakers)",
    )
    parser.add_argument("--out", type=Path, default=OUT, help=f"a folder (default: {OUT})")
    parser.add_argument(
        "--minutes",
        type=int,
        default=20,
        help="minutes of each kind of sound without digits (default: 20)",
    )
    parser.add_argument(
        "--speakers",
        type=int,
        default=60,
        help="number of synthesized speakers if --run is not given (default: 60)",
    )
    options = parser.parse_args(arguments)
    if options.minutes < 1 or options.speakers < 1:
        parser.error("--minutes, --speakers: give at least 1")
    return run_command(
        lambda: _make(options),
        (DataError, ModelError, ConfigError, CompilerError),
        "some files are missing; run it again to make them",
    )


def _make(options: argparse.Namespace) -> int:
    check_place(options.out)
    voices = of_run(options.run) if options.run else synthesized(options.speakers)
    planned = plan(voices, options.minutes)
    try:
        _clear(options.out)
        names = [scene.name for scene in planned]
        (options.out / LIST).write_text(json.dumps({"of": voices.what, "scenes": names}, indent=2))
        made = list(in_parallel(partial(write, options.out), planned, "making", unit="files"))
    except (OSError, soundfile.SoundFileError) as error:
        raise DataError(
            f"{options.out}: cannot be written ({error}); give another --out"
        ) from error
    print(
        f"{options.out}: {len(made)} files, {sum(made) / 3600:.1f} hours, "
        f"{2 * len(voices.digits):,} digits; {voices.what}"
    )
    return 0


def check_place(folder: Path) -> None:
    """Raises an error if the folder contains anything that this command did not write."""
    if folder.exists() and not (folder / LIST).is_file() and any(folder.iterdir()):
        raise DataError(f"{folder}: contains files that are not scenes; give another --out")


def _clear(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / LIST).is_file():
        for name in json.loads((folder / LIST).read_text())["scenes"]:
            (folder / f"{name}.wav").unlink(missing_ok=True)
            track_of(folder / f"{name}.wav").unlink(missing_ok=True)


def of_run(run: Path) -> Voices:
    """Returns the run's development clips, if its recordings are unchanged: a threshold chosen on
    scenes must not be chosen on test speakers."""
    source, settings = read_run(run), read_settings_of(run)
    corpus = read_corpus(settings, open_cache())
    if corpus.fingerprint != source.described["data"]:
        raise DataError(
            f"{run}: its recordings have changed, so its development speakers are unknown; "
            "train again, or omit --run"
        )
    chosen = [corpus.entries[i] for i in corpus.of(judged_split(settings))]
    return Voices(
        tuple(entry for entry in chosen if entry.kind == "digits"),
        tuple(entry for entry in chosen if entry.kind == "unknown"),
        corpus.noises.entries,
        f"the development speakers of {run.resolve().name}",
    )


def synthesized(speakers: int) -> Voices:
    found = synthetic.entries(speakers, STRANGERS, len(synthetic.OTHER_WORDS))
    return Voices(
        tuple(entry for entry in found if entry.kind == "digits"),
        tuple(entry for entry in found if entry.kind == "unknown"),
        (),
        f"{speakers} synthesized speakers",
    )


def plan(voices: Voices, minutes: int, seed: int = 0) -> list[Scene]:
    """Plans every digit once in quiet and once in noise, and `minutes` of each other kind."""
    scenes = []
    for room, background in (("quiet", QUIET), ("noise", NOISY)):
        for source in sorted({entry.source for entry in voices.digits}):
            own = [entry for entry in voices.digits if entry.source == source]
            order = np.random.default_rng(seed).permutation(len(own))
            parts = [order[start : start + CLIPS] for start in range(0, len(own), CLIPS)]
            scenes += [
                Scene(f"digits of {source}, {room}", number, seed, tuple(own[i] for i in part),
                      voices.noises, background, DIGIT_PAUSE)
                for number, part in enumerate(parts)
            ]  # fmt: skip
        for number, seconds in enumerate(_files(minutes) if voices.others else ()):
            scenes.append(
                Scene(f"other words, {room}", number, seed, voices.others, voices.noises,
                      background, seconds=seconds)
            )  # fmt: skip
    for kind in ("running speech", *NOT_SPEECH):
        scenes += [
            Scene(kind, number, seed, noises=voices.noises, seconds=seconds)
            for number, seconds in enumerate(_files(minutes))
        ]
    return scenes


def _files(minutes: int) -> list[int]:
    """Returns the length of each file in seconds."""
    borders = [*range(0, 60 * minutes, FILE), 60 * minutes]
    return [end - start for start, end in pairwise(borders)]


def write(folder: Path, scene: Scene) -> float:
    """Writes the scene; returns its length in seconds."""
    audio, labels = arrange(scene)
    path = folder / f"{scene.name}.wav"
    soundfile.write(path, to_int16(audio), RATE, subtype="PCM_16")
    seconds = len(audio) / RATE
    write_track(track_of(path), [*labels, Label(0.0, seconds, scene.kind)])
    return seconds


def arrange(scene: Scene) -> tuple[Audio, list[Label]]:
    random = scene.random()
    if scene.kind in NOT_SPEECH:
        return _sound(scene, random), []
    pieces, labels, place = [], [], 0
    for entry in _spoken(scene, random):
        pause = np.zeros(int(random.uniform(*scene.pause) * RATE))
        clip, start, end = _clip(entry, random)
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
    behind = _noise(len(audio), list(_noises(scene.noises)), random)
    return audio + _at(behind, scene.background), labels


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


def _clip(entry: Entry, random: np.random.Generator) -> tuple[Audio, float, float]:
    """Returns samples at a random level, and where the word begins and ends in seconds."""
    samples = resample(load(entry), RATE).samples
    start, end = span(samples, RATE)
    audio = samples.astype(np.float64)
    word = audio[int(start * RATE) : int(end * RATE)]
    audio *= _gain(word, SPEECH + random.uniform(-SPREAD, SPREAD))
    edge = np.linspace(0.0, 1.0, min(FADE, len(audio)))
    audio[: len(edge)] *= edge
    audio[len(audio) - len(edge) :] *= edge[::-1]
    return audio, start, end


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


if __name__ == "__main__":
    sys.exit(main())

"""`record`: clips from the board's own microphone, saved to a folder that training reads:
LABEL/SPEAKER/NUMBER.wav.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from tools.board import requests
from tools.board.errors import LinkError
from tools.board.link import Link
from tools.board.show import Screen
from tools.board.words import RATE, Words
from train.errors import DataError
from train.settings.words import LABEL, LABEL_RULE, NOISES

PATIENCE = 60.0  # seconds of sound without a word
NAME = re.compile(r"\w[\w .-]*")  # a speaker's

Samples = NDArray[np.int16]


def check_names(label: str, speaker: str) -> None:
    """Checks that both can be folder names, and that training accepts the label."""
    if not LABEL.fullmatch(label):
        raise DataError(f"--label: {label!r} is not a valid label; {LABEL_RULE}")
    if not NAME.fullmatch(speaker):
        raise DataError(
            f"--speaker: {speaker!r} is not a valid folder name; use letters and digits"
        )


def record(
    link: Link, folder: Path, label: str, speaker: str, count: int, seconds: float, screen: Screen
) -> Iterator[Path]:
    """Yields each clip's file once it is complete: for noise, pieces of `seconds`; else words."""
    files = free_files(folder / label / speaker)
    rate = int(requests.info(link, requests.SIZES)["rate"])
    with requests.recording(link) as pieces:
        source = (
            stretches(pieces, round(seconds * rate))
            if label in NOISES
            else spoken(pieces, label, screen, rate)
        )
        for samples in itertools.islice(source, count):
            path = next(files)
            write_clip(path, samples, rate)
            yield path


def spoken(
    pieces: Iterator[tuple[int, Samples]], label: str, screen: Screen, rate: int = RATE
) -> Iterator[Samples]:
    words = Words(rate)
    expected: int | None = None
    waited = 0
    for index, samples in pieces:
        if expected not in (None, index):
            screen.say(f"{(index - (expected or 0)) % 2**32} samples were lost; please repeat")
            words.forget()
        expected = (index + len(samples)) % 2**32
        waited += len(samples)
        for word in words.push(samples):
            waited = 0
            yield word
        state = "recording" if words.speaking else f"say {label!r}"
        screen.level(words.level, state)
        if waited > PATIENCE * rate:
            raise LinkError(
                f"no speech for {PATIENCE:g} s; speak louder, or closer to the microphone"
            )


def stretches(pieces: Iterator[tuple[int, Samples]], length: int) -> Iterator[Samples]:
    kept: list[Samples] = []
    expected: int | None = None
    for index, samples in pieces:
        if expected not in (None, index):
            kept = []
        expected = (index + len(samples)) % 2**32
        kept.append(samples)
        if sum(map(len, kept)) >= length:
            yield np.concatenate(kept)[:length]
            kept = []


def free_files(folder: Path) -> Iterator[Path]:
    """Yields unused file names, so that nothing is overwritten."""
    names = (folder / f"{number}.wav" for number in itertools.count(1))
    return (path for path in names if not path.exists())


def write_clip(path: Path, samples: Samples, rate: int = RATE) -> None:
    """Writes the clip completely or not at all, even if interrupted."""
    partial = path.with_suffix(".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(partial, samples, rate, subtype="PCM_16", format="WAV")
        partial.replace(path)
    except (OSError, soundfile.SoundFileError) as error:
        raise DataError(f"{path}: cannot be written ({error}); give another folder") from error
    finally:
        partial.unlink(missing_ok=True)

"""Loads an entry's clip from any audio file as mono int16, or says in one line why it cannot."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from train.data.clip import Clip, resample, to_int16
from train.data.entry import Entry
from train.data.sources.synthetic import speak
from train.errors import DataError

SHORTEST = 0.02  # seconds; less than a frame cannot be a word


@dataclass(frozen=True)
class Rejected:
    """An entry that could not be used, and why."""

    entry: Entry
    reason: str


def load(entry: Entry) -> Clip:
    """The entry's clip: mono int16 at its own rate."""
    if entry.path is None:
        return speak(entry)
    samples, rate = read_audio(entry.path)
    return Clip(samples, rate, entry.label, entry.speaker, entry.source)


def load_usable(entries: Iterable[Entry]) -> Iterator[Clip | Rejected]:
    """Each entry's clip, or why it has none: one bad file does not stop the rest."""
    for entry in entries:
        try:
            yield load(entry)
        except DataError as error:
            yield Rejected(entry, str(error))


def read_audio(path: Path) -> tuple[NDArray[np.int16], int]:
    """Mono int16 samples and their rate, from any format, depth and channel count."""
    if path.is_dir():
        raise DataError(f"{path}: contains no recordings; add some, or remove the folder")
    try:
        if path.suffix.lower() == ".wav":
            check_whole(path)
        # as bytes, because an ASCII locale cannot encode every name
        audio, rate = soundfile.read(os.fsencode(path), dtype="float64", always_2d=True)
    except (OSError, soundfile.SoundFileError) as error:
        raise DataError(f"{path}: not a readable recording ({error})") from error
    mono = audio.mean(axis=1)
    if not np.isfinite(mono).all():
        raise DataError(f"{path}: contains samples that are not numbers (NaN or infinite)")
    if len(mono) < SHORTEST * rate:
        raise DataError(f"{path}: has {len(mono)} samples, less than {SHORTEST:g} s")
    return to_int16(mono * 32768.0), int(rate)


def read_part(path: Path, start: float, end: float, rate: int) -> NDArray[np.int16]:
    """Mono int16 samples at `rate` of a part of a recording, in seconds; reads no more than it."""
    try:
        with soundfile.SoundFile(os.fsencode(path)) as file:
            file.seek(min(file.frames, round(start * file.samplerate)))
            count = round((end - start) * file.samplerate)
            audio = file.read(count, dtype="float64", always_2d=True).mean(axis=1)
            own_rate = int(file.samplerate)
    except (OSError, soundfile.SoundFileError) as error:
        raise DataError(f"{path}: not a readable recording ({error})") from error
    samples = to_int16(np.nan_to_num(audio) * 32768.0)
    return resample(Clip(samples, own_rate, "", "", ""), rate).samples


def check_whole(path: Path) -> None:
    """Detects a truncated WAV by its header; libsndfile reads it without complaint."""
    with path.open("rb") as file:
        header = file.read(12)
        if len(header) < 12 or header[:4] != b"RIFF":
            return  # not a WAV; libsndfile gives a better message
        (promised,) = struct.unpack("<I", header[4:8])
        present = path.stat().st_size - 8
        if promised != 0xFFFFFFFF and present < promised:
            raise DataError(f"{path}: is truncated, {promised - present} bytes are missing")

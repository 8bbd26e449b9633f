"""Long recordings in pieces, as hours of floats do not fit into memory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from train.data.clip import to_int16
from train.data.load import check_whole
from train.errors import DataError

SECONDS = 10  # per piece


def seconds(path: Path) -> float:
    try:
        return float(soundfile.info(os.fsencode(path)).duration)
    except (OSError, soundfile.SoundFileError) as error:
        raise DataError(f"{path}: not a readable recording ({error})") from error


def pieces(path: Path, rate: int) -> Iterator[NDArray[np.int16]]:
    """Yields mono int16 samples at `rate` from a file of any rate, depth and channel count."""
    if path.is_dir():
        raise DataError(f"{path}: contains no recordings; add some, or remove the folder")
    try:
        if path.suffix.lower() == ".wav":
            check_whole(path)
        with soundfile.SoundFile(os.fsencode(path)) as file:
            yield from _resampled(path, file, rate)
    except (OSError, soundfile.SoundFileError) as error:
        raise DataError(f"{path}: not a readable recording ({error})") from error


def _resampled(path: Path, file: soundfile.SoundFile, rate: int) -> Iterator[NDArray[np.int16]]:
    given = int(file.samplerate)
    resampler = soxr.ResampleStream(given, rate, 1, dtype="float64") if given != rate else None
    size = SECONDS * given
    for audio in file.blocks(size, dtype="float64", always_2d=True):
        mono = audio.mean(axis=1) * 32768.0
        if not np.isfinite(mono).all():
            raise DataError(f"{path}: contains samples that are not numbers (NaN or infinite)")
        # int16 before resampling, as everywhere else in the project
        samples = to_int16(mono)
        if resampler is None:
            yield samples
        else:
            yield to_int16(resampler.resample_chunk(samples.astype(np.float64)))
    if resampler is not None:
        yield to_int16(resampler.resample_chunk(np.empty(0), last=True))

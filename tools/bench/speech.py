"""The speech windows for a measurement: real recordings or synthesized ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from train.data.clip import resample
from train.data.load import load
from train.data.placing import placed
from train.data.sources import synthetic
from train.data.sources.registry import entries_of, recognize
from train.errors import DataError
from train.settings.words import DIGITS


def speech_windows(
    data: Path | None, count: int, rate: int, window: int, seed: int = 0
) -> tuple[NDArray[np.int16], str]:
    """Returns int16 [count, window] and a line that describes them."""
    if data is None:
        speakers = -(-count // len(DIGITS))
        clips = [load(entry) for entry in synthetic.entries(speakers, seed)[:count]]
        what = f"{count} clips of synthesized speech (espeak-ng)"
    else:
        entries = [
            entry for entry in entries_of(recognize(data), str(data)) if entry.kind != "noise"
        ]
        if not entries:
            raise DataError(
                f"{data}: lists no speech, see its manifest.csv; or give another --data"
            )
        chosen = np.random.default_rng(seed).permutation(len(entries))[:count]
        clips = [load(entries[i]) for i in sorted(chosen)]
        sources = ", ".join(sorted({clip.source for clip in clips}))
        what = f"{len(clips)} real recordings ({sources})"
    return np.stack([placed(resample(clip, rate).samples, window, rate) for clip in clips]), what

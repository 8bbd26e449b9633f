"""Magnitude spectrograms, for models that were published with them. No board computes these:
librosa does, in Python alone, in place of the front end's C."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from train.settings.frontend import FrontendConfig

FLOOR = 1e-5  # magnitude below which the logarithm stops; librosa's own default


def magnitudes(config: FrontendConfig, audio: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of each frequency, float64 [frames, bins]. In dB: int8 has 256 steps, and in linear ones a
    voice at -40 dB would be all zeros."""
    import librosa  # takes seconds, and few models need it

    spectrum = librosa.stft(
        audio, n_fft=config.fft_size, hop_length=config.hop, win_length=config.taper,
        window="hann", center=False,
    )  # fmt: skip
    decibels = librosa.amplitude_to_db(np.abs(spectrum), ref=1.0, amin=FLOOR, top_db=None)
    return np.ascontiguousarray(decibels.T)

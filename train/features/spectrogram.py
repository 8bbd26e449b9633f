"""Magnitude spectrograms, for models that were published with them. Boards cannot compute them:
they are computed by librosa, in Python only, instead of by the C front end."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from train.settings.frontend import FrontendConfig

FLOOR = 1e-5  # magnitude below which the logarithm stops; librosa's own default


def magnitudes(config: FrontendConfig, audio: NDArray[np.float64]) -> NDArray[np.float64]:
    """Magnitude per frequency, float64 [frames, bins], in dB: with 256 linear steps of int8, a
    voice at -40 dB would be all zeros."""
    import librosa  # takes seconds, and few models need it

    spectrum = librosa.stft(
        audio, n_fft=config.fft_size, hop_length=config.hop, win_length=config.taper,
        window="hann", center=False,
    )  # fmt: skip
    decibels = librosa.amplitude_to_db(np.abs(spectrum), ref=1.0, amin=FLOOR, top_db=None)
    return np.ascontiguousarray(decibels.T)

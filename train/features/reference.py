"""The float reference: plain librosa in float64, to compare the integers with; never shipped."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from train.features.spectrogram import magnitudes
from train.settings.frontend import FrontendConfig

LOG_FLOOR = 1e-10  # mel power below which the logarithm stops; librosa's own default


def reference_frames(config: FrontendConfig, samples: NDArray[np.int16]) -> NDArray[np.float64]:
    """Frames of one clip before standardization, float64 [frames, coefficients], dB."""
    import librosa  # takes seconds, and only comparisons need it

    audio = samples.astype(np.float64) / 32768.0
    if config.pre_emphasis > 0.0:
        audio = librosa.effects.preemphasis(
            audio, coef=config.pre_emphasis, zi=np.zeros(1), return_zf=False
        )
    if config.kind == "spectrogram":
        return magnitudes(config, audio)
    power = librosa.feature.melspectrogram(
        y=audio,
        sr=config.sample_rate,
        n_fft=config.fft_size,
        hop_length=config.hop,
        win_length=config.taper,
        window="hann",
        center=False,
        power=2.0,
        n_mels=config.mel_bands,
        fmin=config.fmin,
        fmax=config.fmax,
        dtype=np.float64,
    )
    decibels = librosa.power_to_db(power, ref=1.0, amin=LOG_FLOOR, top_db=None)
    if config.kind == "logmel":
        return np.ascontiguousarray(decibels.T)
    mfcc = librosa.feature.mfcc(S=decibels, n_mfcc=config.coefficients, dct_type=2, norm="ortho")
    return np.ascontiguousarray(mfcc.T)


def reference_features(config: FrontendConfig, window: NDArray[np.int16]) -> NDArray[np.int8]:
    """int8 features of one window, [frames, coefficients]."""
    return quantize(config, reference_frames(config, window)[: config.frames])


def quantize(config: FrontendConfig, frames: NDArray[np.float64]) -> NDArray[np.int8]:
    """Standardize and round float frames of one window to the model's int8 scale."""
    if config.mean_normalization == "window":
        centred = frames - frames.mean(axis=0)
    else:
        centred = frames - np.array(config.mean or (0.0,))
    steps = np.round(centred / np.array(config.std or (1.0,)) / config.scale)
    features: NDArray[np.int8] = np.clip(steps + config.zero_point, -128, 127).astype(np.int8)
    return features

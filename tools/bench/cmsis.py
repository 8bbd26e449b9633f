"""CMSIS-DSP's MFCC (PyPI `cmsisdsp`), measured like ours: against a float64 model of itself.

It defines MFCC differently (magnitudes, natural logarithm, peaks of 1 instead of areas of 1), so
each of its variants is compared with its own definition in float64, on input that it accepts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from train.settings.frontend import FrontendConfig

Float = NDArray[np.float64]
VARIANTS = ("q15", "q31", "f32")
LOG_OFFSET = 1e-6
OUTPUT_SCALE = {"q15": 2.0**-7, "q31": 2.0**-23, "f32": 1.0}  # q8.7, q8.23

# Counted once with the same emulator and compiler (gcc 12, -O2), using its fastest options for
# 512/40/40; building its sources is not part of this project.
QUOTED_INSTRUCTIONS = {
    "q15": {"cortex-m4f": 61_400, "rv32imc": 135_550},
    "q31": {"cortex-m4f": 85_090, "rv32imc": 124_010},
    "f32": {"cortex-m4f": 53_970, "cortex-m4f, floats in software": 1_030_800},
}


def cmsis_snr(config: FrontendConfig, samples: NDArray[np.int16], variant: str) -> Float:
    """Returns the SNR of each frame of a clip in dB."""
    emphasized = samples.astype(np.float64)
    emphasized[1:] -= config.pre_emphasis * samples[:-1]
    count = 1 + (len(samples) - config.fft_size) // config.hop
    starts = config.hop * np.arange(count)
    frames = emphasized[starts[:, None] + np.arange(config.fft_size)] / 32768.0
    taken, run = _instance(config, variant)
    frames = taken(frames)
    exact = _float64(config, frames)
    ours = np.stack([run(frame) for frame in frames])
    error = ((ours - exact) ** 2).sum(axis=1)
    return 10 * np.log10((exact**2).sum(axis=1) / np.maximum(error, 1e-30))


def _taper(config: FrontendConfig) -> Float:
    n = np.arange(config.taper)
    taper = np.zeros(config.fft_size)
    start = (config.fft_size - config.taper) // 2
    taper[start : start + config.taper] = 0.5 - 0.5 * np.cos(2 * np.pi * n / config.taper)
    return taper


def _mel_matrix(config: FrontendConfig) -> Float:
    import cmsisdsp.datatype as dt
    import cmsisdsp.mfcc

    lengths, positions, packed = cmsisdsp.mfcc.melFilterMatrix(
        dt.F32, config.fmin, config.fmax, config.mel_bands, config.sample_rate, config.fft_size
    )
    matrix = np.zeros((config.mel_bands, config.fft_size // 2 + 1))
    at = 0
    for row, position, length in zip(matrix, positions, lengths, strict=True):
        row[position : position + length] = packed[at : at + length]
        at += length
    return matrix


def _float64(config: FrontendConfig, frames: Float) -> Float:
    spectrum = np.abs(scipy.fft.rfft(frames * _taper(config)))
    log_mel = np.log(spectrum @ _mel_matrix(config).T + LOG_OFFSET)
    k, m = np.arange(config.coefficients)[:, None], np.arange(config.mel_bands)
    dct = np.cos(np.pi * k * (m + 0.5) / config.mel_bands) * np.sqrt(2 / config.mel_bands)
    return np.asarray(log_mel @ dct.T)


def _instance(
    config: FrontendConfig, variant: str
) -> tuple[Callable[[Float], Float], Callable[[Float], Float]]:
    """Returns a function that rounds frames to the variant's input, and one that runs a frame."""
    import cmsisdsp as dsp
    import cmsisdsp.datatype as dt
    import cmsisdsp.mfcc as mfcc

    kind = {"q15": dt.Q15, "q31": dt.Q31, "f32": dt.F32}[variant]
    dtype: type[Any] = {"q15": np.int16, "q31": np.int32, "f32": np.float32}[variant]
    one = {"q15": 2.0**15, "q31": 2.0**31, "f32": 1.0}[variant]
    lengths, positions, packed = mfcc.melFilterMatrix(
        kind, config.fmin, config.fmax, config.mel_bands, config.sample_rate, config.fft_size
    )
    dct = mfcc.dctMatrix(kind, config.coefficients, config.mel_bands)
    taper = dt.convert(_taper(config), kind)
    instance = getattr(dsp, f"arm_mfcc_instance_{variant}")()
    status = getattr(dsp, f"arm_mfcc_init_{variant}")(
        instance, config.fft_size, config.mel_bands, config.coefficients,
        dct, positions, lengths, packed, taper,
    )  # fmt: skip
    if status:
        raise RuntimeError(f"arm_mfcc_init_{variant} failed with {status}")
    scratch = {
        name: np.zeros(dsp.arm_mfcc_tmp_buffer_size(kind, config.fft_size, number), dtype)
        for number, name in ((1, "tmp"), (2, "tmp2"))
        if number == 1 or dsp.has_neon()
    }
    function = getattr(dsp, f"arm_mfcc_{variant}")

    def take(frames: Float) -> Float:
        if variant == "f32":
            return frames.astype(np.float32).astype(np.float64)
        return np.clip(np.round(frames * one), -one, one - 1) / one

    def run(frame: Float) -> Float:
        tmp, *rest = (scratch[name].copy() for name in scratch)
        extra = {"tmp2": rest[0]} if rest else {}
        result = function(instance, (frame * one).astype(dtype), tmp, **extra)
        values = result if variant == "f32" else result[1]
        return np.asarray(values, np.float64) * OUTPUT_SCALE[variant]

    return take, run

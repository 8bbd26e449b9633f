"""The integer model: the executable specification of the front end, in numpy.

The C must match it bit for bit. Every array is int64 so that numpy never wraps; docs/frontend.md
proves that the values fit the 32 or 64 bits the C gives them, and tests check it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from train.features.tables import (
    LOG_FRACTION_BITS,
    MEAN_FRACTION_BITS,
    FrontendTables,
)

Int = NDArray[np.int64]

ENERGY_BITS = 59  # a radix-4 sum of a block with less energy than 2^59 is below 2^31
COARSE_BITS = 20  # dropped from a value before it is squared to estimate the energy


def model_frames(tables: FrontendTables, samples: NDArray[np.int16]) -> NDArray[np.int16]:
    """All complete frames of a clip: int16 [frames, coefficients]."""
    count = max(0, 1 + (len(samples) - tables.fft_size) // tables.hop)
    starts = tables.hop * np.arange(count)
    frames = samples.astype(np.int64)[starts[:, None] + np.arange(tables.fft_size)]
    tapered = taper(tables, frames)
    block, shift = normalize(tapered)
    spectrum = split(tables, fft(tables, block))
    log_mel = log_power(tables, mel_power(tables, spectrum), shift)
    return project(tables, log_mel)


def high(a: Int, b: Int | np.int64) -> Int:
    """The upper 32 bits of a 32 x 32 bit product, rounded down."""
    return (a * b) >> 32


def taper(tables: FrontendTables, frames: Int) -> Int:
    """Pre-emphasis and Hann taper: int16 [n, fft_size] to Q14 [n, fft_size].

    The taper's first weight is zero, so the sample before the frame is never needed.
    """
    length, start = tables.taper_length, tables.taper_start
    current = frames[:, start + 1 : start + length]
    previous = frames[:, start : start + length - 1]
    emphasized = (current << 15) - ((previous * tables.pre_emphasis) >> 16)  # Q15
    n = np.arange(1, length)
    weights = tables.taper.astype(np.int64)[np.minimum(n, length - n)]
    tapered = np.zeros_like(frames)
    tapered[:, start + 1 : start + length] = high(emphasized, weights)
    return tapered


def normalize(tapered: Int) -> tuple[Int, Int]:
    """Shift each block so that its energy is below 2^59; the shifts are [n]."""
    coarse = tapered >> COARSE_BITS
    energy = (coarse * coarse).sum(axis=1)
    bound = energy + (energy >> 3) + 9 * tapered.shape[1]
    shift = (ENERGY_BITS - 2 * COARSE_BITS - bit_length(bound)) >> 1
    left, right = np.maximum(shift, 0)[:, None], np.maximum(-shift, 0)[:, None]
    return (tapered << left) >> right, shift


def bit_length(values: Int) -> Int:
    """Bits of positive integers below 2^63, exactly (frexp would round above 2^53)."""
    bits = np.zeros_like(values)
    rest = values.copy()
    for step in (32, 16, 8, 4, 2, 1):
        above = rest >> step > 0
        bits += np.where(above, step, 0)
        rest = np.where(above, rest >> step, rest)
    return bits + rest


def turn(re: Int, im: Int, cos: Int, sin: Int) -> tuple[Int, Int]:
    """(re + i im)(cos - i sin) / 2."""
    return high(re, cos) + high(im, sin), high(im, cos) + high(-re, sin)


def turn_back(re: Int, im: Int, cos: Int, sin: Int) -> tuple[Int, Int]:
    """(re + i im)(cos + i sin) / 2."""
    return high(re, cos) + high(-im, sin), high(im, cos) + high(re, sin)


def fft(tables: FrontendTables, block: Int) -> tuple[Int, Int]:
    """Complex FFT of even + i odd samples, [n, fft_size // 2], bins in `bin_order`.

    Each radix-4 stage halves, which makes it unitary: energy, and so every value, stays bounded.
    """
    re, im = block[:, 0::2].copy(), block[:, 1::2].copy()
    points = re.shape[1]
    cos, sin = tables.twiddles.astype(np.int64).T
    span = points
    while span >= 4:
        quarter, stride = span // 4, 2 * (points // span)
        shape = (len(re), points // span, 4, quarter)
        a, b, c, d = np.moveaxis(re.reshape(shape), 2, 0)
        e, f, g, h = np.moveaxis(im.reshape(shape), 2, 0)
        once, twice = stride * np.arange(quarter), 2 * stride * np.arange(quarter)
        even_re, even_im, odd_re, odd_im = a + c, e + g, b + d, f + h
        skew_re, skew_im, cross_re, cross_im = a - c, e - g, b - d, f - h
        parts = [
            (even_re + odd_re, even_im + odd_im),
            (skew_re + cross_im, skew_im - cross_re),
            (even_re - odd_re, even_im - odd_im),
            (skew_re - cross_im, skew_im + cross_re),
        ]
        halves = [(x[..., :1] >> 1, y[..., :1] >> 1) for x, y in parts]  # column 0 is not rotated
        parts = [
            (parts[0][0] >> 1, parts[0][1] >> 1),
            turn(*parts[1], cos[once], sin[once]),
            turn(*parts[2], cos[twice], sin[twice]),
            turn_back(*parts[3], cos[once], sin[once]),
        ]
        for (x, y), (half_x, half_y) in zip(parts, halves, strict=True):
            x[..., :1], y[..., :1] = half_x, half_y
        re = np.stack([p[0] for p in parts], axis=2).reshape(len(re), points)
        im = np.stack([p[1] for p in parts], axis=2).reshape(len(im), points)
        span = quarter
    if span == 2:
        re = np.stack([re[:, 0::2] + re[:, 1::2], re[:, 0::2] - re[:, 1::2]], 2)
        im = np.stack([im[:, 0::2] + im[:, 1::2], im[:, 0::2] - im[:, 1::2]], 2)
        re, im = re.reshape(-1, points), im.reshape(-1, points)
    return re, im


def split(tables: FrontendTables, spectrum: tuple[Int, Int]) -> tuple[Int, Int]:
    """Bins 0 to fft_size / 2 - 1 of the real signal, up to conjugation, [n, fft_size // 2].

    Bin 0 has no weight in any mel band and stays zero.
    """
    order = tables.bin_order.astype(np.intp)
    points = len(order)
    re, im = spectrum[0][:, order], spectrum[1][:, order]
    k = np.arange(1, points // 2 + 1)
    cos, sin = tables.twiddles.astype(np.int64)[k].T
    even_re, even_im = re[:, k] + re[:, points - k], im[:, k] - im[:, points - k]
    odd_re, odd_im = im[:, k] + im[:, points - k], re[:, points - k] - re[:, k]
    turned_re, turned_im = turn(odd_re, odd_im, cos, sin)
    out_re, out_im = np.zeros_like(re), np.zeros_like(im)
    out_re[:, points - k] = (even_re >> 1) - turned_re
    out_im[:, points - k] = (even_im >> 1) - turned_im
    out_re[:, k] = (even_re >> 1) + turned_re
    out_im[:, k] = (even_im >> 1) + turned_im
    return out_re, out_im


def mel_power(tables: FrontendTables, spectrum: tuple[Int, Int]) -> Int:
    """Power of each mel band before the area norm, [n, mel_bands]; at least 1, for the logarithm
    (1 is far below its floor)."""
    re, im = spectrum
    first = tables.segment_first.astype(np.intp)
    total = np.zeros((len(re), tables.mel_bands + 1), np.int64)
    rising = np.zeros_like(total)
    for i in range(tables.mel_bands + 1):
        bins = slice(first[i], first[i + 1])
        x, y = re[:, bins], im[:, bins]
        n = np.arange(first[i + 1] - first[i])
        weight = int(tables.segment_weight[i]) + n * int(tables.segment_slope[i])
        total[:, i] = (x * x + y * y).sum(axis=1)
        rising[:, i] = 2 * (high(x, weight) * x + high(y, weight) * y).sum(axis=1)
    return np.maximum(rising[:, :-1] + total[:, 1:] - rising[:, 1:], 1)


def log_power(tables: FrontendTables, power: Int, shift: Int) -> Int:
    """log2 of mel power (full scale = 1.0), Q24 [n, mel_bands], not below the floor."""
    exponent = bit_length(power) - 1
    fraction = (power << (62 - exponent) >> 31) & 0x7FFFFFFF  # Q31
    log2 = np.full_like(power, tables.log2_polynomial[-1])
    for coefficient in tables.log2_polynomial[-2::-1]:
        log2 = int(coefficient) + high(log2, fraction)
    log2 = log2 + ((exponent - 2 * shift[:, None]) << LOG_FRACTION_BITS)
    log2 = log2 + tables.band_offset.astype(np.int64)
    return np.maximum(log2, tables.log_floor)


def project(tables: FrontendTables, log_mel: Int) -> NDArray[np.int16]:
    """DCT (or a gain per band), standardized: int16 [n, coefficients]."""
    rows = tables.rows.astype(np.int64)
    if not tables.dct:
        sums = high(log_mel, rows[:, 0])
    else:
        half, length = tables.mel_bands // 2, rows.shape[1]
        outer, inner = log_mel[:, :length], log_mel[:, half:]  # they share an odd middle band
        even, odd = outer + inner[:, ::-1], outer[:, ::-1] - inner
        if tables.mel_bands % 2:
            even[:, half] = odd[:, 0] = log_mel[:, half]  # its weight in odd rows is zero
        sums = np.empty((len(log_mel), tables.coefficients), np.int64)
        for i, row in enumerate(rows):
            sums[:, i] = high(odd if i % 2 else even, row).sum(axis=1)
    shifted = (sums + tables.bias) >> tables.row_shift
    return np.clip(shifted, -32768, 32767).astype(np.int16)


def model_features(tables: FrontendTables, frames: NDArray[np.int16]) -> NDArray[np.int8]:
    """int8 features of one window from its frames, [frames, coefficients]."""
    values = frames.astype(np.int64) << MEAN_FRACTION_BITS
    if tables.subtract_mean:
        values = values - high(2 * values.sum(axis=0), np.int64(tables.mean_reciprocal))
    bits = tables.fraction_bits + MEAN_FRACTION_BITS
    steps = ((values + (1 << (bits - 1))) >> bits) + tables.zero_point
    return np.clip(steps, -128, 127).astype(np.int8)

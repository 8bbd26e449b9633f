"""The integer constants of the front end, computed once from a `FrontendConfig`.

The C reads them from one `const` struct: Python fills it on the host, `convert` prints it for a
board, so no constant is written twice. docs/frontend.md gives the reasons for each Q format.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from train.errors import ConfigError
from train.features.mel import mel_frequencies
from train.features.reference import LOG_FLOOR
from train.settings.frontend import FrontendConfig

FRONTEND_VERSION = 1  # incremented when the arithmetic or the struct of tables changes
MOST_FRACTION_BITS = 7  # one step of a frame's int16 is 1/128 of an int8 step
LEAST_FRACTION_BITS = 3
NARROWEST_BAND = 2.0  # Hz
LOG_FRACTION_BITS = 24  # log2 of a band's power
SPECTRUM_FRACTION_BITS = 14  # of tapered samples, before block normalization
MEAN_FRACTION_BITS = 4  # of a window's mean, beyond a frame's
DECIBELS_PER_OCTAVE = 10.0 * math.log10(2.0)  # of power

# log2(1 + f), f in [0, 1): the degree-7 polynomial through the Chebyshev nodes. Coefficient i is
# scaled by 2^(24 + i), because each Horner step multiplies by f in Q31 and keeps the high word.
LOG2_POLYNOMIAL = (
    6,
    48407219,
    -48339593,
    63362433,
    -86425556,
    101335854,
    -81230045,
    31010421,
)


@dataclass(frozen=True)
class FrontendTables:
    """Arrays carry their Q format; every field exists under the same name in the C struct."""

    fft_size: int
    hop: int
    taper_length: int
    taper_start: int  # first sample of a frame under the taper
    mel_bands: int
    coefficients: int
    frames: int
    dct: int  # 1 if kind is mfcc
    row_length: int  # products summed for one coefficient: half the bands, or 1 for logmel
    row_shift: int  # fraction bits of a row's sum beyond a frame's int16
    subtract_mean: int  # 1 if mean_normalization is window
    fraction_bits: int  # of an int8 step, in a frame's int16
    mean_reciprocal: int  # Q31, 1 / frames
    zero_point: int
    pre_emphasis: int  # Q31
    log_floor: int  # Q24
    taper: NDArray[np.int32]  # Q31 [taper_length // 2 + 1], the rising half and the peak
    twiddles: NDArray[np.int32]  # Q31 [fft_size // 2, 2], cos and sin of 2 pi k / fft_size
    bin_order: NDArray[np.uint16]  # [fft_size // 2], where the FFT leaves bin k
    segment_first: NDArray[np.uint16]  # [mel_bands + 2], first bin of each segment
    segment_weight: NDArray[np.int32]  # Q31 [mel_bands + 1], rising weight at the first bin
    segment_slope: NDArray[np.int32]  # Q31 [mel_bands + 1], its increase per bin
    band_offset: NDArray[np.int32]  # Q24 [mel_bands], log2 of area norm and scaling
    log2_polynomial: NDArray[np.int32]  # [8]
    rows: NDArray[np.int32]  # [coefficients, row_length]
    bias: NDArray[np.int32]  # [coefficients]


def build_tables(config: FrontendConfig) -> FrontendTables:
    if config.kind == "spectrogram":
        raise ConfigError(
            "kind: spectrogram is only computed in Python, not by the front end of boards; "
            "allowed are mfcc and logmel"
        )
    points = config.fft_size // 2
    halvings = int(math.log2(points)) // 2  # one per radix-4 stage
    segment_first, weight, slope, area_norm = _segments(config)
    scaling = 30 + 2 * (SPECTRUM_FRACTION_BITS - halvings)
    band_offset = _fixed(np.log2(area_norm) - scaling, LOG_FRACTION_BITS)
    rows, bias, row_shift, fraction_bits = _rows(config, area_norm)
    return FrontendTables(
        fft_size=config.fft_size,
        hop=config.hop,
        taper_length=config.taper,
        taper_start=(config.fft_size - config.taper) // 2,
        mel_bands=config.mel_bands,
        coefficients=config.coefficients,
        frames=config.frames,
        dct=int(config.kind == "mfcc"),
        row_length=rows.shape[1],
        row_shift=row_shift,
        subtract_mean=int(config.mean_normalization == "window"),
        fraction_bits=fraction_bits,
        mean_reciprocal=min(round(2**31 / config.frames), 2**31 - 1),
        zero_point=config.zero_point,
        pre_emphasis=min(round(config.pre_emphasis * 2**31), 2**31 - 1),
        log_floor=round(math.log2(LOG_FLOOR) * 2**LOG_FRACTION_BITS),
        taper=_taper(config.taper),
        twiddles=_twiddles(config.fft_size),
        bin_order=_bin_order(points).astype(np.uint16),
        segment_first=segment_first.astype(np.uint16),
        segment_weight=_fixed(weight, 31),
        segment_slope=_slopes(segment_first, _fixed(weight, 31), _fixed(slope, 31)),
        band_offset=band_offset,
        log2_polynomial=np.array(LOG2_POLYNOMIAL, np.int32),
        rows=rows,
        bias=bias,
    )


def _fixed(values: NDArray[Any], fraction_bits: int) -> NDArray[np.int32]:
    scaled = np.round(values * 2.0**fraction_bits)
    return np.clip(scaled, -(2**31) + 1, 2**31 - 1).astype(np.int32)


def _taper(length: int) -> NDArray[np.int32]:
    n = np.arange(length // 2 + 1)
    return _fixed(0.5 - 0.5 * np.cos(2 * np.pi * n / length), 31)


def _twiddles(fft_size: int) -> NDArray[np.int32]:
    angle = 2 * np.pi * np.arange(fft_size // 2) / fft_size
    return _fixed(np.stack([np.cos(angle), np.sin(angle)], axis=1), 31)


def _bin_order(points: int) -> NDArray[np.intp]:
    """Position of bin k after the in-place radix-4 stages (and a final radix-2 stage if needed).

    Quarter r of a stage's output holds its bins 4i, 4i+2... in the order 0, 1, 2, -1: the last
    quarter is turned by the conjugate twiddle of the second, so one table entry serves both.
    """
    if points == 1:
        return np.zeros(1, np.intp)
    order = np.empty(points, np.intp)
    if points == 2:
        return np.arange(2)
    quarter = points // 4
    inner = _bin_order(quarter)
    for block, residue in enumerate((0, 1, 2, -1)):
        bins = (4 * np.arange(quarter) + residue) % points
        order[bins] = block * quarter + inner
    return order


def _segments(
    config: FrontendConfig,
) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """The mel filters of librosa, split at their centres.

    Between two neighbouring centres one filter falls as the next one rises, and the two weights
    sum to one: a segment needs only the rising weight, which is a straight line over its bins.
    """
    edges, first = _mel_edges(config, config.mel_bands)
    if (edges[2:] - edges[:-2]).min() < NARROWEST_BAND:
        raise ConfigError(
            f"fmax: {config.fmax:g} is too close to fmin ({config.fmin:g}) for {config.mel_bands} "
            f"bands; allowed are bands of {NARROWEST_BAND:g} Hz and more"
        )
    if (band := _band_without_bin(config, config.mel_bands)) is not None:
        fewer = range(config.mel_bands - 1, 1, -1)
        most = next((n for n in fewer if _band_without_bin(config, n) is None), None)
        remedy = f"allowed are {most} or so" if most else "allowed is a larger fmax - fmin"
        raise ConfigError(
            f"mel_bands: {config.mel_bands} is too many for fft_size {config.fft_size} and "
            f"{config.fmin:g} to {config.fmax:g} Hz, band {band} has no FFT bin; {remedy}"
        )
    bin_width = config.sample_rate / config.fft_size
    spacing = np.diff(edges)
    weight = np.clip((first[:-1] * bin_width - edges[:-1]) / spacing, 0.0, 1.0)
    return first, weight, bin_width / spacing, 2.0 / (edges[2:] - edges[:-2])


def _mel_edges(config: FrontendConfig, bands: int) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Centres and outer ends of the bands in Hz, and the first bin at or above each."""
    edges = mel_frequencies(bands + 2, fmin=config.fmin, fmax=config.fmax)
    first = np.ceil(edges * config.fft_size / config.sample_rate - 1e-9).astype(np.intp)
    return edges, np.clip(first, 1, config.fft_size // 2)  # bins 0 and Nyquist have no weight


def _band_without_bin(config: FrontendConfig, bands: int) -> int | None:
    """The first band whose triangle contains no bin (a bin at its lower end has weight 0)."""
    edges, first = _mel_edges(config, bands)
    bin_width = config.sample_rate / config.fft_size
    for band in range(bands):
        bins = np.arange(first[band], first[band + 2]) * bin_width
        if not (bins > edges[band] + 1e-6).any():
            return band
    return None


def _slopes(
    first: NDArray[np.intp], weight: NDArray[np.int32], slope: NDArray[np.int32]
) -> NDArray[np.int32]:
    """The slopes, rounded down if a segment's last weight would reach 1.0, which Q31 cannot
    hold."""
    steps = np.maximum(np.diff(first) - 1, 1)
    return np.minimum(slope, (2**31 - 1 - weight.astype(np.int64)) // steps).astype(np.int32)


def _rows(
    config: FrontendConfig, area_norm: NDArray[np.float64]
) -> tuple[NDArray[np.int32], NDArray[np.int32], int, int]:
    """DCT rows (or plain gains) with dB, standardization and int8 scale folded in; their bias,
    their shift, and the fraction bits of a frame.

    DCT-II rows are even or odd about their middle, so they act on sums or differences of
    mirrored bands: half the products, half the table.
    """
    bands, half = config.mel_bands, (config.mel_bands + 1) // 2
    step = np.array(config.std or (1.0,) * config.coefficients) * config.scale
    mean, fraction_bits = _centre(config, area_norm, step)
    gain = DECIBELS_PER_OCTAVE / step * 2.0**fraction_bits  # int16 units per octave
    if config.kind == "logmel":
        rows = gain[:, None]
    else:
        c, m = np.arange(config.coefficients)[:, None], np.arange(half)
        dct = np.cos(np.pi * c * (2 * m + 1) / (2 * bands)) * np.sqrt(2.0 / bands)
        dct[0] /= np.sqrt(2.0)
        dct[1::2] = dct[1::2, ::-1]  # differences are stored from the middle outwards
        rows = dct * gain[:, None]
    offset = -mean / step * 2.0**fraction_bits
    shift = _row_shift(config, rows, offset, area_norm)
    # + half a unit to round, + half an LSB for each product's truncation
    rounding = 0.5 + rows.shape[1] / 2 * 2.0**-shift
    return (
        _fixed(rows, shift + 32 - LOG_FRACTION_BITS),
        _fixed(offset + rounding, shift),
        shift,
        fraction_bits,
    )


def _centre(
    config: FrontendConfig, area_norm: NDArray[np.float64], step: NDArray[np.float64]
) -> tuple[NDArray[np.float64], int]:
    """What is subtracted before a frame is rounded to int16, and the fraction bits it keeps.

    When the window's own mean is subtracted later, the frame must still hold any level until
    then: from silence to the loudest signal, which moves every log-mel, or the first MFCC.
    """
    mean = np.array(config.mean or (0.0,) * config.coefficients)
    if config.mean_normalization == "none":
        return mean, MOST_FRACTION_BITS
    silence = DECIBELS_PER_OCTAVE * math.log2(LOG_FLOOR)
    loudest = DECIBELS_PER_OCTAVE * log2_power_bound(config, area_norm)
    level_gain = np.ones(config.coefficients)
    if config.kind == "mfcc":
        level_gain[0], level_gain[1:] = math.sqrt(config.mel_bands), 0.0
    if not config.mean:
        mean = level_gain * (silence + loudest) / 2
    reach = np.maximum(abs(level_gain * silence - mean), abs(level_gain * loudest - mean)) / step
    bits = math.floor(math.log2(32767 / max(1.0, float(reach.max()))))
    if bits < LEAST_FRACTION_BITS:
        raise ConfigError(
            f"scale: {config.scale:g} is too fine to keep every level until the window's mean is "
            f"subtracted; allowed are {_up(config.scale * 2.0 ** (LEAST_FRACTION_BITS - bits))} "
            "to 1000"
        )
    return mean, min(bits, MOST_FRACTION_BITS)


def _row_shift(
    config: FrontendConfig,
    rows: NDArray[np.float64],
    offset: NDArray[np.float64],
    area_norm: NDArray[np.float64],
) -> int:
    """The most fraction bits with which no input at all can overflow a row's 32-bit sum."""
    largest_input = largest_log2(config, area_norm) * (1 if config.kind == "logmel" else 2)
    sums = np.abs(rows).sum(axis=1) * largest_input + np.abs(offset) + 1.0
    factors = np.abs(rows).max(axis=1) * 2.0 ** (32 - LOG_FRACTION_BITS)
    room = 31 - np.log2(np.maximum(sums, factors))
    shift = min(math.floor(room.min() - 1e-6), 16)
    if shift < 4:
        raise ConfigError(
            f"scale: {config.scale:g} is too fine for the std of coefficient {room.argmin()}; "
            f"allowed are {_up(config.scale * 2.0 ** (4 - shift))} to 1000"
        )
    return shift


def _up(value: float) -> str:
    """Rounded up to two digits, so that the printed limit is itself allowed."""
    unit = 10.0 ** (math.floor(math.log10(value)) - 1)
    return f"{math.ceil(value / unit) * unit:.2g}"


def largest_log2(config: FrontendConfig, area_norm: NDArray[np.float64]) -> float:
    """The largest magnitude of a band's log2."""
    return max(log2_power_bound(config, area_norm), -math.log2(LOG_FLOOR)) + 2.0**-10


def log2_power_bound(config: FrontendConfig, area_norm: NDArray[np.float64]) -> float:
    """log2 of the largest mel power that any int16 signal can give (full scale = 1.0)."""
    peak = (1.0 + config.pre_emphasis) * config.taper / 2.0  # the taper's sum is half its length
    bin_width = config.sample_rate / config.fft_size
    # a triangle of area 1 sums, over bins, to at most 1 / bin_width plus its own peak
    return math.log2(peak**2 * (1.0 / bin_width + float(area_norm.max())))

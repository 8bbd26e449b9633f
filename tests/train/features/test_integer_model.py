"""Each stage of the integer model does what it says, within the bits docs/frontend.md gives."""

import librosa
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.conftest import answers, frontend_config
from tests.train.features.test_binding import front_ends
from train.errors import ConfigError
from train.features import integer_model as model
from train.features.tables import LOG_FRACTION_BITS, build_tables, largest_log2
from train.settings.frontend import FrontendConfig

TABLES = build_tables(FrontendConfig())


def test_taper_is_pre_emphasis_and_hann() -> None:
    frame = np.random.default_rng(0).integers(-32768, 32768, 512)
    exact = frame.astype(float)
    exact[1:] -= 0.97 * frame[:-1]
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(480) / 480)
    got = model.taper(TABLES, frame[None])[0] / 2**14
    np.testing.assert_allclose(got[16:496], exact[16:496] * hann, atol=2e-4)
    assert not got[:17].any() and not got[496:].any()


@pytest.mark.parametrize("fft_size", [256, 512, 1024, 2048])
def test_spectrum_is_the_real_fft(fft_size: int) -> None:
    config = FrontendConfig(
        fft_size=fft_size, taper=fft_size, hop=256, mel_bands=20, coefficients=20
    )
    tables = build_tables(config)
    block = np.random.default_rng(1).integers(-(2**24), 2**24, (3, fft_size))
    re, im = model.split(tables, model.fft(tables, block))
    halvings = int(np.log2(fft_size // 2)) // 2
    exact = np.fft.rfft(block)[:, : fft_size // 2] / 2**halvings
    got = re + 1j * im
    # the split leaves the conjugate in the upper half, which has the same power
    np.testing.assert_allclose(np.abs(got[:, 1:]), np.abs(exact[:, 1:]), atol=30)


@given(st.integers(1, 2**62 - 1))
def test_log2_has_more_than_18_correct_bits(power: int) -> None:
    tables = build_tables(FrontendConfig(mel_bands=2, coefficients=2))
    values = np.full((1, 2), power, np.int64)
    got = model.log_power(tables, values, np.zeros(1, np.int64)) - tables.band_offset
    if got[0, 0] + tables.band_offset[0] > tables.log_floor:
        assert abs(got[0, 0] / 2**LOG_FRACTION_BITS - np.log2(float(power))) < 2.0**-19


@given(st.integers(1, 2**63 - 1))
def test_bit_length_is_exact(value: int) -> None:
    assert model.bit_length(np.array([value]))[0] == value.bit_length()


def test_nothing_leaves_its_word(name: str) -> None:
    """The bounds of docs/frontend.md, stage by stage, on windows that try to break them."""
    tables, windows = build_tables(frontend_config(name)), answers(name).windows[20:220]
    starts = tables.hop * np.arange(5)
    frames = windows.astype(np.int64)[:, starts[:, None] + np.arange(tables.fft_size)]
    block, shift = model.normalize(model.taper(tables, frames.reshape(-1, tables.fft_size)))
    assert (block.astype(float) ** 2).sum(axis=1).max() < 2.0**59
    re, im = model.split(tables, model.fft(tables, block))
    assert max(np.abs(re).max(), np.abs(im).max()) < 2**31
    power = model.mel_power(tables, (re, im))
    assert power.max() < 2**62
    log_mel = model.log_power(tables, power, shift)
    assert tables.log_floor <= log_mel.min() and log_mel.max() < 2**30


@settings(max_examples=100, deadline=None)
@given(front_ends())
def test_tables_fit_their_words_for_any_config(config: FrontendConfig) -> None:
    try:
        tables = build_tables(config)
    except ConfigError:
        assume(False)
    last = np.maximum(np.diff(tables.segment_first.astype(np.int64)) - 1, 0)
    weights = tables.segment_weight.astype(np.int64) + last * tables.segment_slope
    assert tables.segment_weight.min() >= 0 and weights.max() < 2**31
    edges = librosa.mel_frequencies(config.mel_bands + 2, fmin=config.fmin, fmax=config.fmax)
    loudest = largest_log2(config, 2 / (edges[2:] - edges[:-2]))
    largest = loudest * 2**LOG_FRACTION_BITS * (2 if tables.dct else 1)
    assert largest < 2**31
    sums = np.abs(tables.rows.astype(float)).sum(axis=1) * largest / 2**32
    assert (sums + tables.row_length + np.abs(tables.bias.astype(float))).max() < 2**31
    # a power of 1, which stands for 0, is below the floor at any shift
    assert (tables.band_offset + (2 * 6 << LOG_FRACTION_BITS)).max() < tables.log_floor

"""Magnitude spectrograms come from Python alone, but go the way of other features."""

import numpy as np
import pytest

from train.errors import ConfigError
from train.features.reference import reference_features, reference_frames
from train.features.tables import build_tables
from train.settings.frontend import FrontendConfig

CONFIG = FrontendConfig(
    window=17_920, fft_size=2048, taper=2048, hop=512, pre_emphasis=0.0, kind="spectrogram",
    coefficients=1025,
)  # fmt: skip


def test_a_tone_is_its_frequency_and_its_level() -> None:
    rate = CONFIG.sample_rate
    tone = 16384 * np.sin(2 * np.pi * 1000 * np.arange(CONFIG.window) / rate)
    frames = reference_frames(CONFIG, tone.astype(np.int16))
    assert frames.shape == CONFIG.shape == (32, 1025)
    assert set(frames.argmax(axis=1)) == {1000 * 2048 // rate}
    # half of full scale, times half of the taper's sum of 1024
    np.testing.assert_allclose(frames.max(axis=1), 20 * np.log10(0.5 * 1024 / 2), atol=0.1)
    quieter = reference_frames(CONFIG, (tone / 10).astype(np.int16))
    np.testing.assert_allclose(frames.max(axis=1) - quieter.max(axis=1), 20, atol=0.1)


def test_they_are_standardized_and_rounded_like_others() -> None:
    config = FrontendConfig.from_dict(CONFIG.to_dict() | {"mean": -40.0, "std": 20.0, "scale": 0.5})
    features = reference_features(config, np.zeros(config.window, np.int16))
    assert features.dtype == np.int8 and (features == (-100 + 40) / 20 / 0.5).all()


def test_no_board_computes_them() -> None:
    with pytest.raises(ConfigError, match="kind: spectrogram is only computed in Python"):
        build_tables(CONFIG)
    with pytest.raises(ConfigError, match="coefficients: 40 is outside 1025 to 1025"):
        CONFIG.replace(coefficients=40)

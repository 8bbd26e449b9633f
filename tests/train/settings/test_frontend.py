"""A config is typed, validated and hashable, and says clearly what is wrong with it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from train.errors import ConfigError
from train.features.tables import build_tables
from train.settings.frontend import FrontendConfig


def test_default_is_the_documented_front_end() -> None:
    config = FrontendConfig()
    assert (config.sample_rate, config.window, config.fft_size) == (16_000, 16_000, 512)
    assert (config.taper, config.hop, config.pre_emphasis) == (480, 320, 0.97)
    assert (config.mel_bands, config.kind) == (40, "mfcc")
    assert config.shape == (49, 40)


@pytest.mark.parametrize(
    ("field", "value", "allowed"),
    [
        ("sample_rate", 100, "4000 to 48000 Hz"),
        ("fft_size", 500, "256, 512, 1024, 2048"),
        ("taper", 513, "16 to 512 samples"),
        ("hop", 0, "1 to 512 samples"),
        ("hop", 320.5, "whole number"),
        ("window", 511, "512 to"),
        ("pre_emphasis", 1.0, "0.0 (off) to below 1.0"),
        ("pre_emphasis", float("nan"), "a number"),
        ("mel_bands", 129, "2 to 128"),
        ("mel_bands", 128, "allowed are 95"),
        ("hop", 10**400, "whole number"),
        ("scale", 10**400, "a number"),
        ("fmin", 8_000.0, "0 to below fmax"),
        ("fmax", 9_000.0, "100 to 8000 Hz"),
        ("kind", "wavelet", "mfcc, logmel"),
        ("coefficients", 41, "1 to 40"),
        ("mean_normalization", "clip", "none, window"),
        ("mean", [1.0, 2.0], "one per coefficient (40)"),
        ("std", [0.0] * 40, "0.01 to 1000"),
        ("std", "wide", "list of numbers"),
        ("scale", 0.0, "0.0001 to 1000"),
        ("scale", 0.0001, "allowed are"),
        ("zero_point", 128, "-128 to 127"),
        ("window_size", 3, "allowed are sample_rate, window"),
    ],
)
def test_nonsense_names_the_field_and_the_allowed_range(
    field: str, value: object, allowed: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        config = FrontendConfig.from_dict({field: value})
        # what only the tables can tell
        build_tables(config.replace(fft_size=256, taper=256, hop=128, std=[0.01] * 40))
    message = str(caught.value)
    assert message.startswith(f"{field}:")
    assert allowed in message
    assert "\n" not in message


def test_bands_have_some_width() -> None:
    with pytest.raises(ConfigError, match=r"fmax: 8000 is too close to fmin .* of 2 Hz"):
        build_tables(FrontendConfig(fmin=7_990.0))


def test_logmel_has_as_many_coefficients_as_bands() -> None:
    with pytest.raises(ConfigError, match="coefficients: 20 must equal mel_bands"):
        FrontendConfig(kind="logmel", coefficients=20)


@given(
    hop=st.integers(20, 512),
    taper=st.integers(16, 512),
    bands=st.integers(13, 40),
    std=st.floats(0.1, 100),
    zero_point=st.integers(-128, 127),
)
def test_config_survives_a_round_trip(
    hop: int, taper: int, bands: int, std: float, zero_point: int
) -> None:
    config = FrontendConfig(
        hop=hop, taper=taper, mel_bands=bands, coefficients=13, std=(std,) * 13,
        zero_point=zero_point,
    )  # fmt: skip
    again = FrontendConfig.from_dict(config.to_dict())
    assert again == config
    assert hash(again) == hash(config)
    assert again.hash == config.hash
    assert config.replace(scale=0.5).hash != config.hash


def test_the_most_bands_it_allows_do_work() -> None:
    with pytest.raises(ConfigError) as caught:
        build_tables(FrontendConfig(fft_size=256, taper=256, hop=128, mel_bands=128))
    most = int(str(caught.value).split(" or so")[0].split()[-1])
    assert most > 40
    build_tables(FrontendConfig(fft_size=256, taper=256, hop=128, mel_bands=most))


def test_equal_configs_have_equal_hashes() -> None:
    numpy_made = FrontendConfig(fmin=-0.0, hop=np.int64(320), std=np.ones(40))  # type: ignore[arg-type]
    plain = FrontendConfig(std=(1.0,) * 40)
    assert (numpy_made, numpy_made.hash) == (plain, plain.hash)


@pytest.mark.parametrize("limit", ["scale", "window scale"])
def test_the_limit_an_error_names_is_allowed(limit: str) -> None:
    fine = {"std": [0.0123] * 40, "scale": 0.00065874}
    if limit == "window scale":
        fine = {"scale": 0.0013, "mean_normalization": "window"}
    with pytest.raises(ConfigError, match=r"scale: .* is too fine") as caught:
        build_tables(FrontendConfig.from_dict(fine))
    allowed = float(str(caught.value).split("allowed are ")[1].split()[0])
    build_tables(FrontendConfig.from_dict({**fine, "scale": allowed}))

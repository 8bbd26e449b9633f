"""A first layer that undoes the DCT, and no padding of time after it."""

import json

import numpy as np
import pytest

from tests.windows import random_windows
from train import PROJECT
from train.errors import ConfigError
from train.features.reference import reference_frames
from train.fit.recipe import fix_seeds
from train.models.keras import keras
from train.models.mel_stream import LEAST, inverse_dct
from train.models.registry import build_model, cost
from train.settings import PARAMETERS_LIMIT
from train.settings.frontend import FrontendConfig

SHAPE, LABELS = (49, 40), 12
RESULTS = PROJECT / "docs" / "results.md"
SLIDING = (keras.layers.Conv2D, keras.layers.DepthwiseConv2D, keras.layers.AveragePooling2D)


def build(shape: tuple[int, int] = SHAPE, budget: int = PARAMETERS_LIMIT) -> keras.Model:
    fix_seeds(0)
    return build_model("mel_stream", shape, LABELS, budget)


def test_it_fills_the_budget_and_costs_what_the_docs_say() -> None:
    spent = cost(build())
    assert 0.95 * PARAMETERS_LIMIT < spent.parameters < PARAMETERS_LIMIT
    assert f"{spent.macs:,} multiplications per window" in RESULTS.read_text()


@pytest.mark.parametrize("shape", [SHAPE, (59, 40), (98, 30), LEAST])
def test_no_layer_pads_time(shape: tuple[int, int]) -> None:
    for layer in build(shape).layers:
        assert not isinstance(layer, keras.layers.ZeroPadding2D)
        if isinstance(layer, SLIDING):
            assert layer.padding == "valid", layer.name


def test_a_row_before_the_mean_sees_its_own_frames_only() -> None:
    """Whatever the layers are called: what lies before a row's frames does not change it."""
    model = build()
    mean = next(i for i in model.layers if isinstance(i, keras.layers.GlobalAveragePooling2D))
    rows = keras.Model(model.inputs, mean.input)
    window = np.random.default_rng(0).normal(size=(1, 51, 40, 1)).astype(np.float32)
    before, after = rows(window[:, :49]).numpy()[0], rows(window[:, 2:]).numpy()[0]
    np.testing.assert_allclose(before[1:], after[:-1], atol=1e-5)
    assert np.abs(before[0] - after[0]).max() > 1e-3


def test_it_says_how_many_frames_and_coefficients_it_needs() -> None:
    for shape in ((LEAST[0] - 1, LEAST[1]), (LEAST[0], LEAST[1] - 1)):
        with pytest.raises(ConfigError, match="looks at 36 frames of 16 coefficients at least"):
            build(shape)


def bands_of(model: keras.Model, features: np.ndarray) -> np.ndarray:
    """What the first layer makes of standardized features [n, frames, coefficients]."""
    first = next(i for i in model.layers if isinstance(i, keras.layers.Conv2D))
    made: np.ndarray = keras.Model(model.inputs, first.output)(features[..., None]).numpy()
    return made[:, :, 0]


def test_the_first_layer_gives_mel_bands() -> None:
    """Of features standardized with the committed model's constants, which differ from those of
    which the layer is made; a band's mean and spread are left to the batch normalization."""
    manifest = json.loads((PROJECT / "firmware/lib/model/manifest.json").read_text())
    config = FrontendConfig.from_dict(manifest["frontend"])
    windows = random_windows(20, config.window)
    mfcc = np.stack([reference_frames(config, window) for window in windows])
    mel = np.stack([reference_frames(config.replace(kind="logmel"), window) for window in windows])
    features = ((mfcc - np.array(config.mean)) / np.array(config.std)).astype(np.float32)
    made = bands_of(build(), features)
    for band in range(40):
        assert np.corrcoef(made[..., band].ravel(), mel[..., band].ravel())[0, 1] > 0.98


def test_it_is_the_inverse_dct_of_any_number_of_coefficients() -> None:
    """Fewer coefficients give the same smooth spectrum at fewer places."""
    coarse, fine = inverse_dct(20), inverse_dct(40)
    np.testing.assert_allclose(fine @ fine.T, np.diag(np.diag(fine @ fine.T)), atol=1e-9)
    np.testing.assert_allclose(np.linalg.norm(coarse, axis=1), np.linalg.norm(fine[:20], axis=1))
    smooth = (fine[1, ::2] + fine[1, 1::2]) / 2
    assert np.corrcoef(coarse[1], smooth)[0, 1] > 0.999

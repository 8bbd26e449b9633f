"""`recipe.bonus` changes the odds of a trained model's labels, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from train.fit.bonus import give, take_back, with_bonus
from train.fit.recipe import calibrate, to_tflite, with_quantizers
from train.fit.stage import predict
from train.fit.thresholds import without_bonus
from train.models.int8 import Int8Model
from train.models.keras import keras
from train.models.registry import model_of
from train.settings import Settings, read_settings

WORDS, LABELS = 10, 12
BONUS = 5


@pytest.fixture
def settings() -> Settings:
    settings = read_settings("synthetic", ["model.family=res_ds", "model.budget=9000"])
    return replace(settings, recipe=replace(settings.recipe, bonus=BONUS))


@pytest.fixture
def model(settings: Settings) -> keras.Model:
    keras.utils.set_random_seed(0)
    return model_of(settings.model, settings.frontend.shape, LABELS)


@pytest.fixture
def features() -> np.ndarray:
    return np.random.default_rng(0).integers(-128, 128, (20, 49, 40)).astype(np.int8)


def odds(scores: np.ndarray) -> np.ndarray:
    """Of each label against the first keyword."""
    return scores / scores[:, :1]


def test_only_the_odds_of_unknown_and_silence_fall_and_by_exactly_that_factor(
    settings: Settings, model: keras.Model, features: np.ndarray
) -> None:
    before = odds(predict(model, features, 0.03))
    give(model, settings)
    ratio = odds(predict(model, features, 0.03)) / before
    np.testing.assert_allclose(ratio[:, :WORDS], 1.0, rtol=1e-4)
    np.testing.assert_allclose(ratio[:, WORDS:], 1 / BONUS, rtol=1e-4)


def test_training_goes_on_from_what_it_had_learned(
    settings: Settings, model: keras.Model, features: np.ndarray
) -> None:
    before = predict(model, features, 0.03)
    with with_bonus(model, settings):
        assert not np.allclose(predict(model, features, 0.03), before)
    np.testing.assert_array_equal(predict(model, features, 0.03), before)
    give(model, settings)
    take_back(model, settings)
    np.testing.assert_allclose(predict(model, features, 0.03), before, rtol=1e-5)


def test_the_int8_file_has_it_too(
    settings: Settings, model: keras.Model, features: np.ndarray
) -> None:
    quantized = with_quantizers(model)
    calibrate(quantized, [features[..., None].astype(np.float32) * 0.03])
    before = Int8Model(to_tflite(quantized)).likelihoods(features)
    give(quantized, settings)
    after = Int8Model(to_tflite(quantized)).likelihoods(features)
    assert (after[:, :WORDS] > before[:, :WORDS] + 0.02).any()
    plain = without_bonus(after, np.arange(LABELS) < WORDS, BONUS)
    np.testing.assert_allclose(plain, before, atol=0.03)  # scores are multiples of 1/256
    np.testing.assert_allclose(plain.sum(axis=1), 1.0, atol=0.02)

"""Models fit their budget, and a model that is too large for a board says by how much."""

from bisect import bisect_left
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from train.errors import ConfigError
from train.fit.recipe import save_float
from train.models.keras import keras
from train.models.registry import (
    FAMILIES,
    WIDTHS,
    build_model,
    cost,
    first_too_large,
    not_for_boards,
)
from train.settings import PARAMETERS_LIMIT, Settings

SHAPE, LABELS = (49, 40), 12


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("budget", [15_000, 63_000])
def test_models_use_their_budget_and_stay_below(family: str, budget: int) -> None:
    model = build_model(family, SHAPE, LABELS, budget)
    assert model.output_shape == (None, LABELS)
    assert 0.5 * budget < model.count_params() < budget
    assert not not_for_boards(model, Settings())


@pytest.mark.parametrize("family", FAMILIES)
def test_a_run_s_float_model_is_read_back(family: str, tmp_path: Path) -> None:
    """As conversion and comparison do, which know nothing of how it was built."""
    model = build_model(family, SHAPE, LABELS, 15_000)
    save_float(model, tmp_path / "float.h5")
    again = keras.models.load_model(tmp_path / "float.h5", compile=False)
    window = np.random.default_rng(0).normal(size=(1, *SHAPE, 1)).astype(np.float32)
    np.testing.assert_array_equal(model(window), again(window))


@given(
    square=st.floats(0.5, 40), linear=st.floats(0, 4000), constant=st.integers(0, 5000),
    power=st.floats(0.8, 1.4), budget=st.integers(1, 10**7),
)  # fmt: skip
def test_the_widest_is_found_however_sizes_grow(
    square: float, linear: float, constant: int, power: float, budget: int
) -> None:
    tried = []

    def size(width: int) -> int:
        tried.append(width)
        return constant + int((square * width * width + linear * width) ** power)

    expected = bisect_left(WIDTHS, budget, key=size)
    tried.clear()
    assert first_too_large(size, budget) == expected
    if power == 1 and constant == 0:
        assert len(tried) <= 4  # the estimate was right


def test_cost_of_a_known_model() -> None:
    inputs = keras.Input((10, 4, 1))
    x = keras.layers.Conv2D(8, (3, 2), 1, padding="same", use_bias=False)(inputs)
    x = keras.layers.DepthwiseConv2D(3, padding="same", use_bias=False)(x)
    x = keras.layers.Dense(5, use_bias=False)(keras.layers.GlobalAveragePooling2D()(x))
    spent = cost(keras.Model(inputs, x))
    assert spent.parameters == 3 * 2 * 8 + 9 * 8 + 8 * 5
    assert spent.macs == 40 * 8 * 6 + 40 * 8 * 9 + 8 * 5
    assert spent.largest_pair == 2 * 40 * 8


def test_what_does_not_fit_says_by_how_much() -> None:
    with pytest.raises(ConfigError, match="70,000 is 7,000 over the 63,000"):
        build_model("ds_cnn", SHAPE, LABELS, 70_000)
    with pytest.raises(ConfigError, match=r"smallest has [\d,]+, [\d,]+ more than allowed"):
        build_model("tc_resnet", SHAPE, LABELS, 500)
    with pytest.raises(ConfigError, match="'gru' is not one of ds_cnn"):
        build_model("gru", SHAPE, LABELS, 63_000)
    with pytest.raises(ConfigError, match="tcn looks at 45 frames; a window has 44"):
        build_model("tcn", (44, 40), LABELS, 63_000)
    inputs = keras.Input((PARAMETERS_LIMIT,))
    large = keras.Model(inputs, keras.layers.Dense(1)(inputs))
    assert "63,001 parameters, 2 too many" in not_for_boards(large, Settings())

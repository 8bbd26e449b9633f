"""The families by name, the parameter budget, and the cost of a model."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from train.errors import ConfigError
from train.models import (
    bilstm,
    cnn,
    cnn_lstm,
    ds_cnn,
    fcnn,
    mel_stream,
    patch,
    res_ds,
    sound_cnn,
    tc_resnet,
    tcn,
)
from train.models.cost import Cost
from train.models.keras import keras
from train.settings import PARAMETERS_LIMIT, Model, Settings

Builder = Callable[[tuple[int, int], int, int], keras.Model]
FAMILIES: dict[str, Builder] = {
    "ds_cnn": ds_cnn.build,
    "tc_resnet": tc_resnet.build,
    "res_ds": res_ds.build,
    "tcn": tcn.build,
    "mel_stream": mel_stream.build,
    "patch": patch.build,
    "sound_cnn": sound_cnn.build,
}
# sizes given by the settings: layers, kernel, padding, recurrent, mean, dense, activation,
# normalize, dropout, dense_dropout, l2
Sized = Callable[[tuple[int, int], int, Model], keras.Model]
SIZED: dict[str, Sized] = {
    "cnn": cnn.build,  # all except recurrent
    "fcnn": fcnn.build,  # only dense, activation, normalize, dense_dropout and l2
    "bilstm": bilstm.build,  # those of fcnn, recurrent and dropout
    "cnn_lstm": cnn_lstm.build,  # all except mean
}
WIDTHS = range(4, 1025, 2)


def model_of(model: Model, shape: tuple[int, int], labels: int) -> keras.Model:
    """The model for these settings, within its budget if it has one."""
    if model.family in SIZED:
        return _sized(model, shape, labels)
    if model.family in FAMILIES and not model.budget:
        raise ConfigError(
            f"model.budget: 0 is only for families whose layers are given, {', '.join(SIZED)}; "
            f"{model.family} is as wide as its budget"
        )
    return build_model(model.family, shape, labels, model.budget)


def _sized(model: Model, shape: tuple[int, int], labels: int) -> keras.Model:
    keras.backend.clear_session()  # layers are named from 1 again: names go into the int8 file
    try:
        built = SIZED[model.family](shape, labels, model)
    except ConfigError:
        raise
    except ValueError as error:  # from Keras: too few positions
        reason = str(error).splitlines()[0]
        raise ConfigError(f"model: {model.family} does not fit its input ({reason})") from error
    over = built.count_params() - min(model.budget, PARAMETERS_LIMIT)
    if model.budget and over >= 0:
        raise ConfigError(
            f"model.budget: {built.count_params():,} parameters are {over + 1:,} too many; give "
            "smaller layers, or model.budget=0 for a model that is not for boards"
        )
    return built


def not_for_boards(model: keras.Model, settings: Settings) -> str:
    """Why it cannot become firmware, in one sentence; empty if it can."""
    reasons = []
    over = model.count_params() - PARAMETERS_LIMIT
    if over >= 0:
        reasons.append(
            f"it has {model.count_params():,} parameters, {over + 1:,} too many for a board"
        )
    if settings.frontend.kind == "spectrogram":
        reasons.append("its features are magnitude spectrograms, which boards cannot compute")
    if settings.recipe.quantization == "none":
        reasons.append("it has no int8 model")
    return f"not for boards: {'; '.join(reasons)}" if reasons else ""


def build_model(family: str, shape: tuple[int, int], labels: int, budget: int) -> keras.Model:
    """The widest model of the family that is within the budget and fits a board."""
    if budget > PARAMETERS_LIMIT:
        raise ConfigError(
            f"model.budget: {budget:,} is {budget - PARAMETERS_LIMIT:,} over the "
            f"{PARAMETERS_LIMIT:,} that a board takes"
        )
    return build_widest(family, shape, labels, budget)


def build_widest(family: str, shape: tuple[int, int], labels: int, budget: int) -> keras.Model:
    """The widest model of the family with fewer parameters than the budget."""
    if family in SIZED:
        raise ConfigError(
            f"model.family: {family} does not get wider with a larger budget; for a teacher give "
            "a run's folder as recipe.teacher_run"
        )
    if family not in FAMILIES:
        known = ", ".join([*FAMILIES, *SIZED])
        raise ConfigError(f"model.family: {family!r} is not one of {known}")

    @lru_cache
    def size(width: int) -> int:
        return int(FAMILIES[family](shape, labels, width).count_params())

    fitting = first_too_large(size, budget)
    if not fitting:
        smallest = size(WIDTHS[0])
        raise ConfigError(
            f"model.budget: {budget:,} is too small for {family}; its smallest has {smallest:,}, "
            f"{smallest - budget + 1:,} more than allowed"
        )
    keras.backend.clear_session()  # layers are named from 1 again: names go into the int8 file
    return FAMILIES[family](shape, labels, WIDTHS[fitting - 1])


def first_too_large(size: Callable[[int], int], budget: int) -> int:
    """The index in WIDTHS. To find out a size a model must be built, which takes a quarter of a
    second; sizes grow roughly with the square of the width, so two of them show where to look."""
    narrow, wide = 16, 64
    square = max(1e-6, (size(wide) / wide - size(narrow) / narrow) / (wide - narrow))
    linear = size(narrow) / narrow - square * narrow
    root = (math.hypot(linear, 2 * math.sqrt(square * budget)) - linear) / (2 * square)
    guess = min(max(bisect_left(WIDTHS, root), 1), len(WIDTHS) - 1)
    low, high = 0, len(WIDTHS)
    for index in (guess - 1, guess):
        if size(WIDTHS[index]) < budget:
            low = index + 1
        else:
            high = min(high, index)
    return bisect_left(WIDTHS, budget, low, high, key=size)


def cost(model: keras.Model) -> Cost:
    macs = largest = 0
    for layer in model.layers:
        taken = sum(_size(t) for t in _as_list(layer.input))
        given = _size(layer.output)
        largest = max(largest, taken + given)
        if isinstance(layer, keras.layers.DepthwiseConv2D):
            macs += given * layer.kernel_size[0] * layer.kernel_size[1]
        elif isinstance(layer, keras.layers.Conv2D):
            macs += given * layer.kernel_size[0] * layer.kernel_size[1] * layer.input.shape[-1]
        elif isinstance(layer, keras.layers.Dense):
            macs += given * layer.input.shape[-1]
        elif isinstance(layer, keras.layers.LSTM):  # four gates, for inputs and previous outputs
            steps, inputs = layer.input.shape[1:]
            macs += steps * 4 * layer.units * (inputs + layer.units)
    return Cost(int(model.count_params()), int(macs), int(largest))


def _as_list(tensors: Any) -> list[Any]:
    return list(tensors) if isinstance(tensors, (list, tuple)) else [tensors]


def _size(tensor: Any) -> int:
    return math.prod(int(length) for length in tensor.shape[1:])

"""Parts of several families, in the only form that quantization-aware training accepts: batch
normalization directly after a convolution, which has no bias."""

from __future__ import annotations

from typing import Any

from train.errors import ConfigError
from train.models.keras import keras
from train.settings import Model

layers = keras.layers
MOMENTUM = 0.9  # an epoch of the smallest preset has 26 batches, which must suffice for the mean


def normalized(x: Any, relu: bool = True) -> Any:
    x = layers.BatchNormalization(momentum=MOMENTUM)(x)
    return layers.ReLU()(x) if relu else x


def depthwise(
    x: Any, kernel: tuple[int, int], strides: tuple[int, int] = (1, 1), padding: str = "same"
) -> Any:
    return layers.DepthwiseConv2D(kernel, strides, padding=padding, use_bias=False)(x)


def scores(x: Any, labels: int) -> Any:
    """The mean over all positions, one Dense, Softmax."""
    return layers.Softmax()(layers.Dense(labels)(layers.GlobalAveragePooling2D()(x)))


# --- for families whose layers are given in the settings


def convolutions(x: Any, model: Model) -> Any:
    """Convolutions, each with its activation and max-pooling that halves both dimensions."""
    for channels in model.layers:
        x = activated(_convolved(x, channels, model), model)
        x = layers.MaxPooling2D(2)(x)
        x = dropped(x, model.dropout)
    return x


def _convolved(x: Any, channels: int, model: Model) -> Any:
    same = model.padding * 2 + 1 == model.kernel
    if model.padding and not same:
        x = layers.ZeroPadding2D(model.padding)(x)
    return layers.Conv2D(
        channels, model.kernel, padding="same" if same else "valid",
        use_bias=not model.normalize, kernel_regularizer=penalty(model),
    )(x)  # fmt: skip


def head(x: Any, labels: int, model: Model) -> Any:
    """Dense layers on a flat input, then scores."""
    for units in model.dense:
        x = layers.Dense(units, kernel_regularizer=penalty(model))(x)
        x = dropped(activated(x, model), model.dense_dropout)
    return layers.Softmax()(layers.Dense(labels, kernel_regularizer=penalty(model))(x))


def activated(x: Any, model: Model) -> Any:
    if model.normalize:
        x = layers.BatchNormalization(momentum=MOMENTUM)(x)
    if model.activation == "relu":  # as a layer, which quantization-aware training folds
        return layers.ReLU()(x)
    try:
        return layers.Activation(model.activation)(x)
    except ValueError as error:
        raise ConfigError(
            f"model.activation: {model.activation!r} is unknown to Keras; use relu, elu, tanh, ..."
        ) from error


def dropped(x: Any, share: float) -> Any:
    """Dropout; train/fit/stage.py makes a resumed stage drop the same outputs."""
    return layers.Dropout(share)(x) if share else x


def penalty(model: Model) -> Any:
    return keras.regularizers.L2(model.l2) if model.l2 else None

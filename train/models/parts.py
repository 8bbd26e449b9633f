"""What several families are made of, in the one form that quantization-aware training takes:
batch normalization directly after a convolution, no bias before it."""

from __future__ import annotations

from typing import Any

from train.keras import keras

layers = keras.layers
MOMENTUM = 0.9  # an epoch of the smallest preset has 26 batches: their mean must be known after one


def normalized(x: Any, relu: bool = True) -> Any:
    x = layers.BatchNormalization(momentum=MOMENTUM)(x)
    return layers.ReLU()(x) if relu else x


def depthwise(
    x: Any, kernel: tuple[int, int], strides: tuple[int, int] = (1, 1), padding: str = "same"
) -> Any:
    return layers.DepthwiseConv2D(kernel, strides, padding=padding, use_bias=False)(x)


def scores(x: Any, labels: int) -> Any:
    """The mean over all places, one Dense, Softmax. No dropout: its random state could not be
    taken up again after an interruption."""
    return layers.Softmax()(layers.Dense(labels)(layers.GlobalAveragePooling2D()(x)))

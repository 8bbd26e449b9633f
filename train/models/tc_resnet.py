"""TC-ResNet: convolutions over time only, coefficients as channels, with bypasses."""

from __future__ import annotations

from typing import Any

from train.models.keras import keras
from train.models.parts import normalized, scores

layers = keras.layers


def build(shape: tuple[int, int], labels: int, width: int) -> keras.Model:
    """[frames, coefficients] to label scores. Time is written as (k, 1) kernels."""
    frames, coefficients = shape
    inputs = keras.Input((frames, coefficients, 1))
    x = layers.Reshape((frames, 1, coefficients))(inputs)
    x = _conv(x, width, 3, 1)
    for step in (3, 4, 6):
        x = _block(x, width * step // 2)
    return keras.Model(inputs, scores(x, labels), name="tc_resnet")


def _conv(x: Any, channels: int, kernel: int, stride: int, relu: bool = True) -> Any:
    convolution = layers.Conv2D(channels, (kernel, 1), (stride, 1), padding="same", use_bias=False)
    return normalized(convolution(x), relu)


def _block(x: Any, channels: int) -> Any:
    bypass = _conv(x, channels, 1, 2)
    x = _conv(x, channels, 9, 2)
    x = _conv(x, channels, 9, 1, relu=False)
    return layers.ReLU()(layers.Add()([x, bypass]))

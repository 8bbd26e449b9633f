"""Residual depthwise-separable blocks over time only: coefficients are channels.

MFCCs do not shift along their axis like mel bands, so nothing is lost by not sliding along it, and
it saves the multiplications at all other positions of a 2-D kernel.
"""

from __future__ import annotations

from typing import Any

from train.models.keras import keras
from train.models.parts import depthwise, normalized, scores

layers = keras.layers
BLOCKS = ((9, 2), (9, 1), (9, 1), (13, 1), (13, 1))  # kernel and stride over time


def build(shape: tuple[int, int], labels: int, width: int) -> keras.Model:
    """[frames, coefficients] to label scores. Time is written as (k, 1) kernels."""
    frames, coefficients = shape
    inputs = keras.Input((frames, coefficients, 1))
    x = layers.Reshape((frames, 1, coefficients))(inputs)
    x = normalized(layers.Conv2D(width, (3, 1), padding="same", use_bias=False)(x))
    for kernel, stride in BLOCKS:
        x = _block(x, width, kernel, stride)
    return keras.Model(inputs, scores(x, labels), name="res_ds")


def _block(x: Any, width: int, kernel: int, stride: int) -> Any:
    bypass = x
    if stride > 1:
        bypass = normalized(layers.Conv2D(width, 1, (stride, 1), use_bias=False)(x), relu=False)
    y = normalized(depthwise(x, (kernel, 1), (stride, stride)))
    y = normalized(layers.Conv2D(width, 1, use_bias=False)(y), relu=False)
    return layers.ReLU()(layers.Add()([y, bypass]))

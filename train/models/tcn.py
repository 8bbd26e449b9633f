"""Depthwise-separable convolutions over time without padding; coefficients are channels.

A layer's outputs stay valid when the window moves, so an engine can keep them and compute only what
is new (docs/engine.md). There is no bypass: it would have to be cut to the shorter rows.
"""

from __future__ import annotations

from train.errors import ConfigError
from train.models.keras import keras
from train.models.parts import depthwise, normalized, scores

layers = keras.layers
FIRST = 5  # frames of the first kernel
BLOCKS = ((9, 2), (7, 1), (7, 1), (5, 1))  # kernel and stride over time


def build(shape: tuple[int, int], labels: int, width: int) -> keras.Model:
    """[frames, coefficients] to label scores. Time is written as (k, 1) kernels."""
    frames, coefficients = shape
    if frames < reach():
        raise ConfigError(f"model.family: tcn looks at {reach()} frames; a window has {frames}")
    inputs = keras.Input((frames, coefficients, 1))
    x = layers.Reshape((frames, 1, coefficients))(inputs)
    x = normalized(layers.Conv2D(width, (FIRST, 1), use_bias=False)(x))
    for kernel, stride in BLOCKS:
        x = normalized(depthwise(x, (kernel, 1), (stride, stride), padding="valid"))
        x = normalized(layers.Conv2D(width, 1, use_bias=False)(x))
    return keras.Model(inputs, scores(x, labels), name="tcn")


def reach() -> int:
    """The number of frames that one row before the mean depends on."""
    rows = 1
    for kernel, stride in reversed(BLOCKS):
        rows = (rows - 1) * stride + kernel
    return rows + FIRST - 1

"""DS-CNN: one convolution, then depthwise-separable blocks, then the mean over time and bands."""

from __future__ import annotations

from typing import Any

from train.models.keras import keras
from train.models.parts import depthwise, normalized, scores

layers = keras.layers
BLOCKS = ((1, 1.0), (2, 1.5), (1, 1.5), (1, 1.5), (1, 1.5))  # stride, channels in widths


def build(shape: tuple[int, int], labels: int, width: int) -> keras.Model:
    """[frames, coefficients] to label scores."""
    inputs = keras.Input((*shape, 1))
    x = normalized(layers.Conv2D(width, (10, 4), 2, padding="same", use_bias=False)(inputs))
    for stride, widths in BLOCKS:
        x = _block(x, round(width * widths), stride)
    return keras.Model(inputs, scores(x, labels), name="ds_cnn")


def _block(x: Any, channels: int, stride: int) -> Any:
    x = normalized(depthwise(x, (3, 3), (stride, stride)))
    return normalized(layers.Conv2D(channels, 1, use_bias=False)(x))

"""Patch partition: the window is cut into patches, and each becomes a vector of channels; blocks
then mix neighbouring patches, and channels with each other, each with a bypass."""

from __future__ import annotations

from typing import Any

from train.models.keras import keras
from train.models.parts import depthwise, normalized, scores

layers = keras.layers
PATCH = (6, 5)  # frames, coefficients
BLOCKS = 4


def build(shape: tuple[int, int], labels: int, width: int) -> keras.Model:
    """[frames, coefficients] to label scores."""
    inputs = keras.Input((*shape, 1))
    x = normalized(layers.Conv2D(width, PATCH, PATCH, padding="same", use_bias=False)(inputs))
    for _ in range(BLOCKS):
        x = _beside(x, depthwise(x, (3, 3)))
        x = _beside(x, layers.Conv2D(width, 1, use_bias=False)(x))
    return keras.Model(inputs, scores(x, labels), name="patch")


def _beside(x: Any, y: Any) -> Any:
    return layers.ReLU()(layers.Add()([x, normalized(y, relu=False)]))

"""Broadcast-residual blocks: what neighbouring bands show, and what their mean shows over time,
added to every band."""

from __future__ import annotations

from typing import Any

from train.keras import keras
from train.models.parts import depthwise, normalized, scores

layers = keras.layers
# blocks, channels in widths, stride over bands
STAGES = ((2, 1.0, 1), (2, 1.5, 2), (3, 2.0, 2), (3, 2.5, 1))


def build(shape: tuple[int, int], labels: int, width: int) -> keras.Model:
    """[frames, bands] to label scores."""
    inputs = keras.Input((*shape, 1))
    x = normalized(layers.Conv2D(2 * width, 5, (1, 2), padding="same", use_bias=False)(inputs))
    for blocks, widths, stride in STAGES:
        for number in range(blocks):
            x = _block(x, round(width * widths), stride if number == 0 else 1, bypass=number > 0)
    return keras.Model(inputs, scores(x, labels), name="bc_res")


def _block(x: Any, channels: int, stride: int, bypass: bool) -> Any:
    kept = x
    if not bypass:
        x = normalized(layers.Conv2D(channels, 1, use_bias=False)(x))
    bands = normalized(depthwise(x, (1, 3), (1, stride)), relu=False)
    over_time = layers.AveragePooling2D((1, bands.shape[2]))(bands)
    over_time = normalized(depthwise(over_time, (9, 1)))
    over_time = normalized(layers.Conv2D(channels, 1, use_bias=False)(over_time), relu=False)
    y = layers.Add()([bands, over_time])
    return layers.ReLU()(layers.Add()([kept, y]) if bypass else y)

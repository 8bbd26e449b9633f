"""DS-CNN: one convolution, then depthwise-separable blocks, then the mean over time and bands."""

from __future__ import annotations

from typing import Any

from train.keras import keras

layers = keras.layers


def build(shape: tuple[int, int], labels: int, width: int) -> keras.Model:
    """[frames, coefficients] to label scores."""
    inputs = keras.Input((*shape, 1))
    x = _normalized(layers.Conv2D(width, (10, 4), 2, padding="same", use_bias=False)(inputs))
    for _ in range(4):
        x = _normalized(layers.DepthwiseConv2D(3, padding="same", use_bias=False)(x))
        x = _normalized(layers.Conv2D(width, 1, use_bias=False)(x))
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(0.2)(x)
    return keras.Model(inputs, layers.Softmax()(layers.Dense(labels)(x)), name="ds_cnn")


def _normalized(x: Any) -> Any:
    return layers.ReLU()(layers.BatchNormalization()(x))

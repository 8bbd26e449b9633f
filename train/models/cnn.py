"""Convolutions with max-pooling over time and coefficients, then dense layers: the network that
most tutorials start with. Sizes come from the settings."""

from __future__ import annotations

from train.models.keras import keras
from train.models.parts import convolutions, head
from train.settings import Model

layers = keras.layers


def build(shape: tuple[int, int], labels: int, model: Model) -> keras.Model:
    """[frames, coefficients] to label scores."""
    inputs = keras.Input((*shape, 1))
    x = convolutions(inputs, model)
    x = layers.GlobalAveragePooling2D()(x) if model.mean else layers.Flatten()(x)
    return keras.Model(inputs, head(x, labels, model), name="cnn")

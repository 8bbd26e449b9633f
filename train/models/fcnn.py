"""Dense layers on the mean of the coefficients over time: it sees which sounds occur, but not their
order. Sizes come from the settings."""

from __future__ import annotations

from train.models.keras import keras
from train.models.parts import head
from train.settings import Model

layers = keras.layers


def build(shape: tuple[int, int], labels: int, model: Model) -> keras.Model:
    """[frames, coefficients] to label scores."""
    inputs = keras.Input((*shape, 1))
    mean = layers.AveragePooling2D((shape[0], 1))(inputs)
    return keras.Model(inputs, head(layers.Flatten()(mean), labels, model), name="fcnn")

"""Dense layers over the coefficients' mean over time: it hears what sounds there are, but not their
order. Its sizes are those of the settings."""

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

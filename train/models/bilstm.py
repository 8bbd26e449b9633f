"""LSTMs over the frames, from the first to the last and back: what both know at their ends goes
into dense layers. Its sizes are those of the settings."""

from __future__ import annotations

from train.keras import keras
from train.models.parts import dropped, head
from train.settings import Model

layers = keras.layers


def build(shape: tuple[int, int], labels: int, model: Model) -> keras.Model:
    """[frames, coefficients] to label scores."""
    inputs = keras.Input((*shape, 1))
    x = layers.Reshape(shape)(inputs)
    for number, units in enumerate(model.recurrent, start=1):
        every_frame = number < len(model.recurrent)
        x = layers.Bidirectional(layers.LSTM(units, return_sequences=every_frame))(x)
        x = dropped(x, model.dropout)
    if not model.recurrent:
        x = layers.Flatten()(x)
    return keras.Model(inputs, head(x, labels, model), name="bilstm")

"""LSTMs over the frames, forwards and backwards; their final outputs go into dense layers. Sizes
come from the settings."""

from __future__ import annotations

from typing import Any

from train.models.keras import keras
from train.models.parts import dropped, head
from train.settings import Model

layers = keras.layers


def build(shape: tuple[int, int], labels: int, model: Model) -> keras.Model:
    """[frames, coefficients] to label scores."""
    inputs = keras.Input((*shape, 1))
    x = layers.Reshape(shape)(inputs)
    for number, units in enumerate(model.recurrent, start=1):
        x = dropped(_both_ways(x, units, number < len(model.recurrent)), model.dropout)
    if not model.recurrent:
        x = layers.Flatten()(x)
    return keras.Model(inputs, head(x, labels, model), name="bilstm")


def _both_ways(x: Any, units: int, every_frame: bool) -> Any:
    """Like Keras' Bidirectional, but with slices instead of REVERSE_V2, which TensorFlow Lite's
    reference kernels lack for int8, and TensorFlow Lite Micro lacked until recently."""
    forth = layers.LSTM(units, return_sequences=every_frame)(x)
    back = layers.LSTM(units, return_sequences=every_frame)(x[:, ::-1, :])
    return layers.Concatenate()([forth, back[:, ::-1, :] if every_frame else back])

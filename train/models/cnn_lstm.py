"""Convolutions with max-pooling, then LSTMs over their output in four steps. Sizes come from the
settings."""

from __future__ import annotations

from train.errors import ConfigError
from train.models.keras import keras
from train.models.parts import convolutions, dropped, head
from train.settings import Model

layers = keras.layers
STEPS = 4  # of several frames each


def build(shape: tuple[int, int], labels: int, model: Model) -> keras.Model:
    """[frames, coefficients] to label scores."""
    inputs = keras.Input((*shape, 1))
    x = convolutions(inputs, model)
    frames = int(x.shape[1])
    if frames % STEPS or not model.recurrent:
        raise ConfigError(
            f"model.family: cnn_lstm takes {frames} frames after its convolutions in {STEPS} equal "
            "steps, by LSTMs of model.recurrent units; give another frontend.window or model.layers"
        )
    x = layers.Reshape((STEPS, -1))(x)
    for number, units in enumerate(model.recurrent, start=1):
        x = layers.LSTM(units, return_sequences=number < len(model.recurrent))(x)
        x = dropped(x, model.dropout)
    return keras.Model(inputs, head(x, labels, model), name="cnn_lstm")

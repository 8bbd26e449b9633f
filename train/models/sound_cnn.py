"""Two convolutions, each with max-pooling over patches, then a hidden layer: for sounds.

Patches are long in time and short across coefficients, like windows. There is no mean over time: a
bark fills a twentieth of the window, rain fills all of it.
"""

from __future__ import annotations

from typing import Any

from train.errors import ConfigError
from train.models.keras import keras
from train.models.parts import normalized

layers = keras.layers
PATCHES = ((4, 2), (5, 2))  # frames and coefficients of a pooling patch
LEAST = (20, 4)  # smallest number of frames and coefficients


def build(shape: tuple[int, int], labels: int, width: int) -> keras.Model:
    """[frames, coefficients] to label scores."""
    if shape[0] < LEAST[0] or shape[1] < LEAST[1]:
        raise ConfigError(
            f"model.family: sound_cnn looks at {LEAST[0]} frames of {LEAST[1]} coefficients at "
            f"least; a window has {shape[0]} of {shape[1]}"
        )
    inputs = keras.Input((*shape, 1))
    x: Any = inputs
    for patch, channels in zip(PATCHES, (width, 2 * width), strict=True):
        x = normalized(layers.Conv2D(channels, 3, padding="same", use_bias=False)(x))
        x = layers.MaxPooling2D(patch)(x)
    x = layers.Reshape((x.shape[1] * x.shape[2] * x.shape[3],))(x)
    x = layers.Dense(4 * width, activation="relu")(x)
    return keras.Model(inputs, layers.Softmax()(layers.Dense(labels)(x)), name="sound_cnn")

"""After training, keywords get a bonus: their odds against `unknown` and `silence` are multiplied.
The highest score then says which word a clip is most like. The detector takes the bonus back
before it compares a score with a threshold, which says whether it was a word at all.

Training shows far more other words than keywords, and makes them count more: a model learns to
reject what it is unsure of, which is every voice and microphone that is new to it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from train.models.keras import keras
from train.settings import Settings


@contextmanager
def with_bonus(model: keras.Model, settings: Settings) -> Iterator[None]:
    """The model as it will be used, until training goes on."""
    bias = _head(model).bias
    trained = bias.numpy()
    give(model, settings)
    yield
    bias.assign(trained)


def give(model: keras.Model, settings: Settings) -> None:
    _shift(model, len(settings.data.words), -math.log(settings.recipe.bonus))


def take_back(model: keras.Model, settings: Settings) -> None:
    """Before more training of a finished model."""
    _shift(model, len(settings.data.words), math.log(settings.recipe.bonus))


def _shift(model: keras.Model, words: int, offset: float) -> None:
    """Changes all labels except the first `words`."""
    bias = _head(model).bias
    shifted = bias.numpy()
    shifted[words:] += np.float32(offset)
    bias.assign(shifted)


def _head(model: keras.Model) -> Any:
    """The last dense layer, which softmax follows: its bias adds to the logarithm of a score."""
    inner = (getattr(layer, "layer", layer) for layer in reversed(model.layers))
    return next(layer for layer in inner if isinstance(layer, keras.layers.Dense))

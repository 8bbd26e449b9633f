"""After training, `unknown` and `silence` score lower by a factor, so that the highest score says
which word it was, and the detector's threshold says whether it was one.

Training shows far more other words than keywords, and makes them count more: a model learns to
reject what it is unsure of, at every voice and microphone that is new to it. A threshold rejects
those too, but it can be set later, and for each word.
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
def settled(model: keras.Model, settings: Settings) -> Iterator[None]:
    """The model as it will be used, until training goes on."""
    bias = _head(model).bias
    trained = bias.numpy()
    settle(model, settings)
    yield
    bias.assign(trained)


def settle(model: keras.Model, settings: Settings) -> None:
    """Multiplies the odds of all labels that are not keywords by `recipe.doubt`."""
    _shift(model, len(settings.data.words), math.log(settings.recipe.doubt))


def unsettle(model: keras.Model, settings: Settings) -> None:
    """Before more training of a finished model."""
    _shift(model, len(settings.data.words), -math.log(settings.recipe.doubt))


def _shift(model: keras.Model, words: int, offset: float) -> None:
    bias = _head(model).bias
    shifted = bias.numpy()
    shifted[words:] += np.float32(offset)
    bias.assign(shifted)


def _head(model: keras.Model) -> Any:
    """The last dense layer, which softmax follows: its bias adds to the logarithm of a score."""
    inner = (getattr(layer, "layer", layer) for layer in reversed(model.layers))
    return next(layer for layer in inner if isinstance(layer, keras.layers.Dense))

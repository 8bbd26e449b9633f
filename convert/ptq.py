"""Quantization after training, for comparison: scales from features that the model sees, no
training for int8."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convert.errors import ModelError
from convert.source import Source, checked
from train.cache import Cache
from train.corpus import read_corpus
from train.data.clip import DataError
from train.dataset import make_examples
from train.feed import as_floats
from train.runs import read_settings_of

REPRESENTATIVE = 300  # windows of training


def quantized_after_training(source: Source, cache: Cache) -> Source:
    """The float model of a run as int8; the run's int8 file is not used."""
    from train.keras import keras, quiet
    from train.recipe import to_tflite

    assert source.run is not None
    settings = read_settings_of(source.run)
    training = source.trained_config
    try:
        corpus = read_corpus(settings, cache)
        examples = make_examples(settings, corpus, training, "train", cache)
    except DataError as error:
        raise ModelError(f"--ptq needs the recordings of the run: {error}") from error
    chosen = np.linspace(0, len(examples.labels) - 1, REPRESENTATIVE).astype(int)
    windows = as_floats(examples.features[chosen], training.scale)
    with quiet():
        model = keras.models.load_model(source.run / "float.h5", compile=False)
    content = to_tflite(model, lambda: _one_by_one(windows))
    name = f"{source.run / 'float.h5'} quantized after training"
    described = source.described | {"quantized": "after training"}
    again = checked(name, content, training, source.labels, described=described)
    return replace(again, run=source.run, trained_for="float")


def _one_by_one(windows: NDArray[np.float32]) -> Iterator[list[Any]]:
    for window in windows:
        yield [window[None]]

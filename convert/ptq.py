"""Quantization after training, for comparison: scales come from features, without int8 training."""

from __future__ import annotations

from dataclasses import replace

from convert.errors import ModelError
from convert.source import Source, checked
from train.cache import Cache
from train.data.corpus import read_corpus
from train.errors import DataError
from train.features.examples import make_examples
from train.fit.runs import read_settings_of


def quantized_after_training(source: Source, cache: Cache) -> Source:
    """The float model of a run as int8; the run's int8 file is not used."""
    from train.fit.recipe import representative, to_tflite
    from train.models.keras import keras, quiet

    assert source.run is not None
    settings = read_settings_of(source.run)
    training = source.trained_config
    try:
        corpus = read_corpus(settings, cache)
        examples = make_examples(settings, corpus, training, "train", cache)
    except DataError as error:
        raise ModelError(f"--ptq needs the recordings of the run: {error}") from error
    with quiet():
        model = keras.models.load_model(source.run / "float.h5", compile=False)
    content = to_tflite(model, lambda: representative(examples.features, training.scale))
    name = f"{source.run / 'float.h5'} quantized after training"
    described = source.described | {"quantized": "after training"}
    again = checked(name, content, training, source.labels, described=described)
    return replace(again, run=source.run, trained_for="float")

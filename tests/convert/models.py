"""Small int8 models to convert, made once: untrained, but with scales as after training."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from tools.bench.engine import untrained
from train.fit.recipe import converter_of, fix_seeds, to_tflite
from train.models.keras import keras, tf, tflite_schema
from train.models.registry import build_model
from train.settings.frontend import FrontendConfig

LABELS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
          "unknown", "silence")  # fmt: skip
SHAPE = FrontendConfig().shape


@cache
def family(name: str) -> bytes:
    fix_seeds(0)
    return untrained(build_model(name, SHAPE, len(LABELS), 9000))


def layers_model(*middle: keras.layers.Layer, shape: tuple[int, int, int] = (49, 40, 1)) -> bytes:
    """int8 after training, with any layers between the input and the scores."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input(shape)
    x = keras.layers.Conv2D(4, 3, 2)(inputs)
    for layer in middle:
        x = layer(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    outputs = keras.layers.Softmax()(keras.layers.Dense(len(LABELS))(x))
    random = np.random.default_rng(0)
    samples = random.normal(size=(50, 1, *shape)).astype(np.float32)
    return to_tflite(keras.Model(inputs, outputs), lambda: ([sample] for sample in samples))


def sequence_model(*middle: keras.layers.Layer, shape: tuple[int, int] = (12, 10)) -> bytes:
    """int8 after training, of layers over a sequence of rows."""
    keras.utils.set_random_seed(0)
    x = inputs = keras.Input(shape)
    for layer in middle:
        x = layer(x)
    outputs = keras.layers.Softmax()(keras.layers.Dense(len(LABELS))(keras.layers.Flatten()(x)))
    random = np.random.default_rng(0)
    samples = random.normal(size=(50, 1, *shape)).astype(np.float32)
    return to_tflite(keras.Model(inputs, outputs), lambda: ([sample] for sample in samples))


@cache
def looping() -> bytes:
    """A loop, as Keras makes of SimpleRNN. Float: TensorFlow Lite 2.19 crashes calibrating one."""
    fix_seeds(0)
    inputs = keras.Input((*SHAPE, 1))
    x = keras.layers.SimpleRNN(4)(keras.layers.Reshape(SHAPE)(inputs))
    model = keras.Model(inputs, keras.layers.Softmax()(keras.layers.Dense(len(LABELS))(x)))
    return bytes(converter_of(model).convert())


@cache
def float_model() -> bytes:
    fix_seeds(0)
    model = build_model("tc_resnet", SHAPE, len(LABELS), 9000)
    return bytes(converter_of(model).convert())


@cache
def dynamic_batch() -> bytes:
    """int8, but for any number of windows at once."""
    fix_seeds(0)
    model = build_model("ds_cnn", SHAPE, len(LABELS), 9000)
    samples = np.random.default_rng(0).normal(size=(20, 1, *SHAPE, 1)).astype(np.float32)
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([sample] for sample in samples)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    return bytes(converter.convert())


@cache
def per_channel_dense() -> bytes:
    """As TensorFlow converts on its own: a scale for each output of Dense."""
    fix_seeds(0)
    inputs = keras.Input((49, 40, 1))
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(4, 3, 2)(inputs))
    model = keras.Model(inputs, keras.layers.Softmax()(keras.layers.Dense(len(LABELS))(x)))
    samples = np.random.default_rng(0).normal(size=(20, 1, *SHAPE, 1)).astype(np.float32)
    converter = converter_of(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([sample] for sample in samples)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    return bytes(converter.convert())


def without_softmax() -> bytes:
    keras.utils.set_random_seed(0)
    inputs = keras.Input((*SHAPE, 1))
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(4, 3, 2)(inputs))
    samples = np.random.default_rng(0).normal(size=(20, 1, *SHAPE, 1)).astype(np.float32)
    model = keras.Model(inputs, keras.layers.Dense(len(LABELS))(x))
    return to_tflite(model, lambda: ([sample] for sample in samples))


def rewritten(content: bytes, change: Callable[[Any], object]) -> bytes:
    """The file with its model (a ModelT of TensorFlow's schema) changed in place."""
    import flatbuffers

    model = tflite_schema().ModelT.InitFromPackedBuf(content, 0)
    change(model)
    builder = flatbuffers.Builder(len(content))
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())

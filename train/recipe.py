"""Float training, pruning, quantization-aware training, int8: in this order and no other."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from tensorflow_model_optimization.python.core.quantization.keras.collab_opts.prune_preserve import (  # noqa: E501 - after train.keras
    default_8bit_prune_preserve_quantize_scheme as prune_preserve,
)
from tqdm import tqdm

from train.dataset import Examples
from train.keras import keras, quiet, tf, tfmot
from train.settings import Recipe

Arrays = tuple[NDArray[np.float32], NDArray[np.float32]]


def fix_seeds(seed: int) -> None:
    """The same settings twice give the same weights on a CPU."""
    keras.backend.clear_session()  # layers are named from 1 again: names go into the int8 file
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()


def to_arrays(examples: Examples, labels: int, scale: float) -> Arrays:
    """Standardized features [n, frames, coefficients, 1] and one-hot labels [n, labels]."""
    features = examples.features[..., None].astype(np.float32) * np.float32(scale)
    return features, np.eye(labels, dtype=np.float32)[examples.labels]


def train_float(model: keras.Model, train: Arrays, validation: Arrays, recipe: Recipe) -> None:
    steps = recipe.epochs * -(-len(train[0]) // recipe.batch)
    rate = keras.optimizers.schedules.CosineDecay(recipe.learning_rate, steps)
    _fit(model, train, validation, recipe, recipe.epochs, rate, "float")


def prune(model: keras.Model, train: Arrays, validation: Arrays, recipe: Recipe) -> keras.Model:
    """Zeros in the weights of Conv2D and Dense, up to the sparsity, while training goes on."""
    if not recipe.sparsity or not recipe.prune_epochs:
        return model
    steps = recipe.prune_epochs * -(-len(train[0]) // recipe.batch)
    schedule = tfmot.sparsity.keras.PolynomialDecay(
        0.0,
        recipe.sparsity,
        begin_step=0,
        end_step=max(1, steps * 2 // 3),
        frequency=max(1, steps // 40),
    )

    def wrap(layer: keras.layers.Layer) -> keras.layers.Layer:
        # a depthwise convolution is a kind of Conv2D in Keras, but too small to prune
        if type(layer) in (keras.layers.Conv2D, keras.layers.Dense):
            return tfmot.sparsity.keras.prune_low_magnitude(layer, pruning_schedule=schedule)
        return layer

    wrapped = keras.models.clone_model(model, clone_function=wrap)
    wrapped.set_weights(_fill(wrapped, model))
    update = tfmot.sparsity.keras.UpdatePruningStep()
    rate = recipe.learning_rate / 4
    _fit(wrapped, train, validation, recipe, recipe.prune_epochs, rate, "pruning", [update])
    return tfmot.sparsity.keras.strip_pruning(wrapped)


def _fill(wrapped: keras.Model, model: keras.Model) -> list[NDArray[np.float32]]:
    """The wrapped model's weights with those of the plain one in their places."""
    for layer, plain in zip(wrapped.layers, model.layers, strict=True):
        inner = getattr(layer, "layer", layer)
        inner.set_weights(plain.get_weights())
    return wrapped.get_weights()


def quantize(model: keras.Model, train: Arrays, validation: Arrays, recipe: Recipe) -> keras.Model:
    """Training that sees int8 everywhere and keeps the zeros."""
    annotated = tfmot.quantization.keras.quantize_annotate_model(model)
    scheme = prune_preserve.Default8BitPrunePreserveQuantizeScheme()
    quantized = tfmot.quantization.keras.quantize_apply(annotated, scheme=scheme)
    rate = recipe.learning_rate / 20
    # at least one epoch: without a step the input's scale would stay at nothing
    _fit(quantized, train, validation, recipe, max(1, recipe.quantize_epochs), rate, "int8")
    return quantized


def to_tflite(model: keras.Model) -> bytes:
    """Full int8, a fixed batch of 1, Dense per tensor for older TensorFlow Lite Micro."""
    shape = (1, *model.input_shape[1:])
    function = tf.function(lambda x: model(x, training=False), reduce_retracing=True)
    concrete = function.get_concrete_function(tf.TensorSpec(shape, tf.float32))
    converter = tf.lite.TFLiteConverter.from_concrete_functions([concrete], model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    converter._experimental_disable_per_channel_quantization_for_dense_layers = True
    with quiet():
        converted: bytes = converter.convert()
    return converted


def sparsity(model: keras.Model) -> float:
    """The share of zeros in the weights that pruning may touch."""
    weights = [
        layer.get_weights()[0]
        for layer in model.layers
        if type(layer) in (keras.layers.Conv2D, keras.layers.Dense)
    ]
    zeros = sum(int((w == 0).sum()) for w in weights)
    return zeros / max(1, sum(w.size for w in weights))


def _fit(
    model: keras.Model,
    train: Arrays,
    validation: Arrays,
    recipe: Recipe,
    epochs: int,
    rate: object,
    stage: str,
    callbacks: list[keras.callbacks.Callback] | None = None,
) -> None:
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing)
    model.compile(keras.optimizers.Adam(rate), loss, ["accuracy"])
    bar = tqdm(total=epochs, desc=f"{stage:>8}", unit="epoch", disable=None)
    model.fit(
        *train,
        batch_size=recipe.batch,
        epochs=epochs,
        validation_data=validation,
        verbose=0,
        callbacks=[*(callbacks or []), keras.callbacks.LambdaCallback(on_epoch_end=_shown(bar))],
    )
    bar.close()


def _shown(bar: tqdm) -> Callable[[int, dict[str, float]], None]:
    def show(_epoch: int, logs: dict[str, float]) -> None:
        bar.set_postfix_str(f"validation {100 * logs['val_accuracy']:.1f} %")
        bar.update()

    return show

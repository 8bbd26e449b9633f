"""Float training, pruning, quantization-aware training and int8, always in this order."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from train.fit.feed import Feed, Floats, as_floats
from train.fit.lesson import Lesson
from train.fit.stage import predict, run_stage
from train.models.keras import keras, model_optimization, prune_preserve_scheme, quiet, tf
from train.models.registry import build_widest

PRUNED_AT = 2 / 3  # share of the pruning stage's steps until the sparsity is reached
CALIBRATED_ON = 10  # batches
REPRESENTATIVE = 300  # training windows for scales in quantization after training
RANGE = re.compile("_(min|max):0$")  # names of the quantizers' variables
INPUT = "quantize_layer"  # part of the names of the input quantizer's variables
RANGE_STEP = 0.001  # step of a quantizer's moving average towards a batch
TEMPERATURE = 2.0  # softens a teacher's scores, so that its uncertainty shows


def fix_seeds(seed: int) -> None:
    """Makes training reproducible: on a CPU, the same settings give the same weights."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()


def train_float(model: keras.Model, lesson: Lesson) -> None:
    recipe = lesson.settings.recipe
    is_taught = recipe.teacher or lesson.teacher is not None
    feed = taught(lesson) if is_taught else lesson.train
    stage = lesson.stage("float", recipe.epochs, recipe.learning_rate)
    lesson.history["float"] = run_stage(model, stage, feed, lesson.validation, lesson.place)


def taught(lesson: Lesson) -> Feed:
    """The training examples with a larger model's scores mixed into the targets."""
    recipe, feed = lesson.settings.recipe, lesson.train
    scores = _of_a_teacher(lesson) if lesson.teacher is None else lesson.teacher
    soft = scores ** (1 / TEMPERATURE)
    if feed.possible is not None:
        soft = soft * feed.possible  # the teacher says nothing about undetermined labels either
    soft /= soft.sum(axis=1, keepdims=True)
    share = np.float32(recipe.teacher_share)
    targets = (1 - share) * feed.targets + share * soft.astype(np.float32)
    return replace(feed, targets=targets)


def _of_a_teacher(lesson: Lesson) -> Floats:
    """Scores of the training examples by a larger model of the family, trained for this purpose."""
    settings, feed = lesson.settings, lesson.train
    recipe, labels = settings.recipe, feed.targets.shape[1]
    shape = settings.frontend.shape
    teacher = build_widest(settings.model.family, shape, labels, recipe.teacher)
    stage = lesson.stage("teacher", recipe.epochs, recipe.learning_rate)
    lesson.history["teacher"] = run_stage(teacher, stage, feed, lesson.validation, lesson.place)
    return predict(teacher, feed.features, feed.scale)


def prune(model: keras.Model, lesson: Lesson) -> keras.Model:
    """Sets weights of Conv2D and Dense to zero, up to the sparsity, while training continues."""
    recipe = lesson.settings.recipe
    if not recipe.sparsity or not recipe.prune_epochs:
        return model
    sparsity = model_optimization().sparsity.keras
    steps = recipe.prune_epochs * lesson.train.steps(recipe.batch)
    schedule = sparsity.PolynomialDecay(
        0.0,
        recipe.sparsity,
        begin_step=0,
        end_step=max(1, int(steps * PRUNED_AT)),
        frequency=max(1, steps // 40),
    )
    structure = {"sparsity_m_by_n": (2, 4)} if recipe.structure == "2:4" else {}

    def wrap(layer: keras.layers.Layer) -> keras.layers.Layer:
        # in Keras a depthwise convolution is a Conv2D, but it is too small to prune
        if type(layer) not in (keras.layers.Conv2D, keras.layers.Dense):
            return layer
        four = layer.kernel.shape[-2] % 4 == 0
        return sparsity.prune_low_magnitude(
            layer, pruning_schedule=schedule, **(structure if four else {})
        )

    wrapped = keras.models.clone_model(model, clone_function=wrap)
    _fill(wrapped, model)
    update = sparsity.UpdatePruningStep()
    update.set_model(wrapped)
    update.on_train_begin()  # the step, unless an interrupted stage restores its own
    settled = -(-int(steps * PRUNED_AT) // lesson.train.steps(recipe.batch))
    stage = lesson.stage("pruning", recipe.prune_epochs, recipe.learning_rate / 2, settled)

    lesson.history["pruning"] = run_stage(
        wrapped, stage, lesson.train, lesson.validation, lesson.place,
        after_epoch=lambda: update.on_epoch_end(None),
    )  # fmt: skip
    return sparsity.strip_pruning(wrapped)


def _fill(wrapped: keras.Model, model: keras.Model) -> None:
    """Copies the plain model's weights into the wrapped one."""
    for layer, plain in zip(wrapped.layers, model.layers, strict=True):
        getattr(layer, "layer", layer).set_weights(plain.get_weights())


def quantize(model: keras.Model, lesson: Lesson) -> keras.Model:
    """Trains with int8 rounding everywhere and keeps the zeros."""
    recipe = lesson.settings.recipe
    quantized = with_quantizers(model)
    seen = lesson.train.epoch(recipe.batch, (lesson.settings.seed,))
    calibrate(quantized, [batch for batch, *_ in itertools.islice(seen, CALIBRATED_ON)])
    # at least one epoch: without a step the input's scale would never be set
    epochs = max(1, recipe.quantize_epochs)
    stage = lesson.stage("quantized", epochs, recipe.learning_rate / 10)
    lesson.history["quantized"] = run_stage(
        quantized, stage, lesson.train, lesson.validation, lesson.place
    )
    return quantized


def with_quantizers(model: keras.Model) -> keras.Model:
    """The model with int8 rounding, preserved zeros and its weights, but untrained scales."""
    quantization = model_optimization().quantization.keras
    annotated = quantization.quantize_annotate_model(model)
    return quantization.quantize_apply(annotated, scheme=prune_preserve_scheme())


def calibrate(quantized: keras.Model, batches: Sequence[NDArray[np.float32]]) -> None:
    """Sets the ranges of activations from these batches. They start at -6 to 6 and are averages
    that move by a thousandth per step, so a short stage would waste half of int8's range."""
    ranges = [weight for weight in quantized.weights if RANGE.search(weight.name)]
    others = [weight for weight in quantized.weights if not RANGE.search(weight.name)]
    kept = [weight.numpy() for weight in others]
    averages = [w for w in ranges if INPUT not in w.name and "kernel" not in w.name]
    for _ in range(2):  # the second time with ranges that do not distort later layers
        before = np.array([float(value) for value in averages])
        seen = np.zeros(len(averages))
        for batch in batches:
            quantized(batch, training=True)
            moved = np.array([float(value) for value in averages]) - before
            seen += before + moved / RANGE_STEP
            _assign(averages, before)
        _assign(averages, seen / len(batches))
    _assign(others, kept)  # the batches also changed the normalization


def _assign(variables: Sequence[Any], values: Iterable[Any]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def converter_of(model: keras.Model) -> Any:
    """Converts to TensorFlow Lite, for one window. The converter only gets the variables: for a
    Keras model it would first save every callable, which takes three times as long as the rest."""
    shape = (1, *model.input_shape[1:])
    function = tf.function(lambda x: model(x, training=False), reduce_retracing=True)
    variables = tf.Module()
    variables.all = model.variables
    return tf.lite.TFLiteConverter.from_concrete_functions(
        [function.get_concrete_function(tf.TensorSpec(shape, tf.float32))], variables
    )


def to_tflite(
    model: keras.Model, representative: Callable[[], Iterator[list[Any]]] | None = None
) -> bytes:
    """Full int8, a fixed batch of 1, and per-tensor Dense for older TensorFlow Lite Micro. Scales
    come from the model's quantizers or from `representative` inputs."""
    converter = converter_of(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if representative:
        converter.representative_dataset = representative
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    converter._experimental_disable_per_channel_quantization_for_dense_layers = True
    with quiet():
        converted: bytes = converter.convert()
    return converted


def representative(features: NDArray[np.int8], scale: float) -> Iterator[list[Any]]:
    """Windows spread evenly over the training features, one at a time."""
    chosen = np.linspace(0, len(features) - 1, REPRESENTATIVE).astype(int)
    for window in as_floats(features[chosen], scale):
        yield [window[None]]


def int8_sparsity(content: bytes) -> float:
    """The share of zeros in the weights that pruning may touch, counted in the int8 file."""
    with quiet():
        interpreter = tf.lite.Interpreter(model_content=content)
    zeros = total = 0
    for operation in interpreter._get_ops_details():
        if operation["op_name"] in ("CONV_2D", "FULLY_CONNECTED"):
            weights: NDArray[Any] = interpreter.get_tensor(operation["inputs"][1])
            zeros += int((weights == 0).sum())
            total += weights.size
    return zeros / max(1, total)


def save_float(model: keras.Model, path: Path) -> None:
    """Saves the whole model, for inspection and for quantization after training."""
    with quiet():
        model.save(path, save_format="h5")


def save_quantized(model: keras.Model, path: Path) -> None:
    """Saves weights and scales only, because Keras cannot rebuild quantizers from a file."""
    with quiet():
        model.save_weights(path)


def load_quantized(model: keras.Model, path: Path) -> keras.Model:
    """The quantized model of a run; `model` is a fresh one of the same family and width."""
    quantized = with_quantizers(model)
    quantized.load_weights(path)
    return quantized


def continue_quantized(model: keras.Model, path: Path) -> keras.Model:
    """The same, for further training. Only zeros that exist when quantizers are added are
    preserved, and a fresh model has none."""
    pruned = without_quantizers(load_quantized(model, path), model)
    return load_quantized(pruned, path)


def without_quantizers(quantized: keras.Model, model: keras.Model) -> keras.Model:
    """`model`, from which `quantized` was made, with the weights learned since then."""
    learned = {weight.name: weight for weight in quantized.weights}
    for weight in model.weights:
        weight.assign(learned[weight.name])
    return model

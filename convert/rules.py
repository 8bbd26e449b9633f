"""Requirements for a model to become firmware, in addition to those of each operator."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np

from convert.errors import ModelError
from convert.graph import Graph, Tensor
from convert.native.lstm import states_of
from convert.operators import check_operators
from train.settings import PARAMETERS_LIMIT
from train.settings.frontend import FrontendConfig

SMALLEST_SCALE, LARGEST_SCALE = 1e-6, 1e3
# standardized features lie within a few standard deviations; 127 steps cover 1 to 100 of them
SMALLEST_INPUT_SCALE, LARGEST_INPUT_SCALE = 1 / 127, 100 / 127

MOST_LABELS = 64  # KWS_DETECTOR_MOST_LABELS of firmware/lib/detector


def check_model(graph: Graph, config: FrontendConfig, labels: Sequence[str]) -> None:
    """Raises a ModelError that says what is unsuitable and what to do."""
    _check_labels(labels)
    source, output = graph.tensors[graph.input], graph.tensors[graph.output]
    _check_types(graph)
    _check_input(source, config)
    _check_scales(graph)
    check_operators(graph)
    _check_states(graph)
    _check_output(output, labels)
    _check_parameters(graph)


def parameters(graph: Graph) -> int:
    """Weights and biases: constants that operators compute with."""
    used = {i for operator in graph.operators for i in operator.inputs[1:] if i >= 0}
    return sum(
        tensor.elements
        for i, tensor in enumerate(graph.tensors)
        if i in used and tensor.data is not None and tensor.scales
    )


def _check_labels(labels: Sequence[str]) -> None:
    """Checks the labels, which are used in C strings and on the serial line."""
    for label in labels:
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,32}", label):
            raise ModelError(f"has the label {label!r}; use letters, digits, - and _, at most 32")
    if len(labels) > MOST_LABELS:
        raise ModelError(f"has {len(labels)} labels; the detector has room for {MOST_LABELS}")
    if len(set(labels)) < len(labels):
        raise ModelError(f"has a label twice: {', '.join(labels)}; give each label once")


def _check_types(graph: Graph) -> None:
    for tensor in graph.tensors:
        if tensor.elements and tensor.dtype.kind == "f":
            raise ModelError(
                f"tensor {tensor.name} is {tensor.dtype}: the model is not full int8; convert it "
                "with a representative data set, TFLITE_BUILTINS_INT8 and int8 input and output"
            )


def _check_states(graph: Graph) -> None:
    states = {i for operator in graph.operators for i in states_of(operator)}
    for number, tensor in enumerate(graph.tensors):
        if tensor.variable and number not in states:
            raise ModelError(f"tensor {tensor.name} keeps a state, which is not supported")


def _check_input(tensor: Tensor, config: FrontendConfig) -> None:
    frames, coefficients = config.shape
    if tensor.dtype != np.int8:
        raise ModelError(f"takes {tensor.dtype}; set inference_input_type=tf.int8")
    if tensor.shape[:1] != (1,):
        raise ModelError(f"has the input {list(tensor.shape)}; convert it with a batch of 1")
    if tensor.shape != (1, frames, coefficients, 1):
        raise ModelError(
            f"has the input {list(tensor.shape)}, but the front end makes "
            f"{[1, frames, coefficients, 1]}; give the front end it was trained with"
        )
    if len(tensor.scales) != 1:
        raise ModelError("has no scale for its input")
    if not SMALLEST_INPUT_SCALE <= tensor.scale <= LARGEST_INPUT_SCALE:
        raise ModelError(
            f"has the input scale {tensor.scale:.3g}, where standardized features need "
            f"{SMALLEST_INPUT_SCALE:.3g} to {LARGEST_INPUT_SCALE:.3g}; quantization-aware training "
            "without a training step does not set it"
        )


def _check_output(tensor: Tensor, labels: Sequence[str]) -> None:
    if tensor.dtype != np.int8:
        raise ModelError(f"gives {tensor.dtype}; set inference_output_type=tf.int8")
    if tensor.shape != (1, len(labels)):
        raise ModelError(
            f"gives {list(tensor.shape)} for {len(labels)} labels ({', '.join(labels)})"
        )
    if (tensor.scale, tensor.zero_point) != (1 / 256, -128):
        raise ModelError(
            f"gives scores at scale {tensor.scale:.3g} and zero point {tensor.zero_point}; end it "
            "in SOFTMAX, whose scores are at 1/256 and -128"
        )


def _check_scales(graph: Graph) -> None:
    for tensor in graph.tensors:
        if not all(math.isfinite(s) and s > 0 for s in tensor.scales):
            raise ModelError(f"tensor {tensor.name} has a scale that is not a positive number; "
                             "were there NaNs in the weights?")  # fmt: skip
        if tensor.data is None and tensor.scales:
            if not SMALLEST_SCALE <= tensor.scale <= LARGEST_SCALE:
                raise ModelError(f"tensor {tensor.name} has the scale {tensor.scale:.3g}")
            if not -128 <= tensor.zero_point <= 127:
                raise ModelError(f"tensor {tensor.name} has the zero point {tensor.zero_point}")


def _check_parameters(graph: Graph) -> None:
    count = parameters(graph)
    if count >= PARAMETERS_LIMIT:
        raise ModelError(
            f"has {count:,} parameters, {count - PARAMETERS_LIMIT + 1:,} too many: a model for "
            f"boards has fewer than {PARAMETERS_LIMIT:,}"
        )

"""Operators to layers: who builds which, and what all must have."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from convert.errors import ModelError
from convert.graph import Graph, Operator
from convert.native import convolution, copying, elementwise, lstm, pooling
from convert.native.arithmetic import ACTIVATIONS
from convert.native.layer import Layer, require
from convert.operators import MOST_JOINED, WITH_BIAS

SAME_SIZE = ("ADD", "MUL", "QUANTIZE", "RELU", "RELU6", "LOGISTIC", "TANH", "SOFTMAX",
             "REVERSE_V2")  # fmt: skip
# operands that lack, or shapes that do not fit each other
MALFORMED = (ValueError, IndexError, KeyError, TypeError, ZeroDivisionError, OverflowError)

BUILDERS: dict[str, Callable[[Graph, Operator], Layer]] = {
    "CONV_2D": convolution.conv,
    "DEPTHWISE_CONV_2D": convolution.depthwise,
    "FULLY_CONNECTED": convolution.dense,
    "AVERAGE_POOL_2D": pooling.pool,
    "MAX_POOL_2D": pooling.pool,
    "MEAN": pooling.mean,
    "ADD": elementwise.add,
    "MUL": elementwise.multiply,
    "PAD": copying.pad,
    "STRIDED_SLICE": copying.part,
    "REVERSE_V2": copying.reverse,
    "LOGISTIC": elementwise.sigmoid,
    "TANH": elementwise.tanh,
    "CONCATENATION": copying.join,
    "QUANTIZE": elementwise.quantize,
    "RELU": elementwise.relu,
    "RELU6": elementwise.relu,
    "SOFTMAX": elementwise.softmax,
    lstm.NAME: lstm.lstm,
}

OPERANDS = {  # how many, where not one
    "CONV_2D": (2, 3),
    "DEPTHWISE_CONV_2D": (2, 3),
    "FULLY_CONNECTED": (2, 3),
    "MEAN": (2, 2),
    "ADD": (2, 2),
    "MUL": (2, 2),
    "PAD": (2, 2),
    "STRIDED_SLICE": (4, 4),
    "REVERSE_V2": (2, 2),
    "CONCATENATION": (1, MOST_JOINED),
    lstm.NAME: (lstm.OPERANDS, lstm.OPERANDS),
}


def layer_of(graph: Graph, operator: Operator) -> Layer:
    if operator.name not in BUILDERS:
        raise ModelError(
            f"{operator} is not supported by the native engine, which has {', '.join(BUILDERS)}"
        )
    _check_operands(operator)
    batch = 1 if operator.options.get("TimeMajor") else 0
    for tensor in (graph.tensors[operator.inputs[0]], graph.output_of(operator)):
        if tensor.dtype != np.int8 or len(tensor.scales) != 1 or tensor.data is not None:
            raise ModelError(f"{operator}: {tensor.name} is not an int8 activation with one scale")
        if tensor.shape[batch : batch + 1] != (1,):
            raise ModelError(f"{operator} has a batch other than 1")
    activation = operator.options.get("FusedActivationFunction", "NONE")
    ends = operator.name == lstm.NAME or activation in ACTIVATIONS  # an LSTM's is within
    require(ends, operator, f"ends in {activation}")
    try:
        if operator.name in SAME_SIZE:
            source, output = graph.inputs_of(operator)[0], graph.output_of(operator)
            require(source.elements == output.elements, operator, "changes the size")
        return BUILDERS[operator.name](graph, operator)
    except ModelError:
        raise
    except MALFORMED as error:
        raise ModelError(f"{operator} is not as TensorFlow writes it ({error})") from error


def _check_operands(operator: Operator) -> None:
    """None is left out but a bias; builders rely on how many there are."""
    least, most = OPERANDS.get(operator.name, (1, 1))
    good = least <= len(operator.inputs) <= most
    require(good, operator, f"has {len(operator.inputs)} inputs")
    if operator.name != lstm.NAME:
        given = operator.inputs[:2] if operator.name in WITH_BIAS else operator.inputs
        require(min(given) >= 0, operator, "lacks an input")

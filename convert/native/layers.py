"""Operators to layers: who builds which, and what all must have."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from convert.errors import ModelError
from convert.graph import Graph, Operator
from convert.native import convolution, copying, elementwise, lstm, pooling
from convert.native.arithmetic import ACTIVATIONS
from convert.native.layer import Layer, require

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


def layer_of(graph: Graph, operator: Operator) -> Layer:
    if operator.name not in BUILDERS:
        raise ModelError(
            f"{operator} is not supported by the native engine, which has {', '.join(BUILDERS)}"
        )
    require(bool(operator.inputs) and operator.inputs[0] >= 0, operator, "has no input")
    batch = 1 if operator.options.get("TimeMajor") else 0
    for tensor in (graph.tensors[operator.inputs[0]], graph.output_of(operator)):
        if tensor.dtype != np.int8 or len(tensor.scales) != 1 or tensor.data is not None:
            raise ModelError(f"{operator}: {tensor.name} is no int8 activation with one scale")
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

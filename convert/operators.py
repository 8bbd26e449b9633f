"""The operators that firmware may contain: the requirements and the cost of each.

The engines rely on these checks: a graph that passes has no shape, scale or option that they would
misinterpret.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from convert.errors import ModelError
from convert.graph import Graph, Operator, Tensor
from convert.native import copying, lstm

SMALLEST_FACTOR, LARGEST_FACTOR = 2.0**-31, 2.0**8  # from sums of products to outputs
MOST_JOINED = 10  # inputs of a concatenation; TensorFlow Lite Micro takes no more
WITH_BIAS = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")  # as the third input, or none
ACTIVATIONS = ("NONE", "RELU", "RELU6")
# that libraries for boards round otherwise; firmware brings its own
EXACT = {"AddMean"}
INSTEAD = {
    "LOGISTIC": "RELU between layers, SOFTMAX for the scores",
    "HARD_SWISH": "RELU",
    "PRELU": "RELU",
    "LEAKY_RELU": "RELU",
    "TANH": "RELU",
    "ELU": "RELU",
    "GELU": "RELU",
    "PAD": "padding='same' in the convolution",
    "MUL": "batch normalization directly after a convolution, which folds into it",
    "SUB": "ADD",
    "SUM": "MEAN",
    "TRANSPOSE": "RESHAPE, or a layout without it",
    "SQUEEZE": "RESHAPE",
    "EXPAND_DIMS": "RESHAPE",
    "BATCH_MATMUL": "FULLY_CONNECTED",
    "TRANSPOSE_CONV": "CONV_2D",
    "CONV_3D": "CONV_2D",
    "UNIDIRECTIONAL_SEQUENCE_RNN": "CONV_2D over time, as in tc_resnet",
    "WHILE": "CONV_2D over time, as in tc_resnet",
    "SVDF": "CONV_2D over time, as in tc_resnet",
    "PACK": "CONCATENATION",
    "REVERSE_V2": "STRIDED_SLICE: x[:, ::-1, :] as in bilstm",
    "SHAPE": "a fixed batch of 1, which leaves RESHAPE without it",
    "QUANTIZE": "int8 for input and output (inference_input_type=tf.int8)",
    "DEQUANTIZE": "int8 for input and output (inference_output_type=tf.int8)",
    "DELEGATE": "a file without delegates",
}


@dataclass(frozen=True)
class Kind:
    """An operator's method in MicroMutableOpResolver, its check and its number of MACs."""

    resolver: str
    check: Callable[[Graph, Operator], None]
    macs: Callable[[Graph, Operator], int] = lambda graph, operator: 0


def check_operators(graph: Graph) -> None:
    for operator in graph.operators:
        check_operator(graph, operator)


def check_operator(graph: Graph, operator: Operator) -> None:
    if operator.name not in KINDS:
        raise ModelError(f"{operator} is not supported; use {_instead(operator.name)}")
    _check_operands(graph, operator)
    KINDS[operator.name].check(graph, operator)


def _check_operands(graph: Graph, operator: Operator) -> None:
    """Checks that the first is an activation, and that only optional inputs are omitted."""
    given = operator.inputs[:-1] if operator.name in WITH_BIAS else operator.inputs
    given = operator.inputs[:1] if operator.name == lstm.NAME else given
    _require(bool(operator.inputs) and -1 not in given, operator, "lacks an input")
    first = graph.tensors[operator.inputs[0]]
    _require(first.data is None, operator, "only has constants as input; convert again")


def macs(graph: Graph, operator: Operator) -> int:
    kind = KINDS.get(operator.name)
    return kind.macs(graph, operator) if kind else 0


def resolvers(graph: Graph) -> list[str]:
    """Methods of MicroMutableOpResolver for exactly the operators in use."""
    return sorted({KINDS[operator.name].resolver for operator in graph.operators})


def needs_exact(methods: list[str]) -> bool:
    """Whether one of them is in firmware/lib/engine/kws_exact_resolver.h."""
    return bool(EXACT & set(methods))


def _instead(name: str) -> str:
    close = difflib.get_close_matches(name, KINDS, 1, 0.6)
    return INSTEAD.get(name) or (close[0] if close else f"one of {', '.join(KINDS)}")


def _require(good: bool, operator: Operator, message: str) -> None:
    if not good:
        raise ModelError(f"{operator} {message}")


def _tensors(
    graph: Graph, operator: Operator, least: int, most: int, dims: int | None = None
) -> tuple[list[Tensor], Tensor]:
    """Inputs and output: the first input and the output are int8 activations with one scale."""
    inputs, output = graph.inputs_of(operator), graph.output_of(operator)
    _require(least <= len(inputs) <= most, operator, f"has {len(inputs)} inputs")
    for tensor in (inputs[0], output):
        _require(tensor.data is None and not tensor.variable, operator, "keeps a state")
        _require(tensor.dtype == np.int8, operator, f"computes in {tensor.dtype}, not in int8")
        _require(len(tensor.scales) == 1, operator, f"has no scale for {tensor.name}")
        if dims is not None:
            _require(len(tensor.shape) == dims, operator, f"has the shape {list(tensor.shape)}")
        _require(bool(tensor.shape) and tensor.shape[0] == 1, operator, "has a batch other than 1")
    return inputs, output


def _activation(operator: Operator) -> None:
    activation = operator.options.get("FusedActivationFunction", "NONE")
    _require(
        activation in ACTIVATIONS, operator, f"ends in {activation}; use {', '.join(ACTIVATIONS)}"
    )


def _weights(
    operator: Operator, inputs: list[Tensor], output: Tensor, channels: int, axis: int
) -> None:
    """int8, symmetric, one scale or one per channel; int32 bias at the scale of the products."""
    weights = inputs[1]
    _require(weights.data is not None, operator, "has weights that are not constant")
    _require(weights.dtype == np.int8, operator, f"has {weights.dtype} weights; quantize to int8")
    _require(not any(weights.zero_points), operator, "has weights with a zero point")
    _require(
        len(weights.scales) in (1, channels),
        operator,
        f"has {len(weights.scales)} scales for {channels} channels",
    )
    one = len(weights.scales) == 1
    _require(one or weights.axis == axis, operator, "has scales along an axis other than channels")
    factors = inputs[0].scale * np.asarray(weights.scales) / output.scale
    _require(
        bool(np.all((factors > SMALLEST_FACTOR) & (factors < LARGEST_FACTOR))),
        operator,
        "has scales of weights that fit neither its input nor its output",
    )
    if len(inputs) < 3:
        return
    bias = inputs[2]
    _require(
        bias.data is not None and bias.dtype == np.int32 and bias.shape == (channels,),
        operator,
        f"has a bias that is not {channels} constant int32",
    )
    expected = np.float64(inputs[0].scale) * np.asarray(weights.scales)
    _require(
        len(bias.scales) in (1, channels)
        and bool(np.allclose(np.asarray(bias.scales), expected, rtol=1e-3, atol=0)),
        operator,
        "has a bias at a scale other than input times weights",
    )


def check_slide(
    operator: Operator, source: Tensor, output: Tensor, kernel: tuple[int, int], channels: int
) -> None:
    """Output positions of a kernel that slides with strides and dilation, SAME or VALID."""
    o = operator.options
    dilation = o.get("DilationHFactor", 1), o.get("DilationWFactor", 1)
    strides = o["StrideH"], o["StrideW"]
    _require(min(*strides, *dilation, *kernel) >= 1, operator, "has a stride or kernel below 1")
    _require(o["Padding"] in ("SAME", "VALID"), operator, "has an unknown padding")
    reach = [(size - 1) * factor + 1 for size, factor in zip(kernel, dilation, strict=True)]
    farthest = [2 * length + 1 for length in source.shape[1:3]]
    _require(
        all(r <= f for r, f in zip((*reach, *strides), (*farthest, *farthest), strict=True)),
        operator,
        "reaches far beyond its input",
    )
    expected = []
    for length, size, stride, factor in zip(
        source.shape[1:3], kernel, strides, dilation, strict=True
    ):
        reach = (size - 1) * factor + 1
        used = length if o["Padding"] == "SAME" else length - reach + 1
        expected.append(math.ceil(max(0, used) / stride))
    shape = (1, *expected, channels)
    _require(
        output.shape == shape and output.elements > 0,
        operator,
        f"writes {list(output.shape)} where its input requires {list(shape)}",
    )


def _conv(graph: Graph, operator: Operator) -> None:
    inputs, output = _tensors(graph, operator, 2, 3, dims=4)
    weights = inputs[1]
    _require(len(weights.shape) == 4, operator, "has weights without 4 dimensions")
    channels, *kernel, depth = weights.shape
    _require(depth == inputs[0].shape[3], operator, "has groups; use one group")
    _weights(operator, inputs, output, channels, 0)
    check_slide(operator, inputs[0], output, (kernel[0], kernel[1]), channels)
    _activation(operator)


def _depthwise(graph: Graph, operator: Operator) -> None:
    inputs, output = _tensors(graph, operator, 2, 3, dims=4)
    weights = inputs[1]
    _require(
        len(weights.shape) == 4 and weights.shape[0] == 1, operator, "has weights of an odd shape"
    )
    channels = weights.shape[3]
    depth = inputs[0].shape[3]
    _require(
        depth > 0 and channels == depth * operator.options["DepthMultiplier"],
        operator,
        "has a depth multiplier that does not fit",
    )
    _weights(operator, inputs, output, channels, 3)
    check_slide(operator, inputs[0], output, (weights.shape[1], weights.shape[2]), channels)
    _activation(operator)


def _dense(graph: Graph, operator: Operator) -> None:
    inputs, output = _tensors(graph, operator, 2, 3)
    weights = inputs[1]
    _require(len(weights.shape) == 2, operator, "has weights without 2 dimensions")
    channels, depth = weights.shape
    _require(depth == inputs[0].elements, operator, f"has {inputs[0].elements} inputs for {depth}")
    _require(output.shape == (1, channels), operator, f"writes {list(output.shape)}")
    _require(
        len(weights.scales) == 1,
        operator,
        "has a scale for each channel, which older TensorFlow Lite Micro computes wrongly in "
        "silence; set _experimental_disable_per_channel_quantization_for_dense_layers",
    )
    _require(operator.options["WeightsFormat"] == 0, operator, "has shuffled weights")
    _require(not operator.options["KeepNumDims"], operator, "keeps dimensions; use RESHAPE")
    _weights(operator, inputs, output, channels, 0)
    _activation(operator)


def _pool(graph: Graph, operator: Operator) -> None:
    inputs, output = _tensors(graph, operator, 1, 1, dims=4)
    kernel = operator.options["FilterHeight"], operator.options["FilterWidth"]
    check_slide(operator, inputs[0], output, kernel, inputs[0].shape[3])
    _same_scale(operator, inputs[0], output)
    _activation(operator)


def _same_scale(operator: Operator, source: Tensor, output: Tensor) -> None:
    same = (source.scale, source.zero_point) == (output.scale, output.zero_point)
    _require(same, operator, "changes the scale")


def _mean(graph: Graph, operator: Operator) -> None:
    inputs, output = _tensors(graph, operator, 2, 2)
    axes = inputs[1]
    _require(axes.data is not None and axes.dtype == np.int32, operator, "has variable axes")
    assert axes.data is not None
    numbers = sorted(int(a) + 4 * (int(a) < 0) for a in axes.data.ravel())
    _require(
        len(inputs[0].shape) == 4 and numbers == [1, 2],
        operator,
        f"is over the axes {numbers}; use the mean over both places, axes 1 and 2",
    )
    channels = inputs[0].shape[3]
    expected = (1, 1, 1, channels) if operator.options["KeepDims"] else (1, channels)
    _require(
        output.shape == expected and inputs[0].elements > 0,
        operator,
        f"writes {list(output.shape)}",
    )
    _require(inputs[0].scale / output.scale < LARGEST_FACTOR, operator, "widens the scale too far")


def _add(graph: Graph, operator: Operator) -> None:
    inputs, output = _tensors(graph, operator, 2, 2)
    other = inputs[1]
    good = other.dtype == np.int8 and len(other.scales) == 1 and other.data is None
    _require(good and not other.variable, operator, "adds something that is not an int8 activation")
    # sums are kept with 20 more bits
    finest = 2 * max(inputs[0].scale, other.scale) / output.scale
    _require(2.0**-12 < finest < 2.0**20, operator, "adds scales that are too far apart")
    _require(
        inputs[0].shape == other.shape == output.shape,
        operator,
        f"adds {list(other.shape)} to {list(inputs[0].shape)}; shapes must be equal",
    )
    _activation(operator)


def _concatenation(graph: Graph, operator: Operator) -> None:
    inputs, output = _tensors(graph, operator, 2, MOST_JOINED)
    last = len(output.shape) - 1
    _require(
        operator.options["Axis"] in (last, -1), operator, "joins along an axis other than channels"
    )
    for tensor in inputs:
        _require(tensor.dtype == np.int8 and len(tensor.scales) == 1, operator, "joins non-int8")
        _require(tensor.data is None and not tensor.variable, operator, "joins constants")
        _require(len(tensor.shape) > 1, operator, f"has the shape {list(tensor.shape)}")
        _require(tensor.shape[:-1] == output.shape[:-1], operator, "joins different shapes")
        _same_scale(operator, tensor, output)
    _require(sum(t.shape[-1] for t in inputs) == output.shape[-1], operator, "loses channels")
    _activation(operator)


def _reshape(graph: Graph, operator: Operator) -> None:
    inputs, output = _tensors(graph, operator, 1, 2)
    _require(inputs[0].elements == output.elements, operator, "changes the number of elements")
    _same_scale(operator, inputs[0], output)
    if len(inputs) == 2:
        shape = inputs[1]
        _require(
            shape.data is not None and shape.dtype == np.int32,
            operator,
            "has a shape that is not constant; convert from a function with a fixed batch of 1",
        )
        assert shape.data is not None
        wanted = [int(n) for n in shape.data.ravel()]
        fits = (
            wanted.count(-1) <= 1
            and len(wanted) == len(output.shape)
            and all(w in (-1, n) for w, n in zip(wanted, output.shape, strict=False))
        )
        _require(fits, operator, f"asks for {wanted}, but writes {list(output.shape)}")


def _softmax(graph: Graph, operator: Operator) -> None:
    inputs, output = _tensors(graph, operator, 1, 1, dims=2)
    _require(inputs[0].shape == output.shape, operator, "changes the shape")
    _require(operator.options["Beta"] == 1.0, operator, "has a beta other than 1")
    exact = output.scale == 1 / 256 and output.zero_point == -128
    _require(exact, operator, "has an output scale other than 1/256 at zero point -128")


def _relu(graph: Graph, operator: Operator) -> None:
    inputs, output = _tensors(graph, operator, 1, 1)
    _require(inputs[0].shape == output.shape, operator, "changes the shape")
    _same_scale(operator, inputs[0], output)


def _slice(graph: Graph, operator: Operator) -> None:
    inputs, _ = _tensors(graph, operator, 4, 4)
    _whole_numbers(operator, inputs[1:], len(inputs[0].shape))
    _native(copying.part, graph, operator)


def _whole_numbers(operator: Operator, tensors: list[Tensor], count: int) -> None:
    for tensor in tensors:
        good = tensor.data is not None and tensor.dtype == np.int32 and tensor.shape == (count,)
        _require(good, operator, f"does not have {count} constant int32 values")


def _lstm(graph: Graph, operator: Operator) -> None:
    _require(len(operator.inputs) == lstm.OPERANDS, operator, "has operands of another version")
    _tensors(graph, operator, 1, lstm.OPERANDS, dims=3)
    _require(not operator.options["TimeMajor"], operator, "has steps before the batch")
    _native(lstm.lstm, graph, operator)


def _native(build: Callable[[Graph, Operator], object], graph: Graph, operator: Operator) -> None:
    """Checks what the native engine requires, which is more than TensorFlow Lite Micro does."""
    try:
        build(graph, operator)
    except ModelError:
        raise
    except (ValueError, IndexError, KeyError, TypeError, ZeroDivisionError, OverflowError) as error:
        raise ModelError(f"{operator} is not as TensorFlow writes it ({error})") from error


def _lstm_macs(graph: Graph, operator: Operator) -> int:
    source, output = graph.inputs_of(operator)[0], graph.output_of(operator)
    inputs, units = source.shape[2], output.shape[2]
    return source.elements // inputs * lstm.GATES * units * (inputs + units)


def _conv_macs(graph: Graph, operator: Operator) -> int:
    weights = graph.inputs_of(operator)[1]
    return graph.output_of(operator).elements * math.prod(weights.shape[1:])


def _depthwise_macs(graph: Graph, operator: Operator) -> int:
    weights = graph.inputs_of(operator)[1]
    return graph.output_of(operator).elements * math.prod(weights.shape[1:3])


KINDS = {
    "CONV_2D": Kind("AddConv2D", _conv, _conv_macs),
    "DEPTHWISE_CONV_2D": Kind("AddDepthwiseConv2D", _depthwise, _depthwise_macs),
    "FULLY_CONNECTED": Kind("AddFullyConnected", _dense, _conv_macs),
    "AVERAGE_POOL_2D": Kind("AddAveragePool2D", _pool),
    "MAX_POOL_2D": Kind("AddMaxPool2D", _pool),
    "MEAN": Kind("AddMean", _mean),
    "ADD": Kind("AddAdd", _add),
    "CONCATENATION": Kind("AddConcatenation", _concatenation),
    "RESHAPE": Kind("AddReshape", _reshape),
    "RELU": Kind("AddRelu", _relu),
    "RELU6": Kind("AddRelu6", _relu),
    "SOFTMAX": Kind("AddSoftmax", _softmax),
    "STRIDED_SLICE": Kind("AddStridedSlice", _slice),
    lstm.NAME: Kind("AddUnidirectionalSequenceLSTM", _lstm, _lstm_macs),
}

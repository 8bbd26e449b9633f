"""Small int8 .tflite files of random layers: shapes, strides, dilations, zero points and scales
that no training would give."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import flatbuffers
import numpy as np
from numpy.typing import NDArray

from train.models.keras import tflite_schema

ACTIVATIONS = ("NONE", "RELU", "RELU6", "RELU_N1_TO_1")
KernelOf = Callable[["Writer", "Value"], tuple[int, int]]
Slide = Callable[["Writer", "Value", tuple[int, int]], tuple[tuple[int, int], dict[str, Any]]]


@dataclass(frozen=True)
class Value:
    """An int8 activation: its number in the file, shape, scale and zero point."""

    number: int
    shape: tuple[int, ...]
    scale: float
    zero: int


@dataclass
class Writer:
    """A model under construction."""

    random: np.random.Generator
    tensors: list[Any] = field(default_factory=list)
    operators: list[Any] = field(default_factory=list)
    codes: list[Any] = field(default_factory=list)
    buffers: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.schema = tflite_schema()
        self.buffers.append(self.schema.BufferT())

    def chance(self, probability: float) -> bool:
        return bool(self.random.random() < probability)

    def pick(self, low: int, high: int) -> int:
        return int(self.random.integers(low, high + 1))

    def scale(self) -> float:
        return float(np.float32(2.0 ** self.random.uniform(-8, -2)))

    def zero(self) -> int:
        return int(self.random.choice([-128, 127, 0, self.pick(-128, 127)]))

    def tensor(
        self, shape: tuple[int, ...], kind: str, scales: Any = None, zeros: Any = None,
        data: NDArray[Any] | None = None, axis: int = 0,
    ) -> int:  # fmt: skip
        tensor = self.schema.TensorT()
        tensor.name, tensor.shape = f"t{len(self.tensors)}", list(shape)
        tensor.type = getattr(self.schema.TensorType, kind)
        tensor.buffer = 0
        if data is not None:
            tensor.buffer = len(self.buffers)
            self.buffers.append(self.schema.BufferT())
            self.buffers[-1].data = np.frombuffer(data.tobytes(), np.uint8)
        if scales is not None:
            tensor.quantization = self.schema.QuantizationParametersT()
            tensor.quantization.scale = list(scales)
            tensor.quantization.zeroPoint = list(zeros)
            tensor.quantization.quantizedDimension = axis
        self.tensors.append(tensor)
        return len(self.tensors) - 1

    def value(
        self, shape: tuple[int, ...], scale: float | None = None, zero: int | None = None
    ) -> Value:
        scale = self.scale() if scale is None else float(np.float32(scale))
        zero = self.zero() if zero is None else zero
        return Value(self.tensor(shape, "INT8", [scale], [zero]), shape, scale, zero)

    def operator(
        self, name: str, inputs: list[int], output: Value, kind: str = "", **options: Any
    ) -> Value:
        operator = self.schema.OperatorT()
        operator.inputs, operator.outputs = inputs, [output.number]
        code = self.schema.OperatorCodeT()
        code.builtinCode = getattr(self.schema.BuiltinOperator, name)
        code.deprecatedBuiltinCode = code.builtinCode
        code.version = 1
        operator.opcodeIndex = len(self.codes)
        self.codes.append(code)
        if kind:
            operator.builtinOptionsType = getattr(self.schema.BuiltinOptions, kind)
            operator.builtinOptions = getattr(self.schema, f"{kind}T")()
            for key, value in options.items():
                setattr(operator.builtinOptions, key, value)
        self.operators.append(operator)
        return output

    def activation(self) -> int:
        kinds = self.schema.ActivationFunctionType
        return int(getattr(kinds, str(self.random.choice(ACTIVATIONS))))

    def file(self, source: Value, result: Value) -> bytes:
        model, subgraph = self.schema.ModelT(), self.schema.SubGraphT()
        model.version, model.operatorCodes, model.buffers = 3, self.codes, self.buffers
        model.subgraphs = [subgraph]
        subgraph.tensors, subgraph.operators = self.tensors, self.operators
        subgraph.inputs, subgraph.outputs = [source.number], [result.number]
        builder = flatbuffers.Builder(1024)
        builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
        return bytes(builder.Output())


# --- layers: each takes a value and gives another


def any_slide(
    w: Writer, x: Value, kernel: tuple[int, int], dilates: bool = True
) -> tuple[tuple[int, int], dict[str, Any]]:
    """Output height and width, and the options of a sliding kernel."""
    strides = w.pick(1, 3), w.pick(1, 3)
    small = all(k <= n for k, n in zip(kernel, x.shape[1:3], strict=True))
    dilation = (w.pick(1, 2), w.pick(1, 2)) if dilates and small and w.chance(0.3) else (1, 1)
    reach = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]
    valid = all(r <= n for r, n in zip(reach, x.shape[1:3], strict=True)) and w.chance(0.5)
    used = [n - r + 1 if valid else n for n, r in zip(x.shape[1:3], reach, strict=True)]
    size = [math.ceil(u / s) for u, s in zip(used, strides, strict=True)]
    padding = w.schema.Padding.VALID if valid else w.schema.Padding.SAME
    options = {"padding": padding, "strideH": strides[0], "strideW": strides[1],
               "dilationHFactor": dilation[0], "dilationWFactor": dilation[1]}  # fmt: skip
    return (size[0], size[1]), options


def any_kernel(w: Writer, x: Value) -> tuple[int, int]:
    kernels = ((1, 1), (3, 3), (w.pick(1, 9), 1), (w.pick(1, 4), w.pick(1, 4)))
    kernel = kernels[w.pick(0, len(kernels) - 1)]
    return min(kernel[0], 2 * x.shape[1]), min(kernel[1], 2 * x.shape[2])


def _weights(
    w: Writer, x: Value, shape: tuple[int, ...], channels: int, axis: int, per_channel: bool
) -> tuple[int, int, float]:
    """Numbers of weights and bias, and a scale at which most outputs are within int8."""
    extreme = w.chance(0.1)
    data = w.random.integers(-127, 128, shape).astype(np.int8)
    if extreme:
        data = np.where(data >= 0, 127, -127).astype(np.int8)
    if w.chance(0.3):
        data = _with_zeros(w, data, axis)
    scales = np.float32(2.0 ** w.random.uniform(-9, -6, channels if per_channel else 1))
    taps = data.size // channels
    bias = w.random.integers(-3000, 3000, channels).astype(np.int32)
    if w.chance(0.1):
        bias *= 1000
    weights = w.tensor(shape, "INT8", scales.tolist(), [0] * len(scales), data, axis)
    bias_scales = np.float32(np.float64(x.scale) * scales).tolist()
    number = w.tensor((channels,), "INT32", bias_scales, [0] * len(scales), bias)
    spread = math.sqrt(taps) * 70 * 70 * x.scale * float(scales.mean()) / 60
    return weights, number, spread * 2.0 ** w.random.uniform(-3, 2)


def _with_zeros(w: Writer, data: NDArray[np.int8], axis: int) -> NDArray[np.int8]:
    """Some output channels have no weights, and some inputs none that read them."""
    data = np.moveaxis(data.copy(), axis, 0)
    data[w.random.random(len(data)) < w.random.choice([0.0, 0.4])] = 0
    data[..., w.random.random(data.shape[-1]) < w.random.choice([0.0, 0.8])] = 0
    return np.moveaxis(data, 0, axis)


def conv(w: Writer, x: Value, kernel_of: KernelOf = any_kernel, slide: Slide = any_slide) -> Value:
    kernel, channels = kernel_of(w, x), w.pick(1, 13)
    size, options = slide(w, x, kernel)
    shape = (channels, *kernel, x.shape[3])
    weights, bias, scale = _weights(w, x, shape, channels, 0, w.chance(0.8))
    return w.operator(
        "CONV_2D", [x.number, weights, bias], w.value((1, *size, channels), scale),
        "Conv2DOptions", fusedActivationFunction=w.activation(), **options,
    )  # fmt: skip


def depthwise(
    w: Writer, x: Value, kernel_of: KernelOf = any_kernel, slide: Slide = any_slide
) -> Value:
    kernel, multiplier = kernel_of(w, x), 1 if w.chance(0.7) else w.pick(2, 3)
    size, options = slide(w, x, kernel)
    channels = x.shape[3] * multiplier
    weights, bias, scale = _weights(w, x, (1, *kernel, channels), channels, 3, w.chance(0.8))
    return w.operator(
        "DEPTHWISE_CONV_2D", [x.number, weights, bias], w.value((1, *size, channels), scale),
        "DepthwiseConv2DOptions", depthMultiplier=multiplier,
        fusedActivationFunction=w.activation(), **options,
    )  # fmt: skip


def pool(w: Writer, x: Value) -> Value:
    kernel = min(w.pick(1, 4), x.shape[1]), min(w.pick(1, 4), x.shape[2])
    if w.chance(0.3):
        kernel = x.shape[1], x.shape[2]
    return slid_pool(w, x, kernel, *any_slide(w, x, kernel, dilates=False))


def slid_pool(
    w: Writer, x: Value, kernel: tuple[int, int], size: tuple[int, int], options: dict[str, Any]
) -> Value:
    return w.operator(
        str(w.random.choice(["AVERAGE_POOL_2D", "MAX_POOL_2D"])), [x.number],
        w.value((1, *size, x.shape[3]), x.scale, x.zero), "Pool2DOptions",
        filterHeight=kernel[0], filterWidth=kernel[1], padding=options["padding"],
        strideH=options["strideH"], strideW=options["strideW"],
        fusedActivationFunction=w.activation(),
    )  # fmt: skip


def add(w: Writer, x: Value) -> Value:
    """To a rescaled version of itself, or to itself."""
    other = requantized(w, x) if w.chance(0.8) else x
    scale = (x.scale + other.scale) * 2.0 ** w.random.uniform(-1, 1)
    return w.operator(
        "ADD", [x.number, other.number], w.value(x.shape, scale), "AddOptions",
        fusedActivationFunction=w.activation(),
    )  # fmt: skip


def requantized(w: Writer, x: Value) -> Value:
    scale = x.scale * 2.0 ** w.random.uniform(-2, 2)
    return w.operator("QUANTIZE", [x.number], w.value(x.shape, scale), "QuantizeOptions")


def relu(w: Writer, x: Value) -> Value:
    name = str(w.random.choice(["RELU", "RELU6"]))
    return w.operator(name, [x.number], w.value(x.shape, x.scale, x.zero))


def joined(w: Writer, x: Value, first_axis: int = 1) -> Value:
    other, axis = relu(w, x), w.pick(first_axis, 3)
    shape = tuple(2 * n if i == axis else n for i, n in enumerate(x.shape))
    return w.operator(
        "CONCATENATION", [x.number, other.number], w.value(shape, x.scale, x.zero),
        "ConcatenationOptions", axis=axis if w.chance(0.5) else axis - 4,
        fusedActivationFunction=0,
    )  # fmt: skip


def mean(w: Writer, x: Value) -> Value:
    axes = w.tensor((2,), "INT32", data=np.array([1, 2], np.int32))
    scale = x.scale * 2.0 ** w.random.uniform(-3, 1)
    return w.operator(
        "MEAN", [x.number, axes], w.value((1, x.shape[3]), scale), "ReducerOptions", keepDims=False
    )


def flat(w: Writer, x: Value) -> Value:
    return reshaped(w, x, (1, math.prod(x.shape)))


def reshaped(w: Writer, x: Value, shape: tuple[int, ...]) -> Value:
    new = w.tensor((len(shape),), "INT32", data=np.array(shape, np.int32))
    return w.operator(
        "RESHAPE", [x.number, new], w.value(shape, x.scale, x.zero), "ReshapeOptions",
        newShape=list(shape),
    )  # fmt: skip


def dense(w: Writer, x: Value) -> Value:
    channels, depth = w.pick(1, 13), math.prod(x.shape)
    weights, bias, scale = _weights(w, x, (channels, depth), channels, 0, w.chance(0.5))
    return w.operator(
        "FULLY_CONNECTED", [x.number, weights, bias], w.value((1, channels), scale),
        "FullyConnectedOptions", fusedActivationFunction=w.activation(), weightsFormat=0,
        keepNumDims=False,
    )  # fmt: skip


def multiply(w: Writer, x: Value, by_pooled: float = 0.3) -> Value:
    """By a rescaled version of itself, by itself, or by one value a channel."""
    other = requantized(w, x) if w.chance(0.7) else x
    if w.chance(by_pooled):
        other = pooled(w, x)
    scale = x.scale * other.scale * 64 * 2.0 ** w.random.uniform(-1, 1)
    return w.operator(
        "MUL", [x.number, other.number], w.value(x.shape, scale), "MulOptions",
        fusedActivationFunction=w.activation(),
    )  # fmt: skip


def pooled(w: Writer, x: Value) -> Value:
    """One value a channel, [1, 1, 1, channels]."""
    axes = w.tensor((2,), "INT32", data=np.array([1, 2], np.int32))
    return w.operator(
        "MEAN", [x.number, axes], w.value((1, 1, 1, x.shape[3]), x.scale), "ReducerOptions",
        keepDims=True,
    )  # fmt: skip


def padded(w: Writer, x: Value, first_axis: int = 1) -> Value:
    pads = [(0, 0)] * first_axis
    pads += [(w.pick(0, 2), w.pick(0, 2)) for _ in range(first_axis, 4)]
    shape = tuple(n + sum(pad) for n, pad in zip(x.shape, pads, strict=True))
    number = w.tensor((4, 2), "INT32", data=np.array(pads, np.int32))
    return w.operator("PAD", [x.number, number], w.value(shape, x.scale, x.zero), "PadOptions")


def sliced(w: Writer, x: Value) -> Value:
    """Some of the rows, columns and channels; sometimes from the end, sometimes backwards."""
    begins, ends, steps, shape = [0], [1], [1], [1]
    for size in x.shape[1:]:
        step = int(w.random.choice([1, 1, 2, -1]))
        first, last = sorted((w.pick(0, size - 1), w.pick(0, size - 1)))
        if step < 0:
            begins.append(last)
            ends.append(first - 1 if first > 0 else -size - 1)
        else:
            begins.append(first if w.chance(0.7) else first - size)
            ends.append(last + 1)
        steps.append(step)
        shape.append(len(range(first, last + 1, abs(step))))
    given = [w.tensor((4,), "INT32", data=np.array(n, np.int32)) for n in (begins, ends, steps)]
    return w.operator(
        "STRIDED_SLICE", [x.number, *given], w.value(tuple(shape), x.scale, x.zero),
        "StridedSliceOptions", beginMask=0, endMask=0, ellipsisMask=0, newAxisMask=0,
        shrinkAxisMask=0,
    )  # fmt: skip


def backwards(w: Writer, x: Value, first_axis: int = 1) -> Value:
    axis = w.tensor((1,), "INT32", data=np.array([w.pick(first_axis, 3)], np.int32))
    return w.operator(
        "REVERSE_V2", [x.number, axis], w.value(x.shape, x.scale, x.zero), "ReverseV2Options"
    )


def curved(w: Writer, x: Value) -> Value:
    if w.chance(0.5):
        return w.operator("LOGISTIC", [x.number], w.value(x.shape, 1 / 256, -128))
    return w.operator("TANH", [x.number], w.value(x.shape, 1 / 128, 0))


def lstm(w: Writer, x: Value, power: int = 0, reach: float = 1.0) -> Value:
    """Rows are its steps. Cells are in steps of 2 to the `power`, if it is given; `reach` is how
    far gates open and close."""
    steps, inputs, units = x.shape[1], math.prod(x.shape[2:]), w.pick(1, 9)
    time_major = w.chance(0.3)
    shape = (steps, 1) if time_major else (1, steps)
    x = reshaped(w, x, (*shape, inputs))
    state = w.value((1, units), 2.0 ** w.random.uniform(-9, -6))
    cell = w.tensor((1, units), "INT16", [2.0 ** (power or w.pick(-15, -9))], [0])
    for number in (state.number, cell):
        w.tensors[number].isVariable = True
    weights = [_gate_weights(w, units, x, 2 * reach) for _ in range(4)]
    weights += [_gate_weights(w, units, state, reach) for _ in range(4)]
    biases = [
        w.tensor(
            (units,),
            "INT32",
            [x.scale * 0.01],
            [0],
            w.random.integers(-3000, 3000, units).astype(np.int32),
        )
        for _ in range(4)
    ]
    options = w.schema.ActivationFunctionType.TANH
    y = w.operator(
        "UNIDIRECTIONAL_SEQUENCE_LSTM",
        [x.number, *weights, -1, -1, -1, *biases, -1, -1, state.number, cell, -1, -1, -1, -1],
        w.value((*shape, units), state.scale, state.zero), "UnidirectionalSequenceLSTMOptions",
        fusedActivationFunction=options, timeMajor=time_major,
        cellClip=float(w.random.choice([0.0, 10.0, 0.3])), projClip=0.0,
    )  # fmt: skip
    return reshaped(w, y, (1, steps, 1, units))


def _gate_weights(w: Writer, units: int, x: Value, reach: float) -> int:
    """At a scale at which most gates are open in part."""
    data = w.random.integers(-127, 128, (units, x.shape[-1])).astype(np.int8)
    scale = reach * 2.0 ** w.random.uniform(-1, 1) / (math.sqrt(x.shape[-1]) * 70 * 70 * x.scale)
    return w.tensor(data.shape, "INT8", [float(np.float32(scale))], [0], data)


def softmax(w: Writer, x: Value) -> Value:
    return w.operator(
        "SOFTMAX", [x.number], w.value(x.shape, 1 / 256, -128), "SoftmaxOptions", beta=1.0
    )


SPATIAL: tuple[Callable[[Writer, Value], Value], ...] = (
    conv, conv, depthwise, depthwise, pool, pool, add, multiply, requantized, relu, joined, padded,
    sliced, backwards, curved, curved, lstm,
)  # fmt: skip


def random_graph(seed: int) -> bytes:
    """One to five layers on a small picture, then often an end as classifiers have."""
    w = Writer(np.random.default_rng(seed))
    source = x = w.value((1, w.pick(1, 13), w.pick(1, 9), w.pick(1, 9)))
    for _ in range(w.pick(1, 5)):
        x = SPATIAL[w.pick(0, len(SPATIAL) - 1)](w, x)
    if w.chance(0.6):
        x = dense(w, mean(w, x) if w.chance(0.5) else flat(w, x))
        x = softmax(w, x) if w.chance(0.7) else x
    return w.file(source, x)

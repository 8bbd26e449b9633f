"""Operators to layers: what each is called, which tables it needs, and which kernel it calls."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from convert.errors import ModelError
from convert.graph import Graph, Operator, Tensor
from convert.native.arithmetic import (
    ACTIVATIONS,
    activation_range,
    hyperbolic_tangent,
    logistic,
    of_four_bits,
    quantize_multiplier,
    scaled,
    softmax_powers,
)
from convert.native.memory import Overlap
from convert.operators import check_slide

MOST_PLACES = 6  # outputs that a tile computes at once
SHIFTS = range(1, 23)  # for which the short way of rescaling is exact
LARGEST_SUM = 1 << 30
SAME_SIZE = ("ADD", "MUL", "QUANTIZE", "RELU", "RELU6", "LOGISTIC", "TANH", "SOFTMAX",
             "REVERSE_V2")  # fmt: skip
# operands that lack, or shapes that do not fit each other
MALFORMED = (ValueError, IndexError, KeyError, TypeError, ZeroDivisionError, OverflowError)


@dataclass(frozen=True)
class Table:
    type: str  # int8_t, int32_t
    name: str
    values: tuple[int, ...]
    comment: str  # shape and unit


@dataclass(frozen=True)
class Channel:
    """What an output channel has of its own."""

    bias: int  # the input's zero point is folded in
    multiplier: int  # Q31
    shift: int  # to the right
    weights: tuple[int, ...]  # padded with zeros to words


@dataclass(frozen=True)
class Layer:
    """One function of the engine. `statement` uses `in`, `in2`, `out` and `work`."""

    kind: str  # a C name: pointwise
    about: str  # shapes and activation
    tables: tuple[Table, ...] = ()
    channels: tuple[Channel, ...] = ()
    order: str = ""  # of a channel's weights
    constants: tuple[tuple[str, str, str], ...] = ()  # type, name, initializer
    statement: tuple[str, ...] = ()
    work: int = 0  # bytes of scratch memory that only this layer uses
    overlaps: dict[int, Overlap] = field(default_factory=dict)  # by the input's position


def layer_of(graph: Graph, operator: Operator) -> Layer:
    if operator.name not in BUILDERS:
        raise ModelError(
            f"{operator} is not supported by the native engine, which has {', '.join(BUILDERS)}"
        )
    _require(bool(operator.inputs) and operator.inputs[0] >= 0, operator, "has no input")
    for tensor in (graph.tensors[operator.inputs[0]], graph.output_of(operator)):
        if tensor.dtype != np.int8 or len(tensor.scales) != 1 or tensor.data is not None:
            raise ModelError(f"{operator}: {tensor.name} is no int8 activation with one scale")
        if tensor.shape[:1] != (1,):
            raise ModelError(f"{operator} has a batch other than 1")
    activation = operator.options.get("FusedActivationFunction", "NONE")
    _require(activation in ACTIVATIONS, operator, f"ends in {activation}")
    try:
        if operator.name in SAME_SIZE:
            source, output = graph.inputs_of(operator)[0], graph.output_of(operator)
            _require(source.elements == output.elements, operator, "changes the size")
        return BUILDERS[operator.name](graph, operator)
    except ModelError:
        raise
    except MALFORMED as error:
        raise ModelError(f"{operator} is not as TensorFlow writes it ({error})") from error


def _require(good: bool, operator: Operator, message: str) -> None:
    if not good:
        raise ModelError(f"{operator} {message}: the native engine has no kernel for that")


def _data(operator: Operator, tensor: Tensor) -> NDArray[np.int64]:
    """A constant's numbers."""
    if tensor.data is None:
        raise ModelError(f"{operator}: {tensor.name} is no constant")
    return tensor.data.astype(np.int64)


def _shape(tensor: Tensor) -> str:
    return str(list(tensor.shape[1:]))


def _about(operator: Operator, source: Tensor, output: Tensor, how: str = "") -> str:
    activation = operator.options.get("FusedActivationFunction", "NONE")
    ends = "" if activation == "NONE" else f", {activation.lower()}"
    return f"{_shape(source)} -> {_shape(output)}{', ' + how if how else ''}{ends}"


def _braces(**values: object) -> str:
    return "{" + ", ".join(f".{name} = {_c(value)}" for name, value in values.items()) + "}"


def _c(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


# --- layers with weights


@dataclass(frozen=True)
class Window:
    """How a kernel slides: pairs are rows, columns."""

    source: tuple[int, int, int]  # height, width, channels
    output: tuple[int, int, int]
    kernel: tuple[int, int] = (1, 1)
    strides: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    pads: tuple[int, int] = (0, 0)  # top, left

    def initializer(self, zero: int) -> str:
        return _braces(
            in_height=self.source[0], in_width=self.source[1], in_channels=self.source[2],
            out_height=self.output[0], out_width=self.output[1], out_channels=self.output[2],
            height=self.kernel[0], width=self.kernel[1],
            stride_y=self.strides[0], stride_x=self.strides[1],
            dilation_y=self.dilation[0], dilation_x=self.dilation[1],
            pad_top=self.pads[0], pad_left=self.pads[1], in_zero=zero,
        )  # fmt: skip

    def __str__(self) -> str:
        text = f"{self.kernel[0]}x{self.kernel[1]}"
        if self.strides != (1, 1):
            text += f" by {self.strides[0]}x{self.strides[1]}"
        if self.dilation != (1, 1):
            text += f", dilated {self.dilation[0]}x{self.dilation[1]}"
        return text


def _window(
    operator: Operator, source: Tensor, output: Tensor, kernel: tuple[int, int], channels: int
) -> Window:
    check_slide(operator, source, output, kernel, channels)
    o = operator.options
    strides = o["StrideH"], o["StrideW"]
    dilation = o.get("DilationHFactor", 1), o.get("DilationWFactor", 1)
    pads = []
    for i in range(2):
        reach = (output.shape[1 + i] - 1) * strides[i] + (kernel[i] - 1) * dilation[i] + 1
        spare = max(0, reach - source.shape[1 + i]) if o["Padding"] == "SAME" else 0
        pads.append(spare // 2)
    heights, widths = source.shape[1:], output.shape[1:]
    return Window(
        (heights[0], heights[1], heights[2]), (widths[0], widths[1], widths[2]),
        kernel, strides, dilation, (pads[0], pads[1]),
    )  # fmt: skip


@dataclass(frozen=True)
class Sums:
    """Per output channel: weights [channels, inputs], folded biases, and how sums become int8."""

    weights: NDArray[np.int64]
    bias: NDArray[np.int64]
    multipliers: list[int]
    shifts: list[int]
    rescale: str


def _sums(graph: Graph, operator: Operator, weights: NDArray[np.int64]) -> Sums:
    inputs, output = graph.inputs_of(operator), graph.output_of(operator)
    source, kernel = inputs[0], inputs[1]
    _require(kernel.data is not None and kernel.dtype == np.int8, operator, "has no int8 weights")
    _require(not any(kernel.zero_points), operator, "has weights with a zero point")
    along = 3 if operator.name == "DEPTHWISE_CONV_2D" else 0
    one = len(kernel.scales) == 1
    _require(one or kernel.axis == along, operator, "has scales along another axis")
    channels = len(weights)
    _require(len(kernel.scales) in (1, channels), operator, "has scales for other channels")
    bias = np.zeros(channels, np.int64)
    if len(inputs) > 2:
        bias = _data(operator, inputs[2]).ravel()
        good = inputs[2].dtype == np.int32 and len(bias) == channels
        _require(good, operator, "has a bias that is not one int32 a channel")
    bias = bias - source.zero_point * weights.sum(axis=1)
    largest = int((np.abs(bias) + 128 * np.abs(weights).sum(axis=1)).max())
    if largest >= 1 << 31:
        raise ModelError(f"{operator} may overflow 32 bits; quantize it again")
    scales = np.resize(np.asarray(kernel.scales, np.float64), channels)
    pairs = [quantize_multiplier(source.scale * s / output.scale) for s in scales.tolist()]
    _require(
        all(m >= 0 and largest << max(0, -shift) < 1 << 31 for m, shift in pairs),
        operator,
        "has scales of weights that fit neither its input nor its output",
    )
    short = largest < LARGEST_SUM and all(shift in SHIFTS for _, shift in pairs)
    return Sums(
        weights, bias, [m for m, _ in pairs], [s for _, s in pairs],
        _rescale(operator, output, short),
    )  # fmt: skip


def _rescale(operator: Operator, output: Tensor, short: bool) -> str:
    activation = operator.options.get("FusedActivationFunction", "NONE")
    lowest, most = activation_range(activation, output.scale, output.zero_point)
    return _braces(
        zero=output.zero_point,
        lowest=lowest,
        most=most,
        exact_shift=short,
        ties_matter=lowest < output.zero_point,
    )


def _channels(sums: Sums) -> tuple[Channel, ...]:
    padded = np.pad(sums.weights, ((0, 0), (0, -sums.weights.shape[1] % 4)))
    rows = zip(sums.bias.tolist(), sums.multipliers, sums.shifts, padded.tolist(), strict=True)
    return tuple(Channel(b, m, s, tuple(weights)) for b, m, s, weights in rows)


def _conv(graph: Graph, operator: Operator) -> Layer:
    source, kernel = graph.inputs_of(operator)[:2]
    output = graph.output_of(operator)
    window = _window(operator, source, output, (kernel.shape[1], kernel.shape[2]), kernel.shape[0])
    _require(kernel.shape[3] == source.shape[3], operator, "has groups")
    kind = "pointwise" if window.kernel == (1, 1) else "temporal" if 1 in window.kernel else "conv"
    weights = _data(operator, kernel).reshape(kernel.shape[0], -1)
    return _tiled(kind, graph, operator, window, weights)


def _dense(graph: Graph, operator: Operator) -> Layer:
    source, kernel = graph.inputs_of(operator)[:2]
    output = graph.output_of(operator)
    channels, depth = kernel.shape
    _require(depth == source.elements, operator, "has several rows")
    _require(output.elements == channels, operator, "has several rows")
    _require(operator.options["WeightsFormat"] == 0, operator, "has shuffled weights")
    window = Window((1, 1, depth), (1, 1, channels))
    return _tiled("dense", graph, operator, window, _data(operator, kernel))


def _tiled(
    kind: str, graph: Graph, operator: Operator, window: Window, weights: NDArray[np.int64]
) -> Layer:
    source, output = graph.inputs_of(operator)[0], graph.output_of(operator)
    sums = _sums(graph, operator, weights)
    outputs = window.output[0] * window.output[1]
    places = 1 if outputs == 1 else 3 if outputs <= 3 else MOST_PLACES
    inputs = weights.shape[1] + -weights.shape[1] % 4
    return Layer(
        kind,
        _about(operator, source, output, "" if kind == "dense" else str(window)),
        channels=_channels(sums),
        order=f"[{window.kernel[0]}][{window.kernel[1]}][{window.source[2]}]",
        constants=(
            ("struct kws_window", "window", window.initializer(source.zero_point)),
            ("struct kws_rescale", "rescale", sums.rescale),
        ),
        statement=(
            "kws_conv(&window, (const int32_t *)channels, &rescale, in, out, (int16_t *)work, "
            f"{places});",
        ),
        work=inputs * (2 * places + 1),  # a tile of int16, and a patch
        overlaps={0: Overlap(_distance(window, places))},
    )


def _distance(window: Window, places: int) -> int:
    """Bytes that the output must start below the input so that each tile's results lie below all
    inputs that later tiles read."""
    height, width, channels = window.source
    rows, columns, results = window.output
    outputs = rows * columns
    direct = window.kernel == (1, 1) and window.strides == (1, 1)
    least = -height * width * channels
    for end in range(places, outputs, places):
        row = max(0, end // columns * window.strides[0] - window.pads[0])
        needed = end * channels if direct else row * width * channels
        least = max(least, end * results - needed)
    return least


def _depthwise(graph: Graph, operator: Operator) -> Layer:
    source, kernel = graph.inputs_of(operator)[:2]
    output = graph.output_of(operator)
    window = _window(operator, source, output, (kernel.shape[1], kernel.shape[2]), kernel.shape[3])
    whole = kernel.shape[0] == 1 and kernel.shape[3] % source.shape[3] == 0
    _require(whole, operator, "has an odd multiplier")
    weights = _data(operator, kernel)[0].transpose(2, 0, 1).reshape(kernel.shape[3], -1)
    sums = _sums(graph, operator, weights)
    return Layer(
        "depthwise",
        _about(operator, source, output, str(window)),
        channels=_channels(sums),
        order=f"[{window.kernel[0]}][{window.kernel[1]}]",
        constants=(
            ("struct kws_window", "window", window.initializer(source.zero_point)),
            ("struct kws_rescale", "rescale", sums.rescale),
        ),
        statement=(
            "kws_depthwise(&window, (const int32_t *)channels, &rescale, in, out, "
            "(int16_t *)work);",
        ),
        work=_plane_bytes(window),
        overlaps={0: Overlap(0, exact=True)} if _in_place(window) else {},
    )


def _in_place(window: Window) -> bool:
    """Each result lies where an input of its own channel was, whose plane has been copied."""
    places = window.source[0] * window.source[1], window.output[0] * window.output[1]
    return window.source[2] == window.output[2] and places[1] <= places[0]


def _plane_bytes(window: Window) -> int:
    """As kws_lines_of: lines run down or right, whichever leaves fewer pairs half empty."""
    height, width = window.output[:2]
    down = (height + 1) // 2 * width < (width + 1) // 2 * height
    across, along = (1, 0) if down else (0, 1)

    def reach(axis: int) -> int:
        steps = (window.output[axis] - 1) * window.strides[axis]
        return steps + (window.kernel[axis] - 1) * window.dilation[axis] + 1

    pitch = (reach(along) + 2 * window.strides[along] + 1) // 2 * 2
    return 2 * pitch * reach(across)


# --- layers without weights


def _pool(graph: Graph, operator: Operator) -> Layer:
    (source,), output = graph.inputs_of(operator), graph.output_of(operator)
    _same_scale(operator, source, output)
    o = operator.options
    window = _window(
        operator, source, output, (o["FilterHeight"], o["FilterWidth"]), source.shape[3]
    )
    average = operator.name == "AVERAGE_POOL_2D"
    if average and output.shape[1:3] == (1, 1) and window.kernel == source.shape[1:3]:
        return _global_average(operator, source, output)
    return Layer(
        "average" if average else "largest",
        _about(operator, source, output, str(window)),
        constants=(
            ("struct kws_window", "window", window.initializer(source.zero_point)),
            ("struct kws_rescale", "rescale", _rescale(operator, output, False)),
        ),
        statement=(f"kws_pool(&window, &rescale, {_c(average)}, in, out);",),
    )


def _global_average(operator: Operator, source: Tensor, output: Tensor) -> Layer:
    places, channels = source.shape[1] * source.shape[2], source.shape[3]
    return Layer(
        "average",
        _about(operator, source, output),
        constants=(("struct kws_rescale", "rescale", _rescale(operator, output, False)),),
        statement=(f"kws_global_average({places}, {channels}, &rescale, in, out);",),
    )


def _same_scale(operator: Operator, source: Tensor, output: Tensor) -> None:
    same = (source.scale, source.zero_point) == (output.scale, output.zero_point)
    _require(same, operator, "changes the scale")


def _mean(graph: Graph, operator: Operator) -> Layer:
    source, axes = graph.inputs_of(operator)
    output = graph.output_of(operator)
    numbers = sorted(a % len(source.shape) for a in _data(operator, axes).ravel().tolist())
    _require(len(source.shape) == 4 and numbers == [1, 2], operator, f"is over the axes {numbers}")
    places, channels = source.shape[1] * source.shape[2], source.shape[3]
    _require(output.elements == channels, operator, "writes another number of channels")
    multiplier, shift = quantize_multiplier(source.scale / output.scale)
    more = min(places.bit_length() - 1, 31 - shift)  # 1 / places goes into the multiplier
    multiplier, shift = (multiplier << more) // places, shift + more
    largest = 255 * places << max(0, -shift)
    _require(multiplier >= 0 and largest < 1 << 31, operator, "widens the scale too far")
    rescale = _rescale(operator, output, False)
    return Layer(
        "mean",
        _about(operator, source, output),
        constants=(("struct kws_rescale", "rescale", rescale),),
        statement=(
            f"kws_mean({places}, {channels}, {source.zero_point}, {multiplier}, {shift}, &rescale,"
            " in, out);",
        ),
    )


def _add(graph: Graph, operator: Operator) -> Layer:
    inputs, output = graph.inputs_of(operator), graph.output_of(operator)
    _require(
        all(t.dtype == np.int8 and t.data is None and t.shape == output.shape for t in inputs),
        operator,
        "adds other shapes",
    )
    twice = 2 * max(t.scale for t in inputs)
    pairs = [quantize_multiplier(t.scale / twice) for t in inputs]
    multiplier, shift = quantize_multiplier(twice / ((1 << 20) * output.scale))
    _require(all(s >= 0 for _, s in pairs) and shift >= 0, operator, "raises the scale")
    how = _braces(
        zeros=f"{{{inputs[0].zero_point}, {inputs[1].zero_point}}}",
        multipliers=f"{{{pairs[0][0]}, {pairs[1][0]}}}",
        shifts=f"{{{pairs[0][1]}, {pairs[1][1]}}}",
        multiplier=multiplier,
        shift=shift,
        to=_rescale(operator, output, False),
    )
    return Layer(
        "add",
        _about(operator, inputs[0], output),
        constants=(("struct kws_add", "how", how),),
        statement=(f"kws_add(&how, in, in2, out, {output.elements});",),
        overlaps={0: Overlap(0), 1: Overlap(0)},
    )


def _multiply(graph: Graph, operator: Operator) -> Layer:
    (first, second), output = graph.inputs_of(operator), graph.output_of(operator)
    _require(
        first.data is None and second.data is None and second.dtype == np.int8,
        operator,
        "multiplies by a constant",
    )
    _require(
        first.shape == output.shape
        and (second.shape == first.shape or second.elements == second.shape[-1] == first.shape[-1]),
        operator,
        "multiplies other shapes than equal ones, or one value a channel second",
    )
    multiplier, shift = quantize_multiplier(first.scale * second.scale / output.scale)
    _require(shift > -14, operator, "raises the scale")  # products have 17 bits
    how = _braces(
        zeros=f"{{{first.zero_point}, {second.zero_point}}}",
        multiplier=multiplier,
        shift=shift,
        to=_rescale(operator, output, False),
    )
    same = second.shape == first.shape
    return Layer(
        "multiply",
        _about(operator, first, output),
        constants=(("struct kws_multiply", "how", how),),
        statement=(f"kws_multiply(&how, in, in2, out, {output.elements}, {second.elements});",),
        overlaps={0: Overlap(0), 1: Overlap(0)} if same else {0: Overlap(0)},
    )


def _constants(graph: Graph, operator: Operator, first: int) -> list[list[int]]:
    """The numbers of the inputs from `first` on."""
    inputs = graph.inputs_of(operator)[first:]
    return [_data(operator, tensor).ravel().tolist() for tensor in inputs]


def _steps(shape: Sequence[int]) -> list[int]:
    """Bytes from one index to the next, for each dimension."""
    return [math.prod(shape[i + 1 :]) for i in range(len(shape))]


def _copy(
    sizes: Sequence[int], start: int, steps: Sequence[int], to: int, to_steps: Sequence[int]
) -> tuple[str, str, str]:
    """A kws_block; dimensions that are lacking have one index."""

    def four(values: Sequence[int], filler: int) -> str:
        return "{" + ", ".join(map(str, [filler] * (4 - len(values)) + list(values))) + "}"

    block = f"{{{four(sizes, 1)}, {start}, {four(steps, 0)}, {to}, {four(to_steps, 0)}}}"
    return "struct kws_block", "block", block


def _slice(graph: Graph, operator: Operator) -> Layer:
    source, output = graph.inputs_of(operator)[0], graph.output_of(operator)
    o = operator.options
    _require(not o["EllipsisMask"] and not o["NewAxisMask"], operator, "has an ellipsis")
    _require(len(source.shape) <= 4, operator, "has more than 4 dimensions")
    _same_scale(operator, source, output)
    ranges = []
    for axis, (begin, end, step) in enumerate(zip(*_constants(graph, operator, 1), strict=True)):
        bit, size = 1 << axis, source.shape[axis]
        _require(step != 0, operator, "has a step of 0")
        if o["ShrinkAxisMask"] & bit:
            inside = -size <= begin < size and not o["BeginMask"] & bit
            _require(inside, operator, "takes one index from outside")
            ranges.append(range(begin % size, begin % size + 1))
            continue
        part = slice(
            None if o["BeginMask"] & bit else begin, None if o["EndMask"] & bit else end, step
        )
        ranges.append(range(*part.indices(size)))
    sizes = [len(r) for r in ranges]
    _require(math.prod(sizes) == output.elements > 0, operator, "takes another number of values")
    steps = _steps(source.shape)
    start = sum(r.start * step for r, step in zip(ranges, steps, strict=True))
    moves = [r.step * step for r, step in zip(ranges, steps, strict=True)]
    return Layer(
        "slice",
        _about(operator, source, output),
        constants=(_copy(sizes, start, moves, 0, _steps(sizes)),),
        statement=("kws_copy(&block, in, out);",),
    )


def _reverse(graph: Graph, operator: Operator) -> Layer:
    source, output = graph.inputs_of(operator)[0], graph.output_of(operator)
    _require(len(source.shape) <= 4, operator, "has more than 4 dimensions")
    _same_scale(operator, source, output)
    (axes,) = _constants(graph, operator, 1)
    steps, start = _steps(source.shape), 0
    moves = list(steps)
    for axis in {axis % len(steps) for axis in axes}:
        start += (source.shape[axis] - 1) * steps[axis]
        moves[axis] = -steps[axis]
    return Layer(
        "reverse",
        _about(operator, source, output),
        constants=(_copy(source.shape, start, moves, 0, steps),),
        statement=("kws_copy(&block, in, out);",),
    )


def _pad(graph: Graph, operator: Operator) -> Layer:
    source, output = graph.inputs_of(operator)[0], graph.output_of(operator)
    _require(len(source.shape) <= 4, operator, "has more than 4 dimensions")
    _same_scale(operator, source, output)
    (pads,) = _constants(graph, operator, 1)
    sizes = zip(source.shape, pads[::2], pads[1::2], output.shape, strict=True)
    _require(
        all(min(b, a) >= 0 and b + n + a == m for n, b, a, m in sizes), operator, "pads otherwise"
    )
    steps = _steps(output.shape)
    to = sum(before * step for before, step in zip(pads[::2], steps, strict=True))
    return Layer(
        "pad",
        _about(operator, source, output),
        constants=(_copy(source.shape, 0, _steps(source.shape), to, steps),),
        statement=(
            f"memset(out, {output.zero_point}, {output.elements});",
            "kws_copy(&block, in, out);",
        ),
    )


def _logistic(graph: Graph, operator: Operator) -> Layer:
    (source,), output = graph.inputs_of(operator), graph.output_of(operator)
    _require(output.zero_point == -128, operator, "has another zero point than -128")
    function = of_four_bits(logistic, source.scale, output_bits=8)
    return _looked_up(
        "logistic", operator, source, output, lambda v: function(v - source.zero_point) - 128
    )


def _tanh(graph: Graph, operator: Operator) -> Layer:
    (source,), output = graph.inputs_of(operator), graph.output_of(operator)
    _require(output.zero_point == 0, operator, "has another zero point than 0")
    function = of_four_bits(hyperbolic_tangent, source.scale, output_bits=7)
    return _looked_up("tanh", operator, source, output, lambda v: function(v - source.zero_point))


def _concatenation(graph: Graph, operator: Operator) -> Layer:
    inputs, output = graph.inputs_of(operator), graph.output_of(operator)
    axis = operator.options["Axis"] % len(output.shape)
    whole = math.prod(output.shape[axis:])
    lines, place = [], 0
    outer = math.prod(output.shape[:axis])
    inner = math.prod(output.shape[axis + 1 :])
    for number, tensor in enumerate(inputs):
        _require(tensor.data is None, operator, "joins constants")
        _same_scale(operator, tensor, output)
        size = tensor.shape[axis] * inner
        name = _input_name(number)
        lines.append(f"kws_join({name}, out + {place}, {outer}, {size}, {whole});")
        place += size
    activation = operator.options.get("FusedActivationFunction", "NONE")
    _require(activation == "NONE", operator, f"ends in {activation}")
    _require(place == whole, operator, "loses values")
    return Layer("join", _about(operator, inputs[0], output), statement=tuple(lines))


def _input_name(number: int) -> str:
    return "in" if number == 0 else f"in{number + 1}"


def _relu(graph: Graph, operator: Operator) -> Layer:
    (source,), output = graph.inputs_of(operator), graph.output_of(operator)
    _same_scale(operator, source, output)
    lowest, most = activation_range(operator.name, output.scale, output.zero_point)
    return Layer(
        operator.name.lower(),
        _about(operator, source, output),
        statement=(f"kws_limit({lowest}, {most}, in, out, {output.elements});",),
        overlaps={0: Overlap(0)},
    )


def _quantize(graph: Graph, operator: Operator) -> Layer:
    (source,), output = graph.inputs_of(operator), graph.output_of(operator)
    multiplier, shift = quantize_multiplier(source.scale / output.scale)

    def requantized(value: int) -> int:
        return output.zero_point + scaled(value - source.zero_point, multiplier, shift)

    return _looked_up("quantize", operator, source, output, requantized)


def _looked_up(
    kind: str, operator: Operator, source: Tensor, output: Tensor, function: Callable[[int], int]
) -> Layer:
    """Any function of one int8 is a table."""
    values = tuple(max(-128, min(127, function(value))) for value in range(-128, 128))
    return Layer(
        kind,
        _about(operator, source, output),
        (Table("int8_t", "table", values, "for each input from -128 on"),),
        statement=(f"kws_look_up(table, in, out, {output.elements});",),
        overlaps={0: Overlap(0)},
    )


def _softmax(graph: Graph, operator: Operator) -> Layer:
    (source,), output = graph.inputs_of(operator), graph.output_of(operator)
    _require(source.shape[-1] == source.elements, operator, "has several rows")
    _require(source.elements < 512, operator, "has too many values")  # a sum has 9 bits to spare
    _require(output.scale == 1 / 256 and output.zero_point == -128, operator, "has another scale")
    powers = softmax_powers(source.scale, operator.options["Beta"])
    return Layer(
        "softmax",
        _about(operator, source, output),
        (Table("int32_t", "powers", tuple(powers), "e to the -i input steps, Q31"),),
        statement=(f"kws_softmax(powers, {len(powers)}, in, out, {output.elements});",),
        overlaps={0: Overlap(0)},
    )


BUILDERS: dict[str, Callable[[Graph, Operator], Layer]] = {
    "CONV_2D": _conv,
    "DEPTHWISE_CONV_2D": _depthwise,
    "FULLY_CONNECTED": _dense,
    "AVERAGE_POOL_2D": _pool,
    "MAX_POOL_2D": _pool,
    "MEAN": _mean,
    "ADD": _add,
    "MUL": _multiply,
    "PAD": _pad,
    "STRIDED_SLICE": _slice,
    "REVERSE_V2": _reverse,
    "LOGISTIC": _logistic,
    "TANH": _tanh,
    "CONCATENATION": _concatenation,
    "QUANTIZE": _quantize,
    "RELU": _relu,
    "RELU6": _relu,
    "SOFTMAX": _softmax,
}


def input_names(count: int) -> Sequence[str]:
    return [_input_name(number) for number in range(count)]

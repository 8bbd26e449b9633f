"""Layers of weights: convolutions and Dense."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from convert.errors import ModelError
from convert.graph import Graph, Operator, Tensor
from convert.native.arithmetic import activation_range, quantize_multiplier, scaled
from convert.native.layer import Channel, Layer, Table, about, numbers_of, require, rescale_of
from convert.native.memory import Overlap
from convert.native.window import Window, window_of

MOST_PLACES = 6  # outputs that a tile computes at once
SHIFTS = range(1, 23)  # for which the short way of rescaling is exact
LARGEST_SUM = 1 << 30
LARGEST_INDEX = 1 << 16
PICKING = 8  # weights that cost as much as one input that is picked


@dataclass(frozen=True)
class Sums:
    """Per output channel: weights [channels, inputs], folded biases, and how sums become int8."""

    weights: NDArray[np.int64]
    bias: NDArray[np.int64]
    multipliers: list[int]
    shifts: list[int]
    rescale: str
    has_constants: bool  # channels without weights: multipliers of 0, results in place of biases


def _sums(graph: Graph, operator: Operator, weights: NDArray[np.int64]) -> Sums:
    inputs, output = graph.inputs_of(operator), graph.output_of(operator)
    source, kernel = inputs[0], inputs[1]
    require(kernel.data is not None and kernel.dtype == np.int8, operator, "has no int8 weights")
    require(not any(kernel.zero_points), operator, "has weights with a zero point")
    along = 3 if operator.name == "DEPTHWISE_CONV_2D" else 0
    one = len(kernel.scales) == 1
    require(one or kernel.axis == along, operator, "has scales along another axis")
    channels = len(weights)
    require(len(kernel.scales) in (1, channels), operator, "has scales for other channels")
    bias = np.zeros(channels, np.int64)
    if len(inputs) > 2:
        bias = numbers_of(operator, inputs[2]).ravel()
        good = inputs[2].dtype == np.int32 and len(bias) == channels
        require(good, operator, "has a bias that is not one int32 a channel")
    bias = bias - source.zero_point * weights.sum(axis=1)
    largest = int((np.abs(bias) + 128 * np.abs(weights).sum(axis=1)).max())
    if largest >= 1 << 31:
        raise ModelError(f"{operator} may overflow 32 bits; quantize it again")
    scales = np.resize(np.asarray(kernel.scales, np.float64), channels)
    pairs = [quantize_multiplier(source.scale * s / output.scale) for s in scales.tolist()]
    require(
        all(m >= 0 and largest << max(0, -shift) < 1 << 31 for m, shift in pairs),
        operator,
        "has scales of weights that fit neither its input nor its output",
    )
    used = weights.any(axis=1) & np.array([m > 0 for m, _ in pairs])
    short = largest < LARGEST_SUM and all(pairs[i][1] in SHIFTS for i in np.flatnonzero(used))
    for i in np.flatnonzero(~used):
        bias[i], pairs[i] = _constant(operator, output, int(bias[i]), *pairs[i]), (0, 0)
    return Sums(
        weights, bias, [m for m, _ in pairs], [s for _, s in pairs],
        rescale_of(operator, output, short), not used.all(),
    )  # fmt: skip


def _constant(operator: Operator, output: Tensor, total: int, multiplier: int, shift: int) -> int:
    """What a channel without weights always is."""
    activation = operator.options.get("FusedActivationFunction", "NONE")
    lowest, most = activation_range(activation, output.scale, output.zero_point)
    return max(lowest, min(most, scaled(total, multiplier, shift) + output.zero_point))


def _reads(window: Window, weights: NDArray[np.int64]) -> list[int]:
    """The inputs of a kernel of 1x1 that any weight reads, if leaving out the others is worth more
    than picking these one by one; else none."""
    if window.kernel != (1, 1) or len(weights[0]) > LARGEST_INDEX:
        return []
    read = np.flatnonzero(weights.any(axis=0))
    saved = (weights.shape[1] - len(read)) * len(weights)
    return read.tolist() if saved > PICKING * len(read) > 0 else []


def _channels(sums: Sums) -> tuple[Channel, ...]:
    padded = np.pad(sums.weights, ((0, 0), (0, -sums.weights.shape[1] % 4)))
    rows = zip(sums.bias.tolist(), sums.multipliers, sums.shifts, padded.tolist(), strict=True)
    return tuple(Channel((b, m, s), tuple(weights)) for b, m, s, weights in rows)


def _constants(
    window: Window, source: Tensor, sums: Sums, **zeros: object
) -> tuple[tuple[str, str, str], ...]:
    if sums.has_constants:
        zeros["has_constants"] = True
    return (
        ("struct kws_window", "window", window.initializer(source.zero_point, **zeros)),
        ("struct kws_rescale", "rescale", sums.rescale),
    )


def conv(graph: Graph, operator: Operator) -> Layer:
    source, kernel = graph.inputs_of(operator)[:2]
    output = graph.output_of(operator)
    window = window_of(
        operator, source, output, (kernel.shape[1], kernel.shape[2]), kernel.shape[0]
    )
    require(kernel.shape[3] == source.shape[3], operator, "has groups")
    kind = "pointwise" if window.kernel == (1, 1) else "temporal" if 1 in window.kernel else "conv"
    weights = numbers_of(operator, kernel).reshape(kernel.shape[0], -1)
    return _tiled(kind, graph, operator, window, weights)


def dense(graph: Graph, operator: Operator) -> Layer:
    source, kernel = graph.inputs_of(operator)[:2]
    output = graph.output_of(operator)
    channels, depth = kernel.shape
    require(depth == source.elements, operator, "has several rows")
    require(output.elements == channels, operator, "has several rows")
    require(operator.options["WeightsFormat"] == 0, operator, "has shuffled weights")
    window = Window((1, 1, depth), (1, 1, channels))
    return _tiled("dense", graph, operator, window, numbers_of(operator, kernel))


def _tiled(
    kind: str, graph: Graph, operator: Operator, window: Window, weights: NDArray[np.int64]
) -> Layer:
    source, output = graph.inputs_of(operator)[0], graph.output_of(operator)
    sums, reads = _sums(graph, operator, weights), _reads(window, weights)
    outputs = window.output[0] * window.output[1]
    places = 1 if outputs == 1 else 3 if outputs <= 3 else MOST_PLACES
    how = [] if kind == "dense" else [str(window)]
    tables: tuple[Table, ...] = ()
    zeros: dict[str, object] = {}
    seen = window
    if reads:
        sums = replace(sums, weights=weights[:, reads])
        seen = replace(window, source=(*window.source[:2], len(reads)))
        tables = (Table("uint16_t", "reads", tuple(reads), "inputs that any weight reads"),)
        zeros = {"reads": "reads", "in_pitch": window.source[2]}
        how.append(f"{len(reads)} inputs")
    inputs = sums.weights.shape[1] + -sums.weights.shape[1] % 4
    return Layer(
        kind,
        about(operator, source, output, ", ".join(how)),
        tables,
        channels=_channels(sums),
        order=f"[{seen.kernel[0]}][{seen.kernel[1]}][{seen.source[2]}]",
        constants=_constants(seen, source, sums, **zeros),
        statement=(
            "kws_conv(&window, (const int32_t *)channels, &rescale, in, out, (int16_t *)work, "
            f"{places});",
        ),
        work=inputs * (2 * places + 1),  # a tile of int16, and a patch
        overlaps={0: Overlap(distance(window, places))},
    )


def distance(window: Window, places: int, backward: bool = False) -> int:
    """Bytes that the output must start below the input so that each tile's results lie below all
    inputs that later tiles read. If `backward`, the last tile begins where it is complete."""
    height, width, channels = window.source
    rows, columns, results = window.output
    outputs = rows * columns
    direct = window.kernel == (1, 1) and window.strides == (1, 1)
    least = -height * width * channels
    for end in range(places, outputs, places):
        first = min(end, outputs - places) if backward else end
        row = max(0, first // columns * window.strides[0] - window.pads[0])
        needed = first * channels if direct else row * width * channels
        least = max(least, end * results - needed)
    return least


def depthwise(graph: Graph, operator: Operator) -> Layer:
    source, kernel = graph.inputs_of(operator)[:2]
    output = graph.output_of(operator)
    window = window_of(
        operator, source, output, (kernel.shape[1], kernel.shape[2]), kernel.shape[3]
    )
    whole = kernel.shape[0] == 1 and kernel.shape[3] % source.shape[3] == 0
    require(whole, operator, "has an odd multiplier")
    weights = numbers_of(operator, kernel)[0].transpose(2, 0, 1).reshape(kernel.shape[3], -1)
    sums = _sums(graph, operator, weights)
    return Layer(
        "depthwise",
        about(operator, source, output, str(window)),
        channels=_channels(sums),
        order=f"[{window.kernel[0]}][{window.kernel[1]}]",
        constants=_constants(window, source, sums),
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

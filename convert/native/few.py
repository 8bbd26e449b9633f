"""Convolutions of few places, as a step of a stream has them: channels in blocks that share what
they load (kws_engine_few.h)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from convert.graph import Graph, Operator
from convert.native.convolution import SHIFTS, distance
from convert.native.layer import Channel, Layer
from convert.native.memory import Overlap
from convert.native.window import Window, window_of

HEADER = "kws_engine_few.h"
SCALE = ("multiplier", "offset", "shift")
TOGETHER = {1: 4, 2: 2, 3: 2}  # channels of a block, by the places of a tile
COST = {1: 14 / 4, 2: 12 / 2, 3: 17 / 2}  # instructions for a group of inputs, for each channel
LANES = 4  # channels of a block of a depthwise convolution
LARGEST_SUM = 1 << 23  # sums are 256 times as large
LARGEST_WEIGHT = 127  # two of them make 16 bits
HALF = 1 << 30  # a multiplier, Q31


def in_blocks(graph: Graph, operator: Operator, layer: Layer) -> Layer:
    """The same layer with its channels in blocks, if it can be."""
    if operator.name == "DEPTHWISE_CONV_2D":
        return _depthwise(graph, operator, layer)
    if operator.name in ("CONV_2D", "FULLY_CONNECTED"):
        return _tiled(graph, operator, layer)
    return layer


def _tiled(graph: Graph, operator: Operator, layer: Layer) -> Layer:
    source, output = graph.inputs_of(operator)[0], graph.output_of(operator)
    outputs = output.elements // len(layer.channels)
    places = min((p for p in TOGETHER if p <= outputs), key=lambda p: -(-outputs // p) * COST[p])
    together = TOGETHER[places]
    factors = [_factors(channel, output.zero_points[0]) for channel in layer.channels]
    window = _window(graph, operator)
    rows = 1 if window is None or layer.tables else _rows(window)
    weights = _grouped(layer, source.elements if window is None else _inputs(window), rows)
    sums = [abs(f[0]) + 128 * int(np.abs(w).sum()) for f, w in zip(factors, weights, strict=True)]
    fits = max(sums) < LARGEST_SUM and int(np.abs(weights).max()) <= LARGEST_WEIGHT
    if (places == 1 and len(layer.channels) < together) or not fits:
        return layer
    biases = [_folded(f[0], w) for f, w in zip(factors, weights, strict=True)]
    blocks = _blocks(biases, factors, _words(weights), together, output.zero_points[0])
    size = weights.shape[1]
    return replace(
        layer,
        channels=blocks,
        columns=_biases(together),
        last_columns=_scales(together),
        order=f"[{size // 4}][{together}][2] of 16 bits: 256 times one, plus another",
        statement=(
            "kws_few(&window, (const int32_t *)channels, &rescale, in, out, (int16_t *)work, "
            f"{places});",
        ),
        work=2 * size * places + -(-size // rows // 4) * 4,  # a tile of int16, and a row
        overlaps={0: Overlap(_below(window, source.elements, outputs, places))},
        header=HEADER,
    )


def _window(graph: Graph, operator: Operator) -> Window | None:
    """None of Dense."""
    source, kernel = graph.inputs_of(operator)[:2]
    output = graph.output_of(operator)
    if operator.name == "FULLY_CONNECTED":
        return None
    size = kernel.shape[1], kernel.shape[2]
    return window_of(operator, source, output, size, output.shape[3])


def _within(window: Window) -> bool:
    """As kws_few_within."""
    return window.pads == (0, 0) and all(
        (window.output[i] - 1) * window.strides[i] + (window.kernel[i] - 1) * window.dilation[i]
        < window.source[i]
        for i in range(2)
    )


def _rows(window: Window) -> int:
    """As kws_few_rows."""
    whole = window.kernel[1] == window.source[1] and window.dilation == (1, 1)
    return 1 if whole and _within(window) else window.kernel[0]


def _inputs(window: Window) -> int:
    return window.kernel[0] * window.kernel[1] * window.source[2]


def _grouped(layer: Layer, inputs: int, rows: int) -> NDArray[np.int64]:
    """Weights by channel; each row is filled up to groups."""
    weights = np.array([channel.weights for channel in layer.channels])
    if rows > 1:
        weights = weights[:, :inputs].reshape(len(weights), rows, -1)
        weights = np.pad(weights, ((0, 0), (0, 0), (0, -weights.shape[2] % 4)))
    return weights.reshape(len(weights), -1)


def _below(window: Window | None, inputs: int, outputs: int, places: int) -> int:
    """With one tile, nothing is read after a result is written."""
    if window is None or outputs <= places:
        return -inputs
    return distance(window, places, backward=True)


def _blocks(
    biases: Sequence[int],
    factors: Sequence[tuple[int, int, int]],
    words: NDArray[np.int64],
    together: int,
    zero: int,
) -> tuple[Channel, ...]:
    """`words` [channels, groups, values]; a block has those of its channels side by side. The
    last block of four begins where it is complete."""
    exact = all(shift in SHIFTS for _, _, shift in factors)
    scales = [(m, (2 * zero + 1) << (s - 1) if exact else 0, s) for _, m, s in factors]
    blocks = []
    for start in range(0, len(biases), together):
        first = start if together == 2 else min(start, len(biases) - together)
        taken = slice(first, first + together)
        weights = words[taken].transpose(1, 0, 2).ravel().tolist()
        blocks.append(_block(biases[taken], weights, scales[taken], together))
    return tuple(blocks)


def _block(
    biases: Sequence[int],
    weights: Sequence[int],
    scales: Sequence[tuple[int, int, int]],
    together: int,
) -> Channel:
    """Filled up with zeros, if it has fewer channels."""
    missing = together - len(biases)
    size = len(weights) // len(biases) * together
    after = [number for one in scales for number in one] + 3 * missing * [0]
    return Channel(
        (*biases, *missing * [0]), (*weights, *(size - len(weights)) * [0]), tuple(after)
    )


def _biases(together: int) -> str:
    return ", ".join(f"bias{number}" for number in range(together))


def _scales(together: int) -> tuple[str, ...]:
    return tuple(", ".join(f"{name}{n}" for name in SCALE) for n in range(together))


def _factors(channel: Channel, zero: int) -> tuple[int, int, int]:
    """A channel without weights, whose bias is its result, becomes one with factors."""
    bias, multiplier, shift = channel.numbers
    return (bias, multiplier, shift) if multiplier else (4 * (bias - zero), HALF, 1)


def _words(weights: NDArray[np.int64]) -> NDArray[np.int64]:
    """[channels, groups, bytes]: of each two weights, 256 times the second plus the first."""
    pairs = weights.reshape(len(weights), -1, 2)
    both = (256 * pairs[..., 1] + pairs[..., 0]).astype("<i2")
    return both.view(np.int8).reshape(len(weights), -1, 4).astype(np.int64)


def _folded(bias: int, weights: NDArray[np.int64]) -> int:
    """256 times the bias, less what the first of two weights adds; it may wrap."""
    total = 256 * bias - 127 * int(weights[0::2].sum())
    return (total + (1 << 31)) % (1 << 32) - (1 << 31)


def _depthwise(graph: Graph, operator: Operator, layer: Layer) -> Layer:
    window, output = _window(graph, operator), graph.output_of(operator)
    channels = len(layer.channels)
    assert window is not None
    one = window.output[:2] == (1, 1) and window.source[2] == channels >= LANES
    if not one or not _within(window):
        return layer
    zero, (height, width) = output.zero_points[0], window.kernel
    factors = [_factors(channel, zero) for channel in layer.channels]
    taps = np.array([channel.weights[: height * width] for channel in layer.channels])
    blocks = _blocks([bias for bias, _, _ in factors], factors, taps[..., None], LANES, zero)
    return replace(
        layer,
        channels=blocks,
        columns=_biases(LANES),
        last_columns=_scales(LANES),
        order=f"[{height}][{width}][{LANES}]",
        statement=("kws_few_depthwise(&window, (const int32_t *)channels, &rescale, in, out);",),
        work=0,
        overlaps={},
        header=HEADER,
    )

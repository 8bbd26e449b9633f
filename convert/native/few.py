"""Convolutions of few places, as a step of a stream has them: channels in blocks that share what
they load (kws_engine_few.h)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from convert.graph import Graph, Operator
from convert.native.convolution import distance
from convert.native.layer import Channel, Layer
from convert.native.memory import Overlap
from convert.native.window import window_of

HEADER = "kws_engine_few.h"
FACTORS = ("bias", "multiplier", "shift")
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
    output = graph.output_of(operator)
    outputs = output.elements // len(layer.channels)
    places = min((p for p in TOGETHER if p <= outputs), key=lambda p: -(-outputs // p) * COST[p])
    together = TOGETHER[places]
    weights = np.array([channel.weights for channel in layer.channels])
    factors = [_factors(channel, output.zero_points[0]) for channel in layer.channels]
    sums = [abs(f[0]) + 128 * int(np.abs(w).sum()) for f, w in zip(factors, weights, strict=True)]
    fits = max(sums) < LARGEST_SUM and int(np.abs(weights).max()) <= LARGEST_WEIGHT
    if len(layer.channels) < together or not fits:
        return layer
    words = _words(weights)
    blocks = []
    for start in _starts(len(layer.channels), together):
        numbers: list[int] = []
        for channel in range(start, start + together):
            bias, *others = factors[channel]
            numbers += [_folded(bias, weights[channel]), *others]
        block = words[start : start + together].transpose(1, 0, 2)  # [groups][channels][4]
        blocks.append(Channel(tuple(numbers), tuple(block.ravel().tolist())))
    return replace(
        layer,
        channels=tuple(blocks),
        columns=_columns(together),
        order=f"[{words.shape[1]}][{together}][4]: 256 times the second and fourth are added to "
        "the first and third",
        statement=(
            "kws_few(&window, (const int32_t *)channels, &rescale, in, out, (int16_t *)work, "
            f"{places});",
        ),
        work=weights.shape[1] * (2 * places + 1),
        overlaps={0: Overlap(_below(graph, operator, outputs, places))},
        header=HEADER,
    )


def _below(graph: Graph, operator: Operator, outputs: int, places: int) -> int:
    source, output = graph.inputs_of(operator)[0], graph.output_of(operator)
    if outputs <= places:
        return -source.elements
    kernel = graph.inputs_of(operator)[1]
    window = window_of(
        operator, source, output, (kernel.shape[1], kernel.shape[2]), kernel.shape[0]
    )
    return distance(window, places, backward=True)


def _starts(channels: int, together: int) -> Sequence[int]:
    """The first channel of each block; the last one is complete, too."""
    return [min(start, channels - together) for start in range(0, channels, together)]


def _columns(together: int) -> str:
    return ", ".join(f"{name}{number}" for number in range(together) for name in FACTORS)


def _factors(channel: Channel, zero: int) -> tuple[int, int, int]:
    """A channel without weights, whose bias is its result, becomes one with factors."""
    bias, multiplier, shift = channel.numbers
    return (bias, multiplier, shift) if multiplier else (4 * (bias - zero), HALF, 1)


def _words(weights: NDArray[np.int64]) -> NDArray[np.int8]:
    """[channels, groups, 4]: the second and fourth of a group are the upper bytes of 16 bits, to
    which the first and third are added."""
    groups = weights.reshape(len(weights), -1, 2, 2)
    both = 256 * groups[..., 1] + groups[..., 0]
    return both.astype("<i2").view(np.int8).reshape(len(weights), -1, 4)


def _folded(bias: int, weights: NDArray[np.int64]) -> int:
    """256 times the bias, and what makes up for how inputs are stored; it may wrap."""
    first, second = int(weights[0::2].sum()), int(weights[1::2].sum())
    total = 256 * (bias + 128 * second) + first
    return (total + (1 << 31)) % (1 << 32) - (1 << 31)


def _depthwise(graph: Graph, operator: Operator, layer: Layer) -> Layer:
    source, kernel = graph.inputs_of(operator)[:2]
    output = graph.output_of(operator)
    height, width = kernel.shape[1:3]
    window = window_of(operator, source, output, (height, width), kernel.shape[3])
    inside = all(
        window.pads[i] == 0 and (size - 1) * window.dilation[i] < window.source[i]
        for i, size in enumerate((height, width))
    )
    channels = len(layer.channels)
    if output.elements != channels or source.shape[3] != channels or channels < LANES or not inside:
        return layer
    factors = [_factors(channel, output.zero_points[0]) for channel in layer.channels]
    weights = np.array([channel.weights[: height * width] for channel in layer.channels])
    blocks = [
        Channel(
            tuple(number for one in factors[start : start + LANES] for number in one),
            tuple(weights[start : start + LANES].T.ravel().tolist()),
        )
        for start in _starts(channels, LANES)
    ]
    return replace(
        layer,
        channels=tuple(blocks),
        columns=_columns(LANES),
        order=f"[{height}][{width}][{LANES}]",
        statement=(
            "kws_few_depthwise(&window, (const int32_t *)channels, &rescale, in, out);",
        ),
        work=0,
        overlaps={},
        header=HEADER,
    )

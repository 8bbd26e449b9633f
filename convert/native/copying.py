"""Layers that only move values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from convert.graph import Graph, Operator, Tensor
from convert.native.layer import (
    Layer,
    about,
    input_name,
    numbers_of,
    require,
    require_same_scale,
)


def _constants(graph: Graph, operator: Operator, first: int) -> list[list[int]]:
    """The numbers of the inputs from `first` on."""
    inputs = graph.inputs_of(operator)[first:]
    return [numbers_of(operator, tensor).ravel().tolist() for tensor in inputs]


@dataclass(frozen=True)
class Block:
    """A kws_block; dimensions that are lacking have one index."""

    sizes: Sequence[int]
    start: int
    steps: Sequence[int]
    to: int
    to_steps: Sequence[int]

    def __str__(self) -> str:
        def four(values: Sequence[int], filler: int) -> str:
            return "{" + ", ".join(map(str, [filler] * (4 - len(values)) + list(values))) + "}"

        return (
            f"{{{four(self.sizes, 1)}, {self.start}, {four(self.steps, 0)}, {self.to}, "
            f"{four(self.to_steps, 0)}}}"
        )


def _steps(shape: Sequence[int]) -> list[int]:
    """Bytes from one index to the next, for each dimension."""
    return [math.prod(shape[i + 1 :]) for i in range(len(shape))]


def _copied(
    kind: str, operator: Operator, source: Tensor, output: Tensor, block: Block, *first: str
) -> Layer:
    return Layer(
        kind,
        about(operator, source, output),
        constants=(("struct kws_block", "block", str(block)),),
        statement=(*first, "kws_copy(&block, in, out);"),
    )


def _source_and_output(graph: Graph, operator: Operator) -> tuple[Tensor, Tensor]:
    """Of what a block copies."""
    source, output = graph.inputs_of(operator)[0], graph.output_of(operator)
    require(len(source.shape) <= 4, operator, "has more than 4 dimensions")
    require_same_scale(operator, source, output)
    return source, output


def part(graph: Graph, operator: Operator) -> Layer:
    source, output = _source_and_output(graph, operator)
    o = operator.options
    require(not o["EllipsisMask"] and not o["NewAxisMask"], operator, "has an ellipsis")
    ranges = []
    for axis, (begin, end, step) in enumerate(zip(*_constants(graph, operator, 1), strict=True)):
        bit, size = 1 << axis, source.shape[axis]
        require(step != 0, operator, "has a step of 0")
        if o["ShrinkAxisMask"] & bit:
            inside = -size <= begin < size and not o["BeginMask"] & bit
            require(inside, operator, "takes one index from outside")
            ranges.append(range(begin % size, begin % size + 1))
            continue
        part = slice(
            None if o["BeginMask"] & bit else begin, None if o["EndMask"] & bit else end, step
        )
        ranges.append(range(*part.indices(size)))
    sizes = [len(r) for r in ranges]
    require(math.prod(sizes) == output.elements > 0, operator, "takes another number of values")
    steps = _steps(source.shape)
    start = sum(r.start * step for r, step in zip(ranges, steps, strict=True))
    moves = [r.step * step for r, step in zip(ranges, steps, strict=True)]
    return _copied("slice", operator, source, output, Block(sizes, start, moves, 0, _steps(sizes)))


def reverse(graph: Graph, operator: Operator) -> Layer:
    source, output = graph.inputs_of(operator)[0], graph.output_of(operator)
    # its scale may change: TensorFlow calls the halves of a bidirectional LSTM so, and copies
    require(len(source.shape) <= 4, operator, "has more than 4 dimensions")
    (axes,) = _constants(graph, operator, 1)
    steps, start = _steps(source.shape), 0
    moves = list(steps)
    for axis in {axis % len(steps) for axis in axes}:
        start += (source.shape[axis] - 1) * steps[axis]
        moves[axis] = -steps[axis]
    return _copied("reverse", operator, source, output, Block(source.shape, start, moves, 0, steps))


def pad(graph: Graph, operator: Operator) -> Layer:
    source, output = _source_and_output(graph, operator)
    (pads,) = _constants(graph, operator, 1)
    sizes = zip(source.shape, pads[::2], pads[1::2], output.shape, strict=True)
    require(
        all(min(b, a) >= 0 and b + n + a == m for n, b, a, m in sizes),
        operator,
        "pads in another way",
    )
    steps = _steps(output.shape)
    to = sum(before * step for before, step in zip(pads[::2], steps, strict=True))
    block = Block(source.shape, 0, _steps(source.shape), to, steps)
    fill = f"memset(out, {output.zero_point}, {output.elements});"
    return _copied("pad", operator, source, output, block, fill)


def join(graph: Graph, operator: Operator) -> Layer:
    inputs, output = graph.inputs_of(operator), graph.output_of(operator)
    axis = operator.options["Axis"] % len(output.shape)
    whole = math.prod(output.shape[axis:])
    lines, place = [], 0
    outer = math.prod(output.shape[:axis])
    inner = math.prod(output.shape[axis + 1 :])
    for number, tensor in enumerate(inputs):
        require(tensor.data is None, operator, "joins constants")
        require_same_scale(operator, tensor, output)
        size = tensor.shape[axis] * inner
        name = input_name(number)
        lines.append(f"kws_join({name}, out + {place}, {outer}, {size}, {whole});")
        place += size
    activation = operator.options.get("FusedActivationFunction", "NONE")
    require(activation == "NONE", operator, f"ends in {activation}")
    require(place == whole, operator, "loses values")
    return Layer("join", about(operator, inputs[0], output), statement=tuple(lines))

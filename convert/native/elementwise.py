"""Layers that compute each output from the inputs at its place, and SOFTMAX."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from convert.graph import Graph, Operator, Tensor
from convert.native.arithmetic import (
    activation_range,
    hyperbolic_tangent,
    logistic,
    of_four_bits,
    quantize_multiplier,
    scaled,
    softmax_powers,
)
from convert.native.layer import (
    Layer,
    Table,
    about,
    braces,
    require,
    require_same_scale,
    rescale_of,
)
from convert.native.memory import Overlap


def add(graph: Graph, operator: Operator) -> Layer:
    inputs, output = graph.inputs_of(operator), graph.output_of(operator)
    require(
        all(t.dtype == np.int8 and t.data is None and t.shape == output.shape for t in inputs),
        operator,
        "adds other shapes",
    )
    twice = 2 * max(t.scale for t in inputs)
    pairs = [quantize_multiplier(t.scale / twice) for t in inputs]
    multiplier, shift = quantize_multiplier(twice / ((1 << 20) * output.scale))
    require(all(s >= 0 for _, s in pairs) and shift >= 0, operator, "raises the scale")
    how = braces(
        zeros=f"{{{inputs[0].zero_point}, {inputs[1].zero_point}}}",
        multipliers=f"{{{pairs[0][0]}, {pairs[1][0]}}}",
        shifts=f"{{{pairs[0][1]}, {pairs[1][1]}}}",
        multiplier=multiplier,
        shift=shift,
        to=rescale_of(operator, output, False),
    )
    return Layer(
        "add",
        about(operator, inputs[0], output),
        constants=(("struct kws_add", "how", how),),
        statement=(f"kws_add(&how, in, in2, out, {output.elements});",),
        overlaps={0: Overlap(0), 1: Overlap(0)},
    )


def multiply(graph: Graph, operator: Operator) -> Layer:
    (first, second), output = graph.inputs_of(operator), graph.output_of(operator)
    require(
        first.data is None and second.data is None and second.dtype == np.int8,
        operator,
        "multiplies by a constant",
    )
    require(
        first.shape == output.shape
        and (second.shape == first.shape or second.elements == second.shape[-1] == first.shape[-1]),
        operator,
        "multiplies other shapes than equal ones, or one value a channel second",
    )
    multiplier, shift = quantize_multiplier(first.scale * second.scale / output.scale)
    require(shift > -14, operator, "raises the scale")  # products have 17 bits
    how = braces(
        zeros=f"{{{first.zero_point}, {second.zero_point}}}",
        multiplier=multiplier,
        shift=shift,
        to=rescale_of(operator, output, False),
    )
    same = second.shape == first.shape
    return Layer(
        "multiply",
        about(operator, first, output),
        constants=(("struct kws_multiply", "how", how),),
        statement=(f"kws_multiply(&how, in, in2, out, {output.elements}, {second.elements});",),
        overlaps={0: Overlap(0), 1: Overlap(0)} if same else {0: Overlap(0)},
    )


def sigmoid(graph: Graph, operator: Operator) -> Layer:
    (source,), output = graph.inputs_of(operator), graph.output_of(operator)
    require(output.zero_point == -128, operator, "has another zero point than -128")
    function = of_four_bits(logistic, source.scale, output_bits=8)
    return _looked_up(
        "logistic", operator, source, output, lambda v: function(v - source.zero_point) - 128
    )


def tanh(graph: Graph, operator: Operator) -> Layer:
    (source,), output = graph.inputs_of(operator), graph.output_of(operator)
    require(output.zero_point == 0, operator, "has another zero point than 0")
    function = of_four_bits(hyperbolic_tangent, source.scale, output_bits=7)
    return _looked_up("tanh", operator, source, output, lambda v: function(v - source.zero_point))


def relu(graph: Graph, operator: Operator) -> Layer:
    (source,), output = graph.inputs_of(operator), graph.output_of(operator)
    require_same_scale(operator, source, output)
    lowest, most = activation_range(operator.name, output.scale, output.zero_point)
    return Layer(
        operator.name.lower(),
        about(operator, source, output),
        statement=(f"kws_limit({lowest}, {most}, in, out, {output.elements});",),
        overlaps={0: Overlap(0)},
    )


def quantize(graph: Graph, operator: Operator) -> Layer:
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
        about(operator, source, output),
        (Table("int8_t", "table", values, "for each input from -128 on"),),
        statement=(f"kws_look_up(table, in, out, {output.elements});",),
        overlaps={0: Overlap(0)},
    )


def softmax(graph: Graph, operator: Operator) -> Layer:
    (source,), output = graph.inputs_of(operator), graph.output_of(operator)
    require(source.shape[-1] == source.elements, operator, "has several rows")
    require(source.elements < 512, operator, "has too many values")  # a sum has 9 bits to spare
    require(output.scale == 1 / 256 and output.zero_point == -128, operator, "has another scale")
    powers = softmax_powers(source.scale, operator.options["Beta"])
    return Layer(
        "softmax",
        about(operator, source, output),
        (Table("int32_t", "powers", tuple(powers), "e to the -i input steps, Q31"),),
        statement=(f"kws_softmax(powers, {len(powers)}, in, out, {output.elements});",),
        overlaps={0: Overlap(0)},
    )

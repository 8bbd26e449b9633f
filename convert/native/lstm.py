"""LSTMs over a whole sequence, as TensorFlow Lite Micro computes them: gates in 16 bits."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from convert.errors import ModelError
from convert.graph import Graph, Operator, Tensor
from convert.native.arithmetic import quantize_multiplier, sigmoid_curve
from convert.native.layer import Channel, Layer, Table, about, braces, numbers_of, require
from convert.native.memory import Overlap

NAME = "UNIDIRECTIONAL_SEQUENCE_LSTM"
GATES = 4  # input, forget, cell, output, in this order of tensors
INPUT_WEIGHTS, STATE_WEIGHTS, BIASES, STATE, CELL, OPERANDS = 1, 5, 12, 18, 19, 24  # positions
VARIANTS = (*range(9, 12), *range(16, 18), *range(20, 24))  # peepholes, projection, normalization
GATE_STEP = 2.0**-12  # before sigmoid and tanh
CURVE_STEP = 2.0**-15  # after them
POWERS = range(-24, 1)  # of two: scales of cells


@dataclass(frozen=True)
class Sums:
    """A gate's, of inputs or of the state: a row of weights and a bias for each unit."""

    weights: list[list[int]]  # padded with zeros to words
    bias: list[int]  # the zero point is folded in
    factor: str


def states_of(operator: Operator) -> tuple[int, ...]:
    return tuple(operator.inputs[STATE : CELL + 1]) if operator.name == NAME else ()


def lstm(graph: Graph, operator: Operator) -> Layer:
    source, output = graph.inputs_of(operator)[0], graph.output_of(operator)
    state, cell = _state_and_cell(graph, operator)
    (steps, inputs), units = _sizes(operator, source, output), output.shape[2]
    require(state.elements == cell.elements == units, operator, "has states of other sizes")
    pairs = [
        (
            _sums(graph, operator, source, units, INPUT_WEIGHTS + gate, BIASES + gate),
            _sums(graph, operator, state, units, STATE_WEIGHTS + gate),
        )
        for gate in range(GATES)
    ]
    numbers = braces(
        steps=steps,
        inputs=inputs,
        units=units,
        from_input=f"{{{', '.join(a.factor for a, _ in pairs)}}}",
        from_state=f"{{{', '.join(b.factor for _, b in pairs)}}}",
        zero=state.zero_point,
        **_cell(operator, cell, state),
    )
    return Layer(
        "lstm",
        about(operator, source, output),
        channels=tuple(
            Channel((a.bias[unit], b.bias[unit]), tuple(a.weights[unit] + b.weights[unit]))
            for unit in range(units)
            for a, b in pairs
        ),
        columns="input_bias, state_bias",
        order=f"[{inputs}] and [{units}], each padded to words",
        constants=(("struct kws_lstm", "lstm", numbers),),
        statement=(
            "kws_lstm(&lstm, kws_curve, (const int32_t *)channels, in, out, (int16_t *)work);",
        ),
        work=2 * (_words(inputs) + _words(units) + units),
        overlaps={0: Overlap(_distance(steps, inputs, units))},
        shared=(Table("uint16_t", "kws_curve", sigmoid_curve(), "1 / (1 + e^-x) at every 1/24"),),
        header="kws_engine_lstm.h",
    )


def _sizes(operator: Operator, source: Tensor, output: Tensor) -> tuple[int, int]:
    """Steps, and inputs of each. Batches of 1 lie alike, whether steps are first or second."""
    good = len(source.shape) == len(output.shape) == 3 and min(source.elements, output.elements) > 0
    require(good and source.shape[:2] == output.shape[:2], operator, "has other shapes")
    return source.elements // source.shape[2], source.shape[2]


def _state_and_cell(graph: Graph, operator: Operator) -> tuple[Tensor, Tensor]:
    """What it keeps from step to step: its last output, and the cells."""
    o = operator.options
    given = [i for i in range(OPERANDS) if i not in VARIANTS]
    require(all(operator.inputs[i] >= 0 for i in given), operator, "lacks an operand")
    variants = any(operator.inputs[i] >= 0 for i in VARIANTS) or o["DiagonalRecurrentTensors"]
    require(not variants, operator, "has peepholes, a projection or a normalization")
    activation = o["FusedActivationFunction"]
    require(activation == "TANH", operator, f"has {activation} for its cells")
    for i in (STATE, CELL):
        alone = [op.inputs.count(operator.inputs[i]) for op in graph.operators]
        require(sum(alone) == 1, operator, "shares a state")
    state, cell = graph.tensors[operator.inputs[STATE]], graph.tensors[operator.inputs[CELL]]
    for tensor, dtype in ((state, np.int8), (cell, np.int16)):
        good = tensor.dtype == dtype and len(tensor.scales) == 1
        require(good, operator, f"has a state that is not {np.dtype(dtype)} with one scale")
        require(tensor.variable and tensor.data is None, operator, "has a state that is given")
    return state, cell


def _sums(
    graph: Graph, operator: Operator, source: Tensor, units: int, position: int, biased: int = 0
) -> Sums:
    tensor = graph.tensors[operator.inputs[position]]
    good = tensor.dtype == np.int8 and tensor.shape == (units, source.shape[-1])
    require(good, operator, f"has weights {tensor.name} that are not int8 [units, inputs]")
    symmetric = len(tensor.scales) == 1 and tensor.zero_points == (0,)
    require(symmetric, operator, f"has weights {tensor.name} without one scale, or a zero point")
    weights = numbers_of(operator, tensor)
    bias = np.zeros(units, np.int64)
    if biased:
        given = graph.tensors[operator.inputs[biased]]
        good = given.dtype == np.int32 and given.shape == (units,)
        require(good, operator, "has a bias that is not one int32 a unit")
        bias = numbers_of(operator, given)
    bias = bias - source.zero_point * weights.sum(axis=1)
    multiplier, shift = quantize_multiplier(source.scale * tensor.scale / GATE_STEP)
    largest = int((np.abs(bias) + 128 * np.abs(weights).sum(axis=1)).max()) << max(0, -shift)
    if multiplier < 0 or largest >= 1 << 31:
        raise ModelError(f"{operator} may overflow 32 bits; quantize it again")
    padded = np.pad(weights, ((0, 0), (0, -weights.shape[1] % 4)))
    return Sums(padded.tolist(), bias.tolist(), f"{{{multiplier}, {shift}}}")


def _cell(operator: Operator, cell: Tensor, state: Tensor) -> dict[str, object]:
    """Factors of what is multiplied into cells and out of them, and the cells' limits."""
    fraction, exponent = math.frexp(cell.scale)
    good = fraction == 0.5 and exponent - 1 in POWERS and cell.zero_point == 0
    require(good, operator, "has cells that are not in steps of a power of two from 2^-24 to 1")
    left = exponent - 1 - round(math.log2(GATE_STEP))
    factors = {
        "forget": CURVE_STEP,
        "add": CURVE_STEP**2 / cell.scale,
        "to_out": CURVE_STEP**2 / state.scale,
    }
    pairs = {name: quantize_multiplier(value) for name, value in factors.items()}
    falling = all(multiplier >= 0 and shift >= 0 for multiplier, shift in pairs.values())
    require(falling, operator, "raises the scale")  # products have 31 bits
    given = {name: f"{{{multiplier}, {shift}}}" for name, (multiplier, shift) in pairs.items()}
    clip, least = operator.options["CellClip"], -(1 << 15)
    most = min(int(min(clip / cell.scale, 1 << 15)), (1 << 15) - 1) if clip > 0 else -least - 1
    return {
        "forget": given["forget"],
        "add": given["add"],
        "lowest": -most if clip > 0 else least,
        "most": most,
        "raise": 3 << max(0, left),
        "lower": max(0, -left),
        "to_out": given["to_out"],
    }


def _words(size: int) -> int:
    """Bytes, up to the next word."""
    return size + -size % 4


def _distance(steps: int, inputs: int, units: int) -> int:
    """As of convolutions: each step's outputs lie below the inputs of later steps."""
    later = [(step + 1) * (units - inputs) for step in range(steps - 1)]
    return max([-steps * inputs, *later])

"""Graphs at the engine's limits: refused in one line, or right to the last bit."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from convert.errors import ModelError
from convert.graph import read_graph
from convert.native.engine import generate
from convert.targets import TARGETS
from tests.conftest import usable
from tests.convert.native.comparison import Case, micro_tensors, native
from tests.convert.native.graphs import Value, Writer, relu


def writer() -> tuple[Writer, Value]:
    w = Writer(np.random.default_rng(0))
    return w, w.value((1, 8, 8, 8), 0.05, 3)


def times_rows() -> bytes:
    """One value a row: eight of them, as there are channels."""
    w, x = writer()
    axes = w.tensor((2,), "INT32", data=np.array([1, 2], np.int32))
    rows = w.value((1, 8, 1, 1), 0.05, 3)
    w.operator("MEAN", [x.number, axes], rows, "ReducerOptions", keepDims=True)
    y = w.operator("MUL", [x.number, rows.number], w.value(x.shape, 0.1), "MulOptions",
                   fusedActivationFunction=0)  # fmt: skip
    return w.file(x, y)


def renamed(shape: tuple[int, ...], then: bool) -> bytes:
    w, x = writer()
    new = w.tensor((len(shape),), "INT32", data=np.array(shape, np.int32))
    y = w.operator("RESHAPE", [x.number, new], w.value(shape, x.scale, x.zero), "ReshapeOptions",
                   newShape=list(shape))  # fmt: skip
    return w.file(x, relu(w, y) if then else y)


def uncertain(labels: int) -> bytes:
    w = Writer(np.random.default_rng(0))
    x = w.value((1, labels), 0.05, 3)
    y = w.operator("SOFTMAX", [x.number], w.value(x.shape, 1 / 256, -128), "SoftmaxOptions",
                   beta=1.0)  # fmt: skip
    return w.file(x, y)


def one_row(begin: int, masked: bool) -> bytes:
    w, x = writer()
    numbers = ([0, begin, 0, 0], [1, 8, 8, 8], [1, 1, 1, 1])
    given = [w.tensor((4,), "INT32", data=np.array(n, np.int32)) for n in numbers]
    y = w.operator("STRIDED_SLICE", [x.number, *given], w.value((1, 8, 8), x.scale, x.zero),
                   "StridedSliceOptions", beginMask=2 * masked, endMask=0, ellipsisMask=0,
                   newAxisMask=0, shrinkAxisMask=2)  # fmt: skip
    return w.file(x, y)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (times_rows, "multiplies other shapes|is over the axes|another number of channels"),
        (lambda: renamed((1, 800), True), "is not of an int8 activation of as many values"),
        (lambda: renamed((1, 512), False), "computes nothing: its output is its input"),
        (lambda: uncertain(600), "has too many values"),
        (lambda: one_row(9, False), "takes one index from outside"),
        (lambda: one_row(3, True), "takes one index from outside"),
    ],
)
def test_it_is_refused(make: Callable[[], bytes], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        generate(read_graph(make()), "0" * 16, "this test")


def full_of_extremes() -> bytes:
    """Four places, all sums at their largest: what is left over in the tile must not be added."""
    w = Writer(np.random.default_rng(0))
    x = w.value((1, 4, 4, 128), 0.02, -128)
    weights = w.tensor((2, 3, 3, 128), "INT8", [0.01], [0],
                       np.full((2, 3, 3, 128), 127, np.int8))  # fmt: skip
    bias = w.tensor((2,), "INT32", [float(np.float32(0.02) * np.float32(0.01))], [0],
                    np.zeros(2, np.int32))  # fmt: skip
    y = w.operator("CONV_2D", [x.number, weights, bias], w.value((1, 2, 2, 2), 30.0, 5),
                   "Conv2DOptions", padding=1, strideH=1, strideW=1, dilationHFactor=1,
                   dilationWFactor=1, fusedActivationFunction=0)  # fmt: skip
    return w.file(x, y)


@pytest.mark.parametrize("make", [full_of_extremes, lambda: one_row(3, False)])
def test_it_agrees(make: Callable[[], bytes], tmp_path: Path) -> None:
    graph = read_graph(make())
    size = graph.tensors[graph.input].elements
    inputs = np.stack([np.full(size, n) for n in (-128, 127)]).astype(np.int8)
    inputs[0, ::3] = 77
    case = Case(graph, inputs, *micro_tensors(make(), graph, inputs))
    flags = ("-O1", "-fsanitize=undefined,address", "-fno-sanitize-recover=all")
    for target, options in (("gcc", flags), ("cortex-m4f", ("-O2",))):
        run = native(usable(TARGETS[target]), case, tmp_path / target, *options)
        np.testing.assert_array_equal(run.traced, case.tensors)

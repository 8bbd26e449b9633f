"""Small int8 .tflite files of random layers that slide along time and never pad it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from tests.convert.native import graphs
from tests.convert.native.graphs import Value, Writer, flat, mean, requantized

STEPS = (1, 2, 3, 4, 6, 10, 12)  # frames that a window moves on


@dataclass
class TimeWriter(Writer):
    step: int = 1
    pace: int = 1  # frames from one row to the next

    def stride(self, x: Value) -> int:
        """Over time: such that whole rows are new in each step."""
        if x.shape[1] == 1:
            return 1
        fitting = [s for s in (1, 2, 3) if self.step % (self.pace * s) == 0]
        return int(self.random.choice(fitting))


def kernel_of(w: Writer, x: Value) -> tuple[int, int]:
    most = x.shape[1] if w.chance(0.05) else min(x.shape[1], 7)
    return w.pick(1, most), w.pick(1, min(x.shape[2], 4))


def slide(
    w: Writer, x: Value, kernel: tuple[int, int], dilates: bool = True
) -> tuple[tuple[int, int], dict[str, Any]]:
    """VALID; or SAME, if that pads no time."""
    assert isinstance(w, TimeWriter)
    strides = w.stride(x), w.pick(1, 2)
    w.pace *= strides[0]
    dilation = (1, 1)
    if dilates and w.chance(0.4):
        dilation = (w.pick(1, max(1, (x.shape[1] - 1) // max(1, kernel[0] - 1))), 1)
        dilation = min(dilation[0], 4), 1
    reach = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]
    same = reach[0] == 1 and w.chance(0.5)
    used = [n if same else n - r + 1 for n, r in zip(x.shape[1:3], reach, strict=True)]
    size = [math.ceil(u / s) for u, s in zip(used, strides, strict=True)]
    padding = w.schema.Padding.SAME if same else w.schema.Padding.VALID
    options = {"padding": padding, "strideH": strides[0], "strideW": strides[1],
               "dilationHFactor": dilation[0], "dilationWFactor": dilation[1]}  # fmt: skip
    return (size[0], size[1]), options


def pool(w: Writer, x: Value) -> Value:
    kernel = kernel_of(w, x)
    return graphs.slid_pool(w, x, kernel, *slide(w, x, kernel, dilates=False))


def cropped(w: Writer, x: Value, rows: int, thinned: int = 1, columns: bool = False) -> Value:
    """So many rows, each `thinned`-th, from anywhere; of some columns and channels."""
    first = w.pick(0, x.shape[1] - (rows - 1) * thinned - 1)
    begins, ends = [0, first, 0, 0], [1, first + (rows - 1) * thinned + 1, *x.shape[2:]]
    if columns:
        begins[2], begins[3] = w.pick(0, x.shape[2] - 1), w.pick(0, x.shape[3] - 1)
    steps = [1, thinned, 1, 1]
    shape = (1, rows, ends[2] - begins[2], ends[3] - begins[3])
    for axis in (2, 3):
        if w.chance(0.3):  # turned round, from the last to the first
            past = begins[axis] - 1 if begins[axis] else -ends[axis] - 1
            begins[axis], ends[axis], steps[axis] = ends[axis] - 1, past, -1
    given = [w.tensor((4,), "INT32", data=np.array(n, np.int32)) for n in (begins, ends, steps)]
    return w.operator(
        "STRIDED_SLICE", [x.number, *given], w.value(shape, x.scale, x.zero),
        "StridedSliceOptions", beginMask=0, endMask=0, ellipsisMask=0, newAxisMask=0,
        shrinkAxisMask=0,
    )  # fmt: skip


def sliced(w: Writer, x: Value) -> Value:
    assert isinstance(w, TimeWriter)
    thinned = w.stride(x)
    w.pace *= thinned
    most = (x.shape[1] - 1) // thinned + 1
    return cropped(w, x, w.pick(max(1, most - 4), most), thinned, columns=w.chance(0.5))


def bypassed(w: Writer, x: Value) -> Value:
    """The sum of two branches over time, cut to the shorter one."""
    branches = []
    for _ in range(2):
        kernel = w.pick(1, min(5, x.shape[1])), 1
        options = {"padding": w.schema.Padding.VALID, "strideH": 1, "strideW": 1}
        size = x.shape[1] - kernel[0] + 1, x.shape[2]
        branches.append(graphs.slid_pool(w, x, kernel, size, options) if w.chance(0.7) else x)
    rows = min(branch.shape[1] for branch in branches)
    one, other = (cropped(w, b, rows) if b.shape[1] > rows else b for b in branches)
    other = requantized(w, other)
    return w.operator(
        "ADD", [one.number, other.number], w.value(one.shape, one.scale + other.scale),
        "AddOptions", fusedActivationFunction=w.activation(),
    )  # fmt: skip


LAYERS: tuple[Callable[[Writer, Value], Value], ...] = (
    *[partial(graphs.conv, kernel_of=kernel_of, slide=slide)] * 3,
    *[partial(graphs.depthwise, kernel_of=kernel_of, slide=slide)] * 3,
    pool, pool, sliced, bypassed, bypassed, graphs.add, graphs.requantized, graphs.relu,
    graphs.curved, partial(graphs.multiply, by_pooled=0), partial(graphs.joined, first_axis=2),
    partial(graphs.padded, first_axis=2), partial(graphs.backwards, first_axis=2),
)  # fmt: skip


def folded(w: Writer, x: Value) -> Value:
    """[frames, columns, channels] to [frames, 1, columns * channels]."""
    shape = (1, x.shape[1], 1, x.shape[2] * x.shape[3])
    number = w.tensor((4,), "INT32", data=np.array(shape, np.int32))
    return w.operator(
        "RESHAPE", [x.number, number], w.value(shape, x.scale, x.zero), "ReshapeOptions",
        newShape=list(shape),
    )  # fmt: skip


def random_temporal(seed: int) -> tuple[bytes, int]:
    """A file, and the frames of a step: one to six layers, then an end over all rows."""
    w = TimeWriter(np.random.default_rng(seed))
    frames = w.pick(2, 40)
    w.step = min(int(w.random.choice(STEPS)), frames)
    source = x = w.value((1, frames, w.pick(1, 9), w.pick(1, 3)))
    if w.chance(0.4):
        x = folded(w, x)
    for _ in range(w.pick(1, 6)):
        x = LAYERS[w.pick(0, len(LAYERS) - 1)](w, x)
    if w.chance(0.3):
        return w.file(source, graphs.dense(w, mean(w, x))), w.step
    x = flat(w, x)  # every value is seen
    return w.file(source, graphs.dense(w, x) if w.chance(0.2) else requantized(w, x)), w.step

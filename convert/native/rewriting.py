"""A windowed graph becomes the graph of one step of a stream: each tensor over time has its new
rows only, behind the rows of earlier steps that somebody still reads.

Rows are those of the input, frames, or of what was made of them. A window has `all` rows of a
tensor; a step, which moves the window on, makes the last `new` of them; of the rows before, the
layers after it read the last `kept` again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from convert.errors import ModelError
from convert.graph import Graph, Operator, Tensor
from convert.native.engine import RESHAPE, ROWS

CARRY = "CARRY"  # an operator: the kept rows, then the new ones
BY_ROW = ("ADD", "MUL", "QUANTIZE", "RELU", "RELU6", "LOGISTIC", "TANH", "CONCATENATION",
          "REVERSE_V2", "PAD")  # fmt: skip
SAME_SHAPE = ("QUANTIZE", "RELU", "RELU6", "LOGISTIC", "TANH", "REVERSE_V2")
SLIDING = ("CONV_2D", "DEPTHWISE_CONV_2D", "AVERAGE_POOL_2D", "MAX_POOL_2D")
WHOLE = ("MEAN", "FULLY_CONNECTED")  # of all rows at once


@dataclass(frozen=True)
class View:
    """Which rows of its input an operator reads: row n of its output is made from `reach` rows,
    from `begin` + n * `stride` on."""

    begin: int = 0
    stride: int = 1
    reach: int = 1


@dataclass(frozen=True)
class Rows:
    """Of a tensor over time."""

    all: int
    new: int
    frames: int  # from one row to the next


@dataclass
class Rewriting:
    """A graph under construction: tensors are those of the old graph, then others."""

    old: Graph
    rows: dict[int, Rows]
    kept: dict[int, int]  # rows, of tensors that are carried
    tensors: list[Tensor]
    operators: list[Operator] = field(default_factory=list)
    carried: dict[int, int] = field(default_factory=dict)  # tensor to kept and new rows of it


def streamed(graph: Graph, step: int) -> Graph:
    """For `step` frames at a time. What cannot be streamed is a ModelError."""
    rows, views = _rows(graph, step)
    new = [_with_rows(t, rows[i].new) if i in rows else t for i, t in enumerate(graph.tensors)]
    rewriting = Rewriting(graph, rows, _kept(graph, rows, views), new)
    _carry(rewriting, graph.input)
    for operator in graph.operators:
        rewriting.operators.append(_rewritten(rewriting, operator, views[operator.number]))
        _carry(rewriting, operator.outputs[0])
    tensors, operators = tuple(rewriting.tensors), tuple(rewriting.operators)
    return replace(graph, tensors=tensors, operators=operators)


def _over_time(operator: Operator, rows: Mapping[int, Rows]) -> list[int]:
    """Its inputs that are over time."""
    return [i for i in operator.inputs if i in rows]


# --- which rows there are


def _rows(graph: Graph, step: int) -> tuple[dict[int, Rows], dict[int, View | None]]:
    """Rows by tensor, views by operator: None where it reads all rows, or none over time."""
    frames = graph.tensors[graph.input].shape[1]
    if not 1 <= step <= frames:
        raise ModelError(f"has windows of {frames} frames, which do not move by {step}")
    rows = {graph.input: Rows(frames, step, 1)}
    views: dict[int, View | None] = {}
    for operator in graph.operators:
        view = _view(graph, operator, rows) if _over_time(operator, rows) else None
        views[operator.number] = view
        if view is not None:
            rows[operator.outputs[0]] = _rows_after(graph, operator, view, rows, step)
    if graph.output in rows:
        raise ModelError(f"cannot be streamed: its output has {rows[graph.output].all} rows")
    return rows, views


def _rows_after(
    graph: Graph, operator: Operator, view: View, rows: Mapping[int, Rows], step: int
) -> Rows:
    sources = {(rows[i].all, rows[i].frames) for i in _over_time(operator, rows)}
    _require(len(sources) == 1, operator, "joins rows at different paces")
    frames = view.stride * sources.pop()[1]
    _require(step % frames == 0, operator, f"makes a row every {frames} frames, a step is {step}")
    source, output = graph.inputs_of(operator)[0], graph.output_of(operator)
    if operator.name in SAME_SHAPE:
        _require(source.shape == output.shape, operator, "changes the shape")
    count = output.shape[1]
    return Rows(count, min(step // frames, count), frames)


def _view(graph: Graph, operator: Operator, rows: Mapping[int, Rows]) -> View | None:
    source, output = graph.inputs_of(operator)[0], graph.output_of(operator)
    if operator.name == RESHAPE:
        flat = len(output.shape) < 3
        return View() if output.shape[:2] == source.shape[:2] and not flat else None
    if operator.name in WHOLE:
        return None
    if operator.name == "STRIDED_SLICE":
        return _slice(graph, operator)
    if operator.name in SLIDING:
        return _slide(graph, operator) if output.shape[1] > 1 else None
    _require(operator.name in BY_ROW, operator, "mixes frames")
    activations = [i for i in operator.inputs if i >= 0 and graph.tensors[i].data is None]
    _require(all(i in rows for i in activations), operator, "takes a value of the whole window")
    _check_by_row(graph, operator)
    return View()


def _check_by_row(graph: Graph, operator: Operator) -> None:
    if operator.name == "CONCATENATION":
        dimensions = len(graph.output_of(operator).shape)
        along = operator.options["Axis"] % dimensions
        _require(along != 1, operator, "joins along time")
    if operator.name == "REVERSE_V2":
        source, axes = graph.inputs_of(operator)
        turned = _numbers(axes)
        _require(all(a % len(source.shape) != 1 for a in turned), operator, "turns time round")
    if operator.name == "PAD":
        pads = _numbers(graph.inputs_of(operator)[1])
        _require(pads[2:4] == [0, 0], operator, "pads time")


def _slide(graph: Graph, operator: Operator) -> View:
    o = operator.options
    source, output = graph.inputs_of(operator)[0], graph.output_of(operator)
    pool = "FilterHeight" in o
    kernel = o["FilterHeight"] if pool else graph.inputs_of(operator)[1].shape[1]
    reach = (kernel - 1) * o.get("DilationHFactor", 1) + 1
    end = (output.shape[1] - 1) * o["StrideH"] + reach
    _require(end <= source.shape[1], operator, "pads time (use padding VALID)")
    return View(0, o["StrideH"], reach)


def _slice(graph: Graph, operator: Operator) -> View | None:
    source, *numbers = graph.inputs_of(operator)
    begin, end, step = (_numbers(tensor)[1] for tensor in numbers)
    o = operator.options
    if o["ShrinkAxisMask"] & 2:
        return None
    _require(step > 0, operator, "turns time round")
    part = slice(None if o["BeginMask"] & 2 else begin, None if o["EndMask"] & 2 else end, step)
    taken = range(*part.indices(source.shape[1]))
    return View(taken.start, step) if len(taken) > 1 else None


def _numbers(tensor: Tensor) -> list[int]:
    assert tensor.data is not None  # the windowed engine has seen to that
    return [int(n) for n in tensor.data.ravel()]


def _kept(
    graph: Graph, rows: Mapping[int, Rows], views: Mapping[int, View | None]
) -> dict[int, int]:
    """From the first row that an operator reads in a step, to the first new one."""
    kept = dict.fromkeys(rows, 0)
    for operator in graph.operators:
        for i in _over_time(operator, rows):
            first = _first(rows, operator, views[operator.number])
            kept[i] = max(kept[i], rows[i].all - rows[i].new - first)
    return kept


def _first(rows: Mapping[int, Rows], operator: Operator, view: View | None) -> int:
    """The first row, of all, that it reads in a step."""
    if view is None:
        return 0
    made = rows[operator.outputs[0]]
    return view.begin + (made.all - made.new) * view.stride


# --- the new graph


def _rewritten(rewriting: Rewriting, operator: Operator, view: View | None) -> Operator:
    """Reads the rows it needs, and no others."""
    rows = rewriting.rows
    first = _first(rows, operator, view)
    count = None
    if view is not None:
        count = (rows[operator.outputs[0]].new - 1) * view.stride + view.reach
    inputs = tuple(
        _part(rewriting, operator, i, first, count or rows[i].all) if i in rows else i
        for i in operator.inputs
    )
    changed = replace(operator, inputs=inputs)
    return _sliced(rewriting, changed) if operator.name == "STRIDED_SLICE" and view else changed


def _sliced(rewriting: Rewriting, operator: Operator) -> Operator:
    """It has the rows that it takes; if it takes nothing else, it is a renaming."""
    source = rewriting.tensors[operator.inputs[0]]
    steps = _numbers(rewriting.old.tensors[operator.inputs[3]])
    same = source.shape == rewriting.tensors[operator.outputs[0]].shape
    if same and all(step > 0 for step in steps):
        return Operator(operator.number, RESHAPE, operator.inputs[:1], operator.outputs)
    o = operator.options
    masks = {name: o[name] | 2 for name in ("BeginMask", "EndMask")}
    return replace(operator, options=o | masks)


def _part(rewriting: Rewriting, operator: Operator, tensor: int, first: int, count: int) -> int:
    """Some of a tensor's kept and new rows, as a tensor of its own."""
    rows, kept = rewriting.rows[tensor], rewriting.kept[tensor]
    source = rewriting.carried.get(tensor, tensor)
    start = first - (rows.all - rows.new - kept)
    if start == 0 and count == kept + rows.new:
        return source
    whole = rewriting.tensors[source]
    rewriting.tensors.append(_with_rows(whole, count))
    made = len(rewriting.tensors) - 1
    bytes_before = start * whole.elements // whole.shape[1]
    rewriting.operators.append(
        Operator(operator.number, ROWS, (source,), (made,), {"Start": bytes_before})
    )
    return made


def _carry(rewriting: Rewriting, tensor: int) -> None:
    """After a tensor was made: put its kept rows before it."""
    if not rewriting.kept.get(tensor):
        return
    rows, source = rewriting.rows[tensor], rewriting.tensors[tensor]
    rewriting.tensors.append(_with_rows(source, rewriting.kept[tensor] + rows.new))
    rewriting.carried[tensor] = made = len(rewriting.tensors) - 1
    rewriting.operators.append(Operator(-1, CARRY, (tensor,), (made,)))


def _with_rows(tensor: Tensor, count: int) -> Tensor:
    return replace(tensor, shape=(1, count, *tensor.shape[2:]))


def _require(good: bool, operator: Operator, message: str) -> None:
    if not good:
        raise ModelError(f"{operator} cannot be streamed: it {message}")

"""One C source and its header for one model, and how much memory they need."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from convert.errors import ModelError
from convert.graph import Graph, Operator
from convert.native import lstm
from convert.native.layer import Channel, Layer, Table, input_names
from convert.native.layers import layer_of
from convert.native.memory import Overlap, Space, peak, place
from convert.rendering import rendered

RUNTIME = Path(__file__).parents[2] / "firmware" / "lib" / "engine"
FILES = ("kws_engine.h", "kws_engine.c")
LAYER = "kws_layer.c"  # the part of their template that a stream's engine has as well
ROWS = "ROWS"  # an operator of streaming: a part of its input, from the byte `Start` on
RESHAPE = "RESHAPE"
RENAMED = (RESHAPE, ROWS)  # operators whose output is their input, or a part, in another shape
LINE = 98  # characters
Build = Callable[[Graph, Operator], Layer]
Homes = dict[int, tuple[int, int]]  # of each tensor: whose memory it shares, from which byte on
VALUES = "values"  # the scratch memory as int8_t, in the generated C
NO_BREAK = "\u00a0"  # what textwrap does not take for a space


@dataclass(frozen=True)
class Place:
    """The byte `start` of `memory`, a C expression. In C: `extra` bytes after the offset `name`."""

    memory: str
    start: int = 0
    name: str = field(default="", compare=False)
    extra: int = field(default=0, compare=False)

    def __str__(self) -> str:
        parts = [self.memory, *([self.name] if self.name else [])]
        return " + ".join([*parts, *([str(self.extra)] if self.extra else [])])

    def after(self, size: int) -> Place:
        return replace(self, start=self.start + size, extra=self.extra + size)


@dataclass(frozen=True)
class Step:
    """A layer, and where it reads, writes and works."""

    function: str
    layer: Layer
    operator: Operator
    inputs: tuple[Place, ...]
    output: Place
    work: Place | None
    size: int  # of the output

    @property
    def parameters(self) -> str:
        given = [f"const int8_t *{name}" for name in input_names(len(self.inputs))]
        given.append("int8_t *out")
        if self.layer.work:
            given.append("uint8_t *work")
        return ", ".join(given)

    @property
    def arguments(self) -> str:
        places = (*self.inputs, self.output, *([self.work] if self.work else []))
        return ", ".join(map(str, places))

    @property
    def offsets(self) -> str:
        """Where in the scratch memory its output and its working memory lie, as C enumerators."""
        named = [place for place in (self.output, self.work) if place and place.name]
        return ", ".join(f"{place.name} = {place.start}" for place in named)


@dataclass(frozen=True)
class Program:
    steps: list[Step]
    scratch_bytes: int

    @property
    def headers(self) -> list[str]:
        """What some layers need beside the headers that all engines include."""
        return sorted({step.layer.header for step in self.steps if step.layer.header})

    @property
    def offsets(self) -> list[str]:
        """Of each layer that has any."""
        return [step.offsets for step in self.steps if step.offsets]

    @property
    def reads_values(self) -> bool:
        """Whether a layer's output lies in the scratch memory."""
        return any(step.output.memory == VALUES for step in self.steps)

    @property
    def shared(self) -> list[Table]:
        """Tables that several layers read, once each."""
        return list({table.name: table for s in self.steps for table in s.layer.shared}.values())


@dataclass(frozen=True)
class Engine:
    files: dict[str, str]
    scratch_bytes: int


def generate(graph: Graph, model: str, command: str, traced: bool = False) -> Engine:
    """`model` is the hash that the files carry, `command` what makes them again. If `traced`, the
    engine hands each layer's output to kws_engine_trace."""
    program = program_of(graph)
    values = values_of(program, graph, model, command) | {"traced": traced}
    return Engine(rendered(FILES, values), program.scratch_bytes)


def values_of(program: Program, graph: Graph, model: str, command: str) -> dict[str, Any]:
    """What the templates of each kind of engine show."""
    return {
        "stamp": stamp(model, command),
        "command": command,
        "model": model,
        "steps": program.steps,
        "headers": program.headers,
        "shared": program.shared,
        "offsets": program.offsets,
        "reads_values": program.reads_values,
        "scratch": program.scratch_bytes,
        "inputs": graph.tensors[graph.input].elements,
        "outputs": graph.tensors[graph.output].elements,
        "rows": rows,
        "end_of": end_of,
        "code": code,
    }


def program_of(graph: Graph, build: Build = layer_of) -> Program:
    """Its layers in order, each at its place in the scratch memory."""
    _check_flow(graph)
    operators = [op for op in graph.operators if op.name not in RENAMED]
    layers = [build(graph, operator) for operator in operators]
    home = _homes(graph)
    if home[graph.output][0] == graph.input:
        raise ModelError("computes nothing: its output is its input")
    spaces, allowed = _spaces(graph, operators, layers, home)
    offsets = place(spaces, allowed)
    return Program(_steps(graph, operators, layers, home, offsets), peak(spaces, offsets))


def stamp(model: str, command: str) -> str:
    """The first lines of each file."""
    origin = f"Generated by convert/native from model {model}."
    return f"{origin}\n * Do not edit; regenerate with: {command}"


def rows(values: Sequence[int], start: str, end: str) -> list[str]:
    """Numbers as lines of C, indented as `start` is long."""
    text = ", ".join("INT32_MIN" if value == -(1 << 31) else str(value) for value in values)
    indent = " " * len(start)
    return textwrap.wrap(text + end, LINE, initial_indent=start, subsequent_indent=indent)


def end_of(channel: Channel) -> str:
    """What follows its weights in C."""
    return "}, " + ", ".join(map(str, channel.after)) + "}," if channel.after else "}},"


def code(line: str) -> list[str]:
    """A statement; if it is long, continued after a comma on indented lines."""
    kept = re.sub("(?<!,) ", NO_BREAK, line)
    wrapped = textwrap.wrap(kept, LINE - 4, subsequent_indent="    ", break_long_words=False,
                            break_on_hyphens=False)  # fmt: skip
    return [row.replace(NO_BREAK, " ") for row in wrapped]


def _check_flow(graph: Graph) -> None:
    """Each activation that is read has been made; a renaming keeps its values."""
    made = {graph.input}
    for operator in graph.operators:
        for i in _activations(graph, operator):
            if i not in made:
                raise ModelError(f"{operator} reads {graph.tensors[i].name}, which nobody made")
        made.add(operator.outputs[0])
        if operator.name == RESHAPE:
            _check_renaming(graph, operator)
    if graph.output not in made:
        raise ModelError("has an output that nobody made")


def _check_renaming(graph: Graph, operator: Operator) -> None:
    if not operator.inputs or operator.inputs[0] < 0:
        raise ModelError(f"{operator} has no input")
    source, output = graph.tensors[operator.inputs[0]], graph.output_of(operator)
    same = source.elements == output.elements and source.dtype == output.dtype == np.int8
    if source.data is not None or not same:
        raise ModelError(f"{operator} is not of an int8 activation of as many values")


def _homes(graph: Graph) -> Homes:
    """A tensor that is only a renaming of another shares its memory."""
    home = {i: (i, 0) for i in range(len(graph.tensors))}
    for operator in graph.operators:
        if operator.name in RENAMED:
            base, start = home[operator.inputs[0]]
            home[operator.outputs[0]] = base, start + operator.options.get("Start", 0)
    return home


def _spaces(
    graph: Graph, operators: list[Operator], layers: list[Layer], home: Homes
) -> tuple[list[Space], dict[tuple[str, str], Overlap]]:
    """What needs scratch memory, and what may lie over what."""
    outside = {graph.input, home[graph.output][0]}
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    for number, operator in enumerate(operators):
        first[operator.outputs[0]] = last[operator.outputs[0]] = number
        for i in _activations(graph, operator):
            last[home[i][0]] = number
    spaces = [
        Space(_name(i), graph.tensors[i].elements, first[i], last[i])
        for i in first
        if i not in outside
    ]
    allowed = {}
    for number, (operator, layer) in enumerate(zip(operators, layers, strict=True)):
        if layer.work:
            spaces.append(Space(f"work {number}", layer.work, number, number))
        read = [home[i] for i in _activations(graph, operator)]
        for position, overlap in layer.overlaps.items():
            base, start = read[position]
            if [other for other, _ in read].count(base) == 1:
                moved = replace(overlap, below=overlap.below - start)
                allowed[_name(base), _name(operator.outputs[0])] = moved
    return spaces, allowed


def _activations(graph: Graph, operator: Operator) -> list[int]:
    """What it reads; an LSTM's states are no more than where its memory was."""
    states = lstm.states_of(operator)
    return [
        i for i in operator.inputs if i >= 0 and graph.tensors[i].data is None and i not in states
    ]


def _name(tensor: int) -> str:
    return f"tensor {tensor}"


def _steps(
    graph: Graph,
    operators: list[Operator],
    layers: list[Layer],
    home: Homes,
    offsets: dict[str, int],
) -> list[Step]:
    given = {graph.input: "in", home[graph.output][0]: "scores"}
    makers = {
        operator.outputs[0]: f"{layer.kind.upper()}_{number}"
        for number, (operator, layer) in enumerate(zip(operators, layers, strict=True))
    }

    def where(tensor: int) -> Place:
        base, start = home[tensor]
        if base in given:
            return Place(given[base]).after(start)
        return Place(VALUES, offsets[_name(base)], makers[base]).after(start)

    def work(number: int) -> Place:
        return Place("scratch", offsets[f"work {number}"], f"WORK_{number}")

    return [
        Step(
            function=f"kws_layer_{number}_{layer.kind}",
            layer=layer,
            operator=operator,
            inputs=tuple(where(i) for i in _activations(graph, operator)),
            output=where(operator.outputs[0]),
            work=work(number) if layer.work else None,
            size=graph.output_of(operator).elements,
        )
        for number, (operator, layer) in enumerate(zip(operators, layers, strict=True))
    ]

"""The engine of a stream: it takes the newest frames, keeps what layers over time read again, and
gives the scores of the window that ends there."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

from convert.errors import ModelError
from convert.graph import Graph, Operator
from convert.native.engine import Program, Step, program_of, values_of
from convert.native.few import in_blocks
from convert.native.layer import Layer
from convert.native.layers import layer_of
from convert.native.memory import ALIGNMENT, Overlap
from convert.native.rewriting import CARRY, streamed
from convert.rendering import rendered

FILES = ("kws_engine_stream.h", "kws_engine_stream.c")
COUNTER = 4  # bytes of the state; the first says how many steps there have been
MOST_STEPS = 255  # that it counts


@dataclass(frozen=True)
class Stream:
    files: dict[str, str]
    step_frames: int
    first: int  # the number of the step that gives the first scores
    state_bytes: int
    scratch_bytes: int
    graph: Graph  # of a step


def stream(graph: Graph, step_frames: int, model: str, command: str) -> Stream:
    """`model` is the hash that the files carry, `command` what makes them again."""
    program_of(graph)  # what the windowed engine refuses is refused here
    source = graph.tensors[graph.input]
    if len(source.shape) < 3:
        raise ModelError(f"cannot be streamed: its input {list(source.shape)} has no rows")
    small = streamed(graph, step_frames)
    program = program_of(small, _layer)
    first = -(-source.shape[1] // step_frames)
    if first > MOST_STEPS:
        raise ModelError(f"cannot be streamed: a window is {first} steps, {MOST_STEPS} are counted")
    calls, kept = _calls(small, program)
    lasting = max(
        (i + 1 for i, s in enumerate(program.steps) if s.operator.name == CARRY), default=0
    )
    values = values_of(program, small, model, command) | {
        "steps": [step for step in program.steps if step.operator.name != CARRY],
        "lasting": [*chain(*calls[:lasting])],
        "ending": [*chain(*calls[lasting:])],  # of no effect but the scores
        "state": COUNTER + kept,
        "frames": step_frames,
        "window": source.shape[1],
        "first": first,
    }
    files = rendered(FILES, values)
    return Stream(files, step_frames, first, COUNTER + kept, program.scratch_bytes, small)


def _layer(graph: Graph, operator: Operator) -> Layer:
    """In place, the new rows already lie where they belong."""
    if operator.name != CARRY:
        return in_blocks(graph, operator, layer_of(graph, operator))
    return Layer("carry", "", overlaps={0: Overlap(_kept(graph, operator), exact=True)})


def _kept(graph: Graph, carry: Operator) -> int:
    """Bytes before the new ones."""
    return graph.output_of(carry).elements - graph.inputs_of(carry)[0].elements


def _calls(graph: Graph, program: Program) -> tuple[list[list[str]], int]:
    """The statements of each step of the program, and the bytes that all of them keep."""
    calls, kept = [], 0
    for step in program.steps:
        if step.operator.name != CARRY:
            calls.append([f"{step.function}({step.arguments});"])
            continue
        size = _kept(graph, step.operator)
        calls.append(_carried(step, size, f"state + {COUNTER + kept}"))
        kept += -(-size // ALIGNMENT) * ALIGNMENT  # words are copied faster
    return calls, kept


def _carried(step: Step, size: int, state: str) -> list[str]:
    newest, new = step.output.after(size), step.size - size
    copied = [] if step.inputs[0] == newest else [f"memcpy({newest}, {step.inputs[0]}, {new});"]
    return [*copied, f"kws_carry({state}, {size}, {step.output}, {new});"]

"""Where activations lie in the arena while the operators run, as TensorFlow Lite Micro places them:
largest first, each as low as possible next to those in use at the same time."""

from __future__ import annotations

from dataclasses import dataclass

from convert.graph import Graph

ALIGNMENT = 16  # bytes


@dataclass(frozen=True)
class Buffer:
    tensor: int
    size: int  # bytes, aligned
    first: int  # first and last operator during which it is in use
    last: int
    offset: int = 0

    def meets(self, other: Buffer) -> bool:
        return self.first <= other.last and other.first <= self.last


def plan(graph: Graph) -> list[Buffer]:
    """Activations in the order in which they are computed."""
    placed: list[Buffer] = []
    for buffer in sorted(_buffers(graph), key=lambda b: (-b.size, b.tensor)):
        placed.append(_place(buffer, placed))
    return sorted(placed, key=lambda b: (b.first, b.tensor))


def peak(buffers: list[Buffer]) -> int:
    return max(buffer.offset + buffer.size for buffer in buffers)


def _place(buffer: Buffer, placed: list[Buffer]) -> Buffer:
    offset = 0
    for other in sorted(placed, key=lambda b: b.offset):
        if not buffer.meets(other):
            continue
        if other.offset - offset >= buffer.size:
            break
        offset = max(offset, other.offset + other.size)
    return Buffer(buffer.tensor, buffer.size, buffer.first, buffer.last, offset)


def _buffers(graph: Graph) -> list[Buffer]:
    made = {graph.input: 0} | {op.outputs[0]: op.number for op in graph.operators}
    used = dict(made)
    for operator in graph.operators:
        used |= {i: operator.number for i in operator.inputs if i in made}
    used[graph.output] = len(graph.operators) - 1  # read after the last operator
    return [
        Buffer(
            tensor=i,
            size=-(-graph.tensors[i].bytes // ALIGNMENT) * ALIGNMENT,
            first=first,
            last=used[i],
        )
        for i, first in made.items()
    ]

"""Zeros in the weights of an int8 file."""

from __future__ import annotations

from convert.graph import Graph, Operator

PRUNED = ("CONV_2D", "FULLY_CONNECTED")


def zeros(graph: Graph) -> float:
    """The share of zeros in the weights that pruning may touch."""
    found = [zeros_of(graph, operator) for operator in graph.operators if operator.name in PRUNED]
    return sum(zero for zero, _ in found) / max(1, sum(total for _, total in found))


def zeros_of(graph: Graph, operator: Operator) -> tuple[int, int]:
    """Number of zeros, and of all weights."""
    weights = graph.inputs_of(operator)[1].data
    assert weights is not None
    return int((weights == 0).sum()), int(weights.size)

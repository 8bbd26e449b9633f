"""The arena of TensorFlow Lite Micro on a board: measured here, then calculated for 32 bits."""

from __future__ import annotations

from dataclasses import dataclass

from convert import tflm
from convert.graph import Graph, Operator
from convert.plan import ALIGNMENT

# What a 32-bit board saves per structure of TensorFlow Lite Micro that contains pointers:
EVAL_TENSOR = 24 - 12  # bytes: data, dims, type
NODE = 64 - 32  # seven pointers and a size
MARGIN = 1024  # bytes; other releases need a little more in addition to tensors


@dataclass(frozen=True)
class Arena:
    measured: int  # bytes; the smallest that works on this 64-bit computer
    saved: int  # on a 32-bit board
    scratch: int  # CMSIS-NN's working memory, which the reference kernels do not need
    margin: int = MARGIN

    @property
    def bytes(self) -> int:
        needed = self.measured - self.saved + self.scratch + self.margin
        return -(-needed // ALIGNMENT) * ALIGNMENT

    def describe(self) -> str:
        return (
            f"{self.bytes:,} bytes ({self.measured:,} measured - {self.saved:,} on 32 bits + "
            f"{self.scratch:,} for CMSIS-NN + {self.margin:,} to spare)"
        )


def measure(content: bytes, graph: Graph) -> Arena:
    return Arena(
        measured=tflm.smallest_arena(content),
        saved=EVAL_TENSOR * len(graph.tensors) + NODE * len(graph.operators),
        scratch=max(_scratch(graph, operator) for operator in graph.operators),
    )


def _scratch(graph: Graph, operator: Operator) -> int:
    """Bytes: two columns of int16 for a convolution, one set of int16 kernels for a depthwise."""
    if operator.name not in ("CONV_2D", "DEPTHWISE_CONV_2D"):
        return 0
    _, height, width, channels = graph.inputs_of(operator)[1].shape
    column = height * width * channels
    return 2 * column if operator.name == "DEPTHWISE_CONV_2D" else 4 * (-(-column // 4) * 4)

"""How a kernel slides over its input."""

from __future__ import annotations

from dataclasses import dataclass

from convert.graph import Operator, Tensor
from convert.native.layer import braces
from convert.operators import check_slide


@dataclass(frozen=True)
class Window:
    """How a kernel slides: pairs are rows, columns."""

    source: tuple[int, int, int]  # height, width, channels
    output: tuple[int, int, int]
    kernel: tuple[int, int] = (1, 1)
    strides: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    pads: tuple[int, int] = (0, 0)  # top, left

    def initializer(self, zero: int, **zeros: object) -> str:
        """`zeros`: what can be left out, as the kernel is told of it."""
        return braces(
            in_height=self.source[0], in_width=self.source[1], in_channels=self.source[2],
            out_height=self.output[0], out_width=self.output[1], out_channels=self.output[2],
            height=self.kernel[0], width=self.kernel[1],
            stride_y=self.strides[0], stride_x=self.strides[1],
            dilation_y=self.dilation[0], dilation_x=self.dilation[1],
            pad_top=self.pads[0], pad_left=self.pads[1], in_zero=zero, **zeros,
        )  # fmt: skip

    def __str__(self) -> str:
        text = f"{self.kernel[0]}x{self.kernel[1]}"
        if self.strides != (1, 1):
            text += f" by {self.strides[0]}x{self.strides[1]}"
        if self.dilation != (1, 1):
            text += f", dilated {self.dilation[0]}x{self.dilation[1]}"
        return text


def window_of(
    operator: Operator, source: Tensor, output: Tensor, kernel: tuple[int, int], channels: int
) -> Window:
    check_slide(operator, source, output, kernel, channels)
    o = operator.options
    strides = o["StrideH"], o["StrideW"]
    dilation = o.get("DilationHFactor", 1), o.get("DilationWFactor", 1)
    pads = []
    for i in range(2):
        reach = (output.shape[1 + i] - 1) * strides[i] + (kernel[i] - 1) * dilation[i] + 1
        spare = max(0, reach - source.shape[1 + i]) if o["Padding"] == "SAME" else 0
        pads.append(spare // 2)
    heights, widths = source.shape[1:], output.shape[1:]
    return Window(
        (heights[0], heights[1], heights[2]), (widths[0], widths[1], widths[2]),
        kernel, strides, dilation, (pads[0], pads[1]),
    )  # fmt: skip

"""The cost of a model."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Cost:
    parameters: int
    macs: int
    largest_pair: int  # bytes of a layer's int8 input and output together

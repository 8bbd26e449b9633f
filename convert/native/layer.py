"""What a layer of the engine is, and what builders of layers share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from convert.errors import ModelError
from convert.graph import Operator, Tensor
from convert.native.arithmetic import activation_range
from convert.native.memory import Overlap


@dataclass(frozen=True)
class Table:
    type: str  # int8_t, int32_t
    name: str
    values: tuple[int, ...]
    comment: str  # shape and unit


@dataclass(frozen=True)
class Channel:
    """What an output channel has of its own."""

    numbers: tuple[int, ...]
    weights: tuple[int, ...]  # padded with zeros to words
    after: tuple[int, ...] = ()  # more numbers, behind the weights


@dataclass(frozen=True)
class Layer:
    """One function of the engine. `statement` uses `in`, `in2`, `out` and `work`."""

    kind: str  # a C name: pointwise
    about: str  # shapes and activation
    tables: tuple[Table, ...] = ()
    channels: tuple[Channel, ...] = ()
    # of a channel: the bias with the input's zero point folded in, Q31, to the right
    columns: str = "bias, multiplier, shift"
    order: str = ""  # of a channel's weights
    last_columns: tuple[str, ...] = ()  # of the numbers behind them, in lines
    constants: tuple[tuple[str, str, str], ...] = ()  # type, name, initializer
    statement: tuple[str, ...] = ()
    work: int = 0  # bytes of scratch memory that only this layer uses
    overlaps: dict[int, Overlap] = field(default_factory=dict)  # by the input's position
    shared: tuple[Table, ...] = ()  # with other layers, by their names
    header: str = ""  # of its kernel, if few engines need it


def require(good: bool, operator: Operator, message: str) -> None:
    if not good:
        raise ModelError(f"{operator} {message}: the native engine has no kernel for that")


def numbers_of(operator: Operator, tensor: Tensor) -> NDArray[np.int64]:
    """A constant's numbers."""
    if tensor.data is None:
        raise ModelError(f"{operator}: {tensor.name} is not a constant")
    return tensor.data.astype(np.int64)


def shape_text(tensor: Tensor) -> str:
    return str(list(tensor.shape[1:]))


def about(operator: Operator, source: Tensor, output: Tensor, how: str = "") -> str:
    activation = operator.options.get("FusedActivationFunction", "NONE")
    ends = "" if activation == "NONE" else f", {activation.lower()}"
    return f"{shape_text(source)} -> {shape_text(output)}{', ' + how if how else ''}{ends}"


def braces(**values: object) -> str:
    return "{" + ", ".join(f".{name} = {c_text(value)}" for name, value in values.items()) + "}"


def c_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def require_same_scale(operator: Operator, source: Tensor, output: Tensor) -> None:
    same = (source.scale, source.zero_point) == (output.scale, output.zero_point)
    require(same, operator, "changes the scale")


def rescale_of(operator: Operator, output: Tensor, short: bool) -> str:
    activation = operator.options.get("FusedActivationFunction", "NONE")
    lowest, most = activation_range(activation, output.scale, output.zero_point)
    return braces(
        zero=output.zero_point,
        lowest=lowest,
        most=most,
        exact_shift=short,
        ties_matter=lowest < output.zero_point,
    )


def input_name(number: int) -> str:
    return "in" if number == 0 else f"in{number + 1}"


def input_names(count: int) -> Sequence[str]:
    return [input_name(number) for number in range(count)]

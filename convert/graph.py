"""A .tflite file as plain values: tensors and operators in order, or a ModelError.

Files may come from anybody (`--from-tflite`), so nothing in them is trusted: every count has a
limit, every index is checked, and a constant has exactly the bytes that its shape requires.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from convert.errors import ModelError

MOST_TENSORS, MOST_OPERATORS, MOST_OPERANDS, MOST_DIMENSIONS = 500, 300, 32, 6
LARGEST_TENSOR = 1 << 24  # elements; no board can hold a hundredth of this
SCHEMA = 3  # version of the format
LARGEST_FILE = 1 << 20  # bytes; a model with 63,000 parameters has a tenth of this
MOST_SCALES = 4096  # dimensions of a tensor
HARMLESS = ("min_runtime_version", "CONVERSION_METADATA")  # metadata that no interpreter acts on
DAMAGED = (
    struct.error, IndexError, ValueError, TypeError, AttributeError, OverflowError, KeyError,
    UnicodeDecodeError, MemoryError,
)  # fmt: skip
Value = TypeVar("Value")


@dataclass(frozen=True)
class Tensor:
    """`scales` and `zero_points` have one entry, or one for each index along `axis`."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    scales: tuple[float, ...] = ()
    zero_points: tuple[int, ...] = ()
    axis: int = 0
    data: NDArray[Any] | None = None  # a constant's
    variable: bool = False  # keeps its value from one run to the next

    @property
    def elements(self) -> int:
        return math.prod(self.shape)

    @property
    def bytes(self) -> int:
        return self.elements * self.dtype.itemsize

    @property
    def scale(self) -> float:
        return self.scales[0] if self.scales else 0.0

    @property
    def zero_point(self) -> int:
        return self.zero_points[0] if self.zero_points else 0


@dataclass(frozen=True)
class Operator:
    """`inputs` and `outputs` are numbers of tensors; -1 is an omitted input."""

    number: int  # its position in the file
    name: str  # as in TensorFlow Lite: CONV_2D
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"operator {self.number} ({self.name})"


@dataclass(frozen=True)
class Graph:
    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    input: int
    output: int
    description: str = ""

    def inputs_of(self, operator: Operator) -> list[Tensor]:
        return [self.tensors[i] for i in operator.inputs if i >= 0]

    def output_of(self, operator: Operator) -> Tensor:
        return self.tensors[operator.outputs[0]]


def read_graph(content: bytes) -> Graph:
    """The one subgraph of a model."""
    if len(content) > LARGEST_FILE:
        raise ModelError(f"{len(content):,} bytes are more than any board can hold")
    if content[4:8] != b"TFL3":
        raise ModelError("is not a .tflite file (no TFL3 mark)")
    try:
        return _graph(_schema().Model.GetRootAs(content, 0))
    except ModelError:
        raise
    except DAMAGED as error:
        raise ModelError(f"is a damaged .tflite file ({type(error).__name__}: {error})") from error


@lru_cache(maxsize=1)
def _schema() -> Any:
    from train.models.schema import tflite_schema

    return tflite_schema()


def _graph(model: Any) -> Graph:
    if model.SubgraphsLength() != 1:
        raise ModelError(
            f"has {model.SubgraphsLength()} subgraphs; exactly one is supported. Loops make more: "
            "use CONV_2D over time, or Keras' LSTM as it is"
        )
    _check_metadata(model)
    subgraph = model.Subgraphs(0)
    tensors = _each("tensors", subgraph.TensorsLength(), MOST_TENSORS, subgraph.Tensors)
    operators = _each("operators", subgraph.OperatorsLength(), MOST_OPERATORS, subgraph.Operators)
    graph = Graph(
        tensors=tuple(_tensor(model, tensor) for tensor in tensors),
        operators=tuple(_operator(model, i, operator) for i, operator in enumerate(operators)),
        input=_single("input", subgraph.InputsLength(), subgraph.Inputs),
        output=_single("output", subgraph.OutputsLength(), subgraph.Outputs),
        description=_text(model.Description()),
    )
    _check_indices(graph)
    return graph


def _check_metadata(model: Any) -> None:
    """Rejects metadata, some of which moves tensors in TensorFlow Lite Micro's arena."""
    for entry in _each("metadata", model.MetadataLength(), MOST_TENSORS, model.Metadata):
        name = _text(entry.Name())
        if name not in HARMLESS or entry.Buffer() >= model.BuffersLength():
            raise ModelError(f"has metadata {name}, which is not supported; convert it again")
    if model.Version() != SCHEMA:
        raise ModelError(f"has schema version {model.Version()}; {SCHEMA} is supported")


def _each(what: str, count: int, most: int, get: Callable[[int], Value]) -> list[Value]:
    if count > most:
        raise ModelError(f"has {count:,} {what}; {most:,} are supported")
    return [get(i) for i in range(count)]


def _single(what: str, count: int, get: Callable[[int], int]) -> int:
    if count != 1:
        raise ModelError(f"has {count} {what}s; exactly one is supported")
    return int(get(0))


def _text(raw: bytes | None) -> str:
    """A printable name, for messages and pictures."""
    text = (raw or b"")[:200].decode("utf-8", "replace")
    return "".join(c if c.isprintable() else "?" for c in text)


def _tensor(model: Any, tensor: Any) -> Tensor:
    name = _text(tensor.Name())
    shape = tuple(
        int(n)
        for n in _each(f"dimensions of {name}", tensor.ShapeLength(), MOST_DIMENSIONS, tensor.Shape)
    )
    if any(n < 0 for n in shape) or math.prod(shape) > LARGEST_TENSOR:
        raise ModelError(f"tensor {name} has the impossible shape {list(shape)}")
    if -1 in _each(
        "dimensions", tensor.ShapeSignatureLength(), MOST_DIMENSIONS, tensor.ShapeSignature
    ):
        raise ModelError(
            f"tensor {name} has a dynamic shape; convert from a function with a fixed batch of 1"
        )
    dtype = _dtype(tensor.Type(), name)
    if tensor.Sparsity() is not None:
        raise ModelError(f"tensor {name} is sparse, which is not supported; convert it densely")
    scales, zero_points, axis = _quantization(tensor.Quantization(), name)
    data = _constant(model, tensor, shape, dtype, name)
    variable = bool(tensor.IsVariable())
    return Tensor(name, shape, dtype, scales, zero_points, axis, data, variable)


def _dtype(number: int, name: str) -> np.dtype[Any]:
    kinds = {
        "FLOAT32": "float32",
        "FLOAT16": "float16",
        "INT32": "int32",
        "UINT8": "uint8",
        "INT64": "int64",
        "BOOL": "bool",
        "INT16": "int16",
        "INT8": "int8",
    }
    types = vars(_schema().TensorType)
    for kind, plain in kinds.items():
        if types[kind] == number:
            return np.dtype(plain)
    known = {value: key for key, value in types.items() if isinstance(value, int)}
    raise ModelError(f"tensor {name} has the type {known.get(number, number)}; use int8")


def _quantization(given: Any, name: str) -> tuple[tuple[float, ...], tuple[int, ...], int]:
    if given is None:
        return (), (), 0
    counts = given.ScaleLength(), given.ZeroPointLength()
    if max(counts) > MOST_SCALES:
        raise ModelError(f"tensor {name} has {max(counts):,} scales; {MOST_SCALES:,} are supported")
    scales = given.ScaleAsNumpy().tolist() if counts[0] else []
    points = given.ZeroPointAsNumpy().tolist() if counts[1] else [0] * len(scales)
    if len(points) != len(scales):
        raise ModelError(f"tensor {name} has {len(scales)} scales, but {len(points)} zero points")
    return tuple(scales), tuple(points), int(given.QuantizedDimension())


def _constant(
    model: Any,
    tensor: Any,
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    name: str,
) -> NDArray[Any] | None:
    number = tensor.Buffer()
    if number >= model.BuffersLength():
        raise ModelError(f"tensor {name} refers to buffer {number}, which does not exist")
    buffer = model.Buffers(number)
    if buffer.Offset() > 1:
        raise ModelError(f"tensor {name} lies outside the flatbuffer; convert again as one file")
    if not buffer.DataLength():
        return None
    raw = buffer.DataAsNumpy()
    needed = math.prod(shape) * dtype.itemsize
    if raw.nbytes != needed:
        raise ModelError(f"tensor {name} has {raw.nbytes} bytes, but its shape requires {needed}")
    data: NDArray[Any] = raw.view(dtype).reshape(shape)
    return data


def _operator(model: Any, number: int, operator: Any) -> Operator:
    index = operator.OpcodeIndex()
    if index >= model.OperatorCodesLength():
        raise ModelError(f"operator {number} has the code {index}, which does not exist")
    code = model.OperatorCodes(index)
    # old files have small codes in an 8-bit field, newer ones in another field
    name = _operator_names().get(max(code.BuiltinCode(), code.DeprecatedBuiltinCode()), "?")
    if name == "CUSTOM":
        name = f"CUSTOM {_text(code.CustomCode())}"
    operands = [
        tuple(int(n) for n in _each(f"operands of operator {number}", count, MOST_OPERANDS, get))
        for count, get in (
            (operator.InputsLength(), operator.Inputs),
            (operator.OutputsLength(), operator.Outputs),
        )
    ]
    return Operator(number, name, operands[0], operands[1], _options(operator, name))


@lru_cache(maxsize=1)
def _operator_names() -> dict[int, str]:
    return {
        value: key
        for key, value in vars(_schema().BuiltinOperator).items()
        if isinstance(value, int)
    }


OPTIONS = {
    "CONV_2D": (
        "Conv2DOptions",
        "Padding StrideW StrideH DilationWFactor DilationHFactor FusedActivationFunction",
    ),
    "DEPTHWISE_CONV_2D": (
        "DepthwiseConv2DOptions",
        "Padding StrideW StrideH DepthMultiplier "
        "DilationWFactor DilationHFactor FusedActivationFunction",
    ),
    "AVERAGE_POOL_2D": (
        "Pool2DOptions",
        "Padding StrideW StrideH FilterWidth FilterHeight FusedActivationFunction",
    ),
    "MAX_POOL_2D": (
        "Pool2DOptions",
        "Padding StrideW StrideH FilterWidth FilterHeight FusedActivationFunction",
    ),
    "FULLY_CONNECTED": (
        "FullyConnectedOptions",
        "FusedActivationFunction WeightsFormat KeepNumDims",
    ),
    "ADD": ("AddOptions", "FusedActivationFunction"),
    "MUL": ("MulOptions", "FusedActivationFunction"),
    "STRIDED_SLICE": (
        "StridedSliceOptions",
        "BeginMask EndMask EllipsisMask NewAxisMask ShrinkAxisMask",
    ),
    "CONCATENATION": ("ConcatenationOptions", "Axis FusedActivationFunction"),
    "MEAN": ("ReducerOptions", "KeepDims"),
    "SOFTMAX": ("SoftmaxOptions", "Beta"),
    "RESHAPE": ("ReshapeOptions", ""),
    "UNIDIRECTIONAL_SEQUENCE_LSTM": (
        "UnidirectionalSequenceLSTMOptions",
        "FusedActivationFunction CellClip ProjClip TimeMajor DiagonalRecurrentTensors",
    ),
}
ENUMS = {"Padding": "Padding", "FusedActivationFunction": "ActivationFunctionType"}


def _options(operator: Any, name: str) -> dict[str, Any]:
    """Options by their names in the schema, with enumerations as names, such as SAME."""
    if name not in OPTIONS:
        return {}
    schema = _schema()
    kind, fields = OPTIONS[name]
    options = getattr(schema, kind)()
    table = operator.BuiltinOptions()
    if table is not None:
        if operator.BuiltinOptionsType() != getattr(schema.BuiltinOptions, kind):
            raise ModelError(f"{name} has the options of a different operator")
        options.Init(table.Bytes, table.Pos)
    elif name not in ("RESHAPE", "MEAN"):
        raise ModelError(f"{name} has no options")
    values = {
        field: getattr(options, field)() if table is not None else 0 for field in fields.split()
    }
    for field_name, enumeration in ENUMS.items():
        if field_name in values:
            names = {
                v: k for k, v in vars(getattr(schema, enumeration)).items() if isinstance(v, int)
            }
            values[field_name] = names[values[field_name]]
    return values


def _check_indices(graph: Graph) -> None:
    """Checks that each tensor is written once, and before it is read."""
    count = len(graph.tensors)
    if not 0 <= graph.input < count or not 0 <= graph.output < count:
        raise ModelError("its input or output is a tensor that does not exist")
    constants = {i for i, tensor in enumerate(graph.tensors) if tensor.data is not None}
    written = {graph.input} | constants | {i for i, t in enumerate(graph.tensors) if t.variable}
    if graph.tensors[graph.input].data is not None:
        raise ModelError("its input is a constant")
    for operator in graph.operators:
        if any(not -1 <= i < count for i in (*operator.inputs, *operator.outputs)):
            raise ModelError(f"{operator} refers to a tensor that does not exist")
        if len(operator.outputs) != 1 or operator.outputs[0] < 0:
            raise ModelError(f"{operator} has {len(operator.outputs)} outputs; one is supported")
        if missing := [i for i in operator.inputs if i >= 0 and i not in written]:
            raise ModelError(f"{operator} reads {graph.tensors[missing[0]].name} before it exists")
        if operator.outputs[0] in written:
            raise ModelError(f"{operator} writes {graph.output_of(operator).name} again")
        written.add(operator.outputs[0])
    if graph.output not in {operator.outputs[0] for operator in graph.operators}:
        raise ModelError("nothing computes its output")
    used = {i for operator in graph.operators for i in operator.inputs}
    if idle := constants - used:
        raise ModelError(f"tensor {graph.tensors[min(idle)].name} is never used; convert again")

"""Files whose structure has been changed, not only their bytes: refused in one line, or an engine
that a compiler takes."""

import random
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from convert.errors import ModelError
from convert.graph import read_graph
from convert.native.engine import Engine, generate
from convert.targets import TARGETS
from convert.targets.engine import build_engine
from tests.conftest import usable
from tests.convert.models import rewritten
from tests.convert.native.graphs import random_graph
from tests.convert.native.test_lstm import model

SIZES = (-1, 0, 1, 2, 3, 7, 1 << 16, (1 << 31) - 1)
REALS = (0.0, -0.01, 1e-40, 2.0**-31, 1 / 256, 1.0, 1e30, float("inf"), float("nan"))
POINTS = (-(1 << 31), -129, -128, -1, 0, 1, 127, 128, (1 << 31) - 1)
CHANGES_OF_EACH, COMPILED = 30, 6


class NothingThereError(Exception):
    """A change needs something that this file does not have."""


class Choosing(random.Random):
    def choice(self, seq: Any) -> Any:
        return seq[any_of(seq, self)]


def any_of(values: Any, r: random.Random) -> int:
    if not len(values):
        raise NothingThereError
    return r.randrange(len(values))


def a_shape(file: Any, r: random.Random) -> None:
    tensor = r.choice(file.subgraphs[0].tensors)
    shape = [int(n) for n in tensor.shape] if tensor.shape is not None else []
    kind = r.randrange(4)
    if kind == 0 and shape:
        shape[any_of(shape, r)] = r.choice(SIZES)
    elif kind == 1:
        shape.insert(r.randint(0, len(shape)), r.choice((1, 1, 2)))
    elif kind == 2 and shape:
        shape.pop(any_of(shape, r))
    else:
        r.shuffle(shape)
    tensor.shape = shape


def an_operand(file: Any, r: random.Random) -> None:
    """Another tensor, none, one more or one less."""
    graph = file.subgraphs[0]
    operator = r.choice(graph.operators)
    inputs, kind = [int(i) for i in operator.inputs], r.randrange(4)
    other = r.choice([-1, -2, len(graph.tensors), *range(len(graph.tensors))])
    if kind == 0:
        inputs.append(other)
    elif kind == 1:
        inputs.pop(any_of(inputs, r))
    elif kind == 2:
        r.shuffle(inputs)
    else:
        inputs[any_of(inputs, r)] = other
    operator.inputs = inputs


def a_result(file: Any, r: random.Random) -> None:
    graph = file.subgraphs[0]
    others = [r.choice([-1, *range(len(graph.tensors))]) for _ in range(r.randrange(3))]
    r.choice([*graph.operators, graph]).outputs = others


def the_order(file: Any, r: random.Random) -> None:
    operators = file.subgraphs[0].operators
    first, second = any_of(operators, r), any_of(operators, r)
    operators[first], operators[second] = operators[second], operators[first]
    if r.random() < 0.3:
        operators.pop(any_of(operators, r))


def an_operator(file: Any, r: random.Random) -> None:
    """What is named, or which of the names it has."""
    r.choice(file.subgraphs[0].operators).opcodeIndex = r.randrange(len(file.operatorCodes) + 1)
    if r.random() < 0.5:
        code = r.choice(file.operatorCodes)
        code.builtinCode = code.deprecatedBuiltinCode = r.randrange(60)


def a_quantization(file: Any, r: random.Random) -> None:
    tensor = r.choice([t for t in file.subgraphs[0].tensors if t.quantization is not None])
    given, kind = tensor.quantization, r.randrange(5)
    if kind == 0:
        given.scale = [r.choice(REALS)] * r.randint(1, 3)
        given.zeroPoint = [r.choice(POINTS)] * len(given.scale)
    elif kind == 1:
        given.zeroPoint = [r.choice(POINTS)] * len(given.scale if given.scale is not None else [])
    elif kind == 2:
        given.quantizedDimension = r.choice(SIZES)
    elif kind == 3:
        given.scale = [r.choice(REALS) for _ in given.scale] if given.scale is not None else None
    else:
        tensor.quantization = None


def an_option(file: Any, r: random.Random) -> None:
    operator = r.choice([op for op in file.subgraphs[0].operators if op.builtinOptions is not None])
    names = [name for name, value in vars(operator.builtinOptions).items() if name[0] != "_"]
    if not names or r.random() < 0.1:
        operator.builtinOptions = None
        operator.builtinOptionsType = 0
        return
    name = r.choice(names)
    value = getattr(operator.builtinOptions, name)
    if isinstance(value, bool):
        setattr(operator.builtinOptions, name, not value)
    elif isinstance(value, float):
        setattr(operator.builtinOptions, name, r.choice(REALS))
    elif isinstance(value, int):
        setattr(operator.builtinOptions, name, r.choice([-1, 0, 1, 2, 3, 5, 100]))


def a_type(file: Any, r: random.Random) -> None:
    tensor = r.choice(file.subgraphs[0].tensors)
    if r.random() < 0.5:
        tensor.type = r.choice([0, 2, 3, 4, 7, 9])
    else:
        tensor.isVariable = not tensor.isVariable


def a_buffer(file: Any, r: random.Random) -> None:
    r.choice(file.subgraphs[0].tensors).buffer = r.randrange(len(file.buffers) + 1)


def numbers(file: Any, r: random.Random) -> None:
    """Of a constant: axes, pads, weights."""
    filled = [b for b in file.buffers if b.data is not None and len(b.data)]
    data = bytearray(bytes(filled[any_of(filled, r)].data))
    for _ in range(r.randint(1, 4)):
        data[any_of(data, r)] = r.randrange(256)
    r.choice(filled).data = list(data)


CHANGES: tuple[Callable[[Any, random.Random], None], ...] = (
    a_shape, an_operand, a_result, the_order, an_operator, a_quantization, an_option, a_type,
    a_buffer, numbers,
)  # fmt: skip


def changed(content: bytes, seed: int) -> bytes | None:
    """One to three changes; none if the file has nothing of that kind."""
    r = Choosing(seed)

    def change(file: Any) -> None:
        for kind in r.sample(CHANGES, r.randint(1, 3)):
            kind(file, r)

    try:
        return rewritten(content, change)
    except NothingThereError:
        return None


def engine_of(content: bytes) -> Engine | None:
    """None if it is refused: in one line, and never in any other way."""
    try:
        return generate(read_graph(content), "0" * 16, "this test")
    except ModelError as error:
        assert "\n" not in str(error) and len(str(error)) < 500
        return None


@cache
def models() -> dict[str, bytes]:
    found = {f"graph {seed}": random_graph(seed) for seed in range(20)}
    return found | {"lstm": model("both ways")}


def test_an_operand_too_many_is_refused() -> None:
    """Else a layer would have a parameter that it does not use."""

    def change(file: Any) -> None:
        operator = file.subgraphs[0].operators[-2]  # the Dense layer before the scores
        operator.inputs = [*operator.inputs, file.subgraphs[0].inputs[0]]

    with pytest.raises(ModelError, match=r"FULLY_CONNECTED. has \d inputs"):
        generate(read_graph(rewritten(model("one"), change)), "0" * 16, "this test")


@pytest.mark.parametrize("part", range(4))
def test_a_changed_structure_is_refused_or_compiles(part: int, tmp_path: Path) -> None:
    """Of those that are not refused, some are compiled, with every warning an error."""
    names = sorted(models())[part::4]
    engines: list[Engine] = []
    for name in names:
        for seed in range(CHANGES_OF_EACH):
            content = changed(models()[name], seed)
            if content is not None and (engine := engine_of(content)) is not None:
                engines.append(engine)
    assert len(engines) > len(names)  # else the changes would say little
    for number, engine in enumerate(random.Random(part).sample(engines, COMPILED)):
        folder = tmp_path / str(number)
        folder.mkdir()
        build_engine(usable(TARGETS["gcc"]), engine, folder, ("-O1",))

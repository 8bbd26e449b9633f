"""Files that are whole, but that an interpreter would read otherwise than we do, or not survive."""

from __future__ import annotations

import copy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convert.errors import ModelError
from convert.graph import read_graph
from convert.rules import check_model
from tests.convert.models import LABELS, family, rewritten
from train.models.keras import tflite_schema
from train.settings.frontend import FrontendConfig

ADD, CONV, MEAN, DENSE, RESHAPE = "ADD", "CONV_2D", "MEAN", "FULLY_CONNECTED", "RESHAPE"
MUTANTS = 60  # of those that the rules let pass, run by both interpreters


def of(model: Any, name: str) -> Any:
    """The first operator of a kind."""
    codes = [getattr(tflite_schema().BuiltinOperator, name)]
    for operator in model.subgraphs[0].operators:
        code = model.operatorCodes[operator.opcodeIndex]
        if max(code.builtinCode, code.deprecatedBuiltinCode) in codes:
            return operator
    raise AssertionError(name)


def offline_plan(model: Any) -> None:
    metadata = tflite_schema().MetadataT()
    metadata.name, metadata.buffer = "OfflineMemoryAllocation", 0
    model.metadata = [metadata]


def idle_constant(model: Any) -> None:
    tensors = model.subgraphs[0].tensors
    tensors.append(copy.copy(tensors[of(model, CONV).inputs[1]]))


def scale(model: Any, tensor: int, value: float) -> None:
    model.subgraphs[0].tensors[tensor].quantization.scale = np.array([value], np.float32)


def scales_of_add(model: Any) -> None:
    for tensor in of(model, ADD).inputs:
        scale(model, tensor, 500.0)
    scale(model, of(model, ADD).outputs[0], 2e-6)


def constant(model: Any, name: str) -> None:
    """The activation becomes a copy of some weights' buffer of the same size."""
    tensor = model.subgraphs[0].tensors[of(model, name).inputs[0]]
    buffer = tflite_schema().BufferT()
    buffer.data = np.zeros(int(np.prod(tensor.shape)), np.uint8)
    model.buffers.append(buffer)
    tensor.buffer = len(model.buffers) - 1


def output_is(model: Any, tensor: int) -> None:
    model.subgraphs[0].outputs = np.array([tensor], np.int32)


def operands(operator: Any, *tensors: int) -> None:
    operator.inputs = np.array(tensors, np.int32)


def axes(model: Any, values: list[int]) -> None:
    tensor = model.subgraphs[0].tensors[of(model, MEAN).inputs[1]]
    model.buffers[tensor.buffer].data = np.array(values, "<i4").view(np.uint8)


REFUSED: dict[str, tuple[Callable[[Any], object], str]] = {
    "a plan of somebody's for the arena": (offline_plan, "has metadata"),
    "a schema of the future": (lambda m: setattr(m, "version", 7), "schema version 7"),
    "a constant that nobody uses": (idle_constant, "never used"),
    "sums beyond their bits": (scales_of_add, "too far apart"),
    "weights at an impossible scale": (
        lambda m: scale(m, of(m, DENSE).inputs[1], 1e20), "scale"),
    "the mean of a constant": (lambda m: constant(m, MEAN), "again"),
    "scores that nothing computes": (lambda m: output_is(m, of(m, DENSE).inputs[1]), "computes"),
    "an input left out": (
        lambda m: operands(of(m, ADD), of(m, ADD).inputs[0], -1), "lacks"),
    "an input too many": (
        lambda m: operands(of(m, CONV), *of(m, CONV).inputs, 0), "4 inputs"),
    "axes beyond the shape": (lambda m: axes(m, [5, 6]), "over the axes"),
    "dimensions kept": (
        lambda m: setattr(of(m, MEAN).builtinOptions, "keepDims", True), "writes"),
    "dense that keeps dimensions": (
        lambda m: setattr(of(m, DENSE).builtinOptions, "keepNumDims", True), "keeps dimensions"),
    "a dilation beyond the input": (
        lambda m: setattr(of(m, CONV).builtinOptions, "dilationHFactor", 65_536), "far beyond"),
    "a stride of nothing": (
        lambda m: setattr(of(m, CONV).builtinOptions, "strideH", 0), "below 1"),
    "a name with a line in it": (
        lambda m: (setattr(m.subgraphs[0].tensors[of(m, ADD).outputs[0]], "name", "a\nb\x1b[2J"),
                   scale(m, of(m, ADD).outputs[0], -1.0)), "a?b?[2J"),
}  # fmt: skip


def check(content: bytes) -> None:
    check_model(read_graph(content), FrontendConfig(), LABELS)


@pytest.mark.parametrize("what", REFUSED)
def test_it_is_refused(what: str) -> None:
    change, message = REFUSED[what]
    check(rewritten(family("tc_resnet"), lambda model: None))  # rewriting alone does no harm
    with pytest.raises(ModelError) as caught:
        check(rewritten(family("tc_resnet"), change))
    assert message in str(caught.value) and "\n" not in str(caught.value)


def mutated(random: np.random.Generator) -> bytes:
    """A whole file with one to three values of its structure changed."""

    def change(model: Any) -> None:
        graph = model.subgraphs[0]
        for _ in range(random.integers(1, 4)):
            tensor = graph.tensors[random.integers(len(graph.tensors))]
            operator = graph.operators[random.integers(len(graph.operators))]
            kind = random.integers(6)
            if kind == 0 and tensor.quantization.scale is not None:
                tensor.quantization.scale = tensor.quantization.scale * random.choice([0.5, 4, 99])
            elif kind == 1 and tensor.quantization.zeroPoint is not None:
                tensor.quantization.zeroPoint = tensor.quantization.zeroPoint + random.integers(9)
            elif kind == 2 and operator.builtinOptions is not None:
                name = random.choice(list(vars(operator.builtinOptions)))
                setattr(operator.builtinOptions, name, int(random.choice([0, 1, 2, 3, 5])))
            elif kind == 3:
                operator.inputs[random.integers(len(operator.inputs))] = random.integers(
                    -1, len(graph.tensors)
                )
            elif kind == 4:
                tensor.isVariable = not tensor.isVariable
            elif tensor.shape is not None and len(tensor.shape):
                tensor.shape[random.integers(len(tensor.shape))] = random.choice([0, 1, 2, 9])

    content = family(("ds_cnn", "tc_resnet", "res_ds")[random.integers(3)])
    return rewritten(content, change)


def test_what_the_rules_let_pass_both_interpreters_survive(tmp_path: Path) -> None:
    """In a process of its own, so that a crash is seen; refusals there are errors of one line."""
    random = np.random.default_rng(0)
    accepted = 0
    for _ in range(40 * MUTANTS):
        try:
            content = mutated(random)
        except (TypeError, ValueError, OverflowError):  # does not fit the format at all
            continue
        try:
            check(content)
        except ModelError:
            continue
        (tmp_path / f"{accepted}.tflite").write_bytes(content)
        accepted += 1
        if accepted == MUTANTS:
            break
    assert accepted > MUTANTS // 2
    done = subprocess.run(
        [sys.executable, "-m", "tests.convert.run_models", str(tmp_path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split()[-1] == str(accepted)

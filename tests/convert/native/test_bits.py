"""The engine computes what TensorFlow Lite Micro computes: every tensor, every bit, everywhere."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from convert.targets import TARGETS, Target
from tests.conftest import usable
from tests.convert.native.comparison import (
    Case,
    build_traced,
    case_of,
    features_of,
    micro_tensors,
    native,
    run_traced,
)
from tests.convert.native.graphs import random_graph
from tests.sweep import sweep
from tools.bench.engine import MODELS
from train.spread.workers import cores

BATCH, BATCHES = 25, 12
SAMPLE = 4  # batches that are enough to find what the rest would find
SANITIZED = ("-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
SANITIZED_BATCHES = 2  # the sanitizers' compilers take their time


@cache
def random_cases(batch: int) -> list[Case]:
    return [case_of(random_graph(batch * BATCH + i), 6) for i in range(BATCH)]


def check_batch(target: str, batch: int, folder: Path, *flags: str) -> None:
    def check(numbered: tuple[int, Case]) -> None:
        number, case = numbered
        run = native(usable(TARGETS[target]), case, folder / str(number), *flags)
        names = [str(operator) for operator in case.graph.operators]
        seed = batch * BATCH + number
        np.testing.assert_array_equal(run.traced, case.tensors, f"seed {seed}: {names}")
        np.testing.assert_array_equal(run.scores, case.scores, f"seed {seed}: {names}")

    with ThreadPoolExecutor(cores()) as pool:
        list(pool.map(check, enumerate(random_cases(batch))))


@pytest.mark.parametrize("batch", sweep(range(BATCHES), SAMPLE))
@pytest.mark.parametrize("host", ["gcc", "clang"])
def test_random_graphs_agree_in_every_tensor(host: str, batch: int, tmp_path: Path) -> None:
    sanitized = host == "gcc" and batch < SANITIZED_BATCHES
    check_batch(host, batch, tmp_path, *(SANITIZED if sanitized else ("-O2",)))


@pytest.mark.parametrize("batch", sweep(range(4), 2))
def test_random_graphs_agree_on_a_cortex_m4f(batch: int, tmp_path: Path) -> None:
    check_batch("cortex-m4f", batch, tmp_path, "-O2")


def test_random_graphs_cover_every_operator() -> None:
    """Else their agreement would say little."""
    cases = [case for batch in range(SAMPLE) for case in random_cases(batch)]
    assert len(cases) >= 100
    names = [operator.name for case in cases for operator in case.graph.operators]
    assert min(names.count(name) for name in set(names)) >= 10
    from convert.native.layers import BUILDERS

    assert set(BUILDERS) <= set(names)
    values = np.concatenate([case.tensors.ravel() for case in cases])
    assert ((values > -128) & (values < 127)).mean() > 0.5  # most are not saturated
    assert ((values == -128) | (values == 127)).mean() > 0.05  # some are


@cache
def default_case() -> Case:
    return case_of(MODELS["ds_cnn"](), 100)


def test_the_default_model_agrees_everywhere(target: Target, tmp_path: Path) -> None:
    case = default_case()
    run = native(target, case, tmp_path, "-O2")
    np.testing.assert_array_equal(run.traced, case.tensors)
    np.testing.assert_array_equal(run.scores, case.scores)


@pytest.mark.parametrize("hundreds", [5, pytest.param(20, marks=pytest.mark.slow)])
def test_the_default_model_agrees_on_many_windows(hundreds: int, tmp_path: Path) -> None:
    """In every tensor: an untrained model's scores alone would say little."""
    content, graph = MODELS["ds_cnn"](), default_case().graph
    gcc = usable(TARGETS["gcc"])
    program = build_traced(gcc, graph, tmp_path, "-O2")

    def check(part: int) -> int:
        inputs = features_of(graph, 100, seed=part)
        case = Case(graph, inputs, *micro_tensors(content, graph, inputs))
        folder = tmp_path / str(part)  # of its own: input and output lie beside the program
        folder.mkdir()
        run = run_traced(gcc, Path(shutil.copy(program, folder)), case)
        np.testing.assert_array_equal(run.traced, case.tensors)
        np.testing.assert_array_equal(run.scores, case.scores)
        return int((case.tensors != case.tensors[0]).any(axis=0).sum())  # that windows differ in

    with ThreadPoolExecutor(cores()) as pool:
        varied = list(pool.map(check, range(hundreds)))
    assert min(varied) > default_case().tensors.shape[1] // 4


@pytest.mark.parametrize("name", ["mlperf_ds_cnn", "tc_resnet", "res_ds", "tcn", "mel_stream"])
def test_other_models_agree_on_a_cortex_m4f_and_here(name: str, tmp_path: Path) -> None:
    case = case_of(MODELS[name](), 30)
    for target, flags in (("gcc", SANITIZED), ("clang", ("-O2",)), ("cortex-m4f", ("-O2",))):
        run = native(usable(TARGETS[target]), case, tmp_path / target, *flags)
        np.testing.assert_array_equal(run.traced, case.tensors, target)
        np.testing.assert_array_equal(run.scores, case.scores, target)


@pytest.mark.parametrize("level", ["-O0", "-Og", "-O1", "-Os", "-O3"])
def test_the_compilers_optimization_changes_no_bit(level: str, tmp_path: Path) -> None:
    """Nor does it fail: the assembly takes nearly all registers."""
    case = case_of(MODELS["mlperf_ds_cnn"](), 3)
    run = native(usable(TARGETS["cortex-m4f"]), case, tmp_path, level)
    np.testing.assert_array_equal(run.traced, case.tensors)

"""Channels without weights are not computed, inputs that no weight reads are not fetched; the bits
stay."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convert.graph import Graph, read_graph
from convert.native.engine import generate
from convert.targets import TARGETS
from tests.conftest import usable
from tests.convert.models import rewritten
from tests.convert.native.comparison import case_of, native
from tools.bench.engine import measure, mlperf_ds_cnn


@cache
def narrowed(share: float) -> bytes:
    """MLPerf's model, of whose 64 channels a share has no weights, and none that reads it."""
    lost = np.random.default_rng(0).permutation(64)[: round(64 * share)]
    graph = read_graph(mlperf_ds_cnn())

    def change(file: Any) -> None:
        for operator in graph.operators:
            if operator.name not in ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"):
                continue
            number = operator.inputs[1]
            buffer = file.buffers[file.subgraphs[0].tensors[number].buffer]
            weights = np.array(buffer.data, np.uint8).view(np.int8)
            weights = weights.reshape(graph.tensors[number].shape)
            if operator.name == "CONV_2D":
                weights[lost] = 0
            if weights.shape[-1] == 64:
                weights[..., lost] = 0
            buffer.data = weights.view(np.uint8).ravel()

    return rewritten(mlperf_ds_cnn(), change)


def source(graph: Graph) -> str:
    return generate(graph, "0" * 16, "this test").files["kws_engine.c"]


@pytest.mark.parametrize("target", ["gcc", "clang", "cortex-m4f"])
def test_it_computes_the_same(target: str, tmp_path: Path) -> None:
    case = case_of(narrowed(0.5), 3)
    assert "has_constants" in source(case.graph) and ".reads = reads" in source(case.graph)
    run = native(usable(TARGETS[target]), case, tmp_path, "-O2")
    np.testing.assert_array_equal(run.traced, case.tensors)
    np.testing.assert_array_equal(run.scores, case.scores)


def test_half_of_the_channels_cost_less_than_half(tmp_path: Path) -> None:
    models = {"all": mlperf_ds_cnn(), "half": narrowed(0.5)}
    found = measure(models, ["cortex-m4f"], tmp_path)["models"]
    whole, half = (found[name]["targets"]["cortex-m4f"] for name in models)
    assert half["instr"] < 0.5 * whole["instr"]
    # rows of zeros stay in the table, columns do not
    assert half["flash_bytes"]["weights"] < 0.75 * whole["flash_bytes"]["weights"]

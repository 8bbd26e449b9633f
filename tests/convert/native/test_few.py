"""Blocks of channels, as a step of a stream has them."""

import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from convert.graph import read_graph
from convert.native.few import in_blocks
from convert.native.layers import layer_of
from tests.convert.native.graphs import Writer
from tests.convert.native.temporal import random_temporal
from tests.convert.native.test_streaming import BATCH, SAMPLE, check, spoken, stream_of


def test_random_networks_over_time_need_every_kind_of_block() -> None:
    found: Counter[str] = Counter()
    for seed in range(SAMPLE * BATCH):
        content, step = random_temporal(seed)
        source = stream_of(read_graph(content), step).files["kws_engine_stream.c"]
        for places in re.findall(r"kws_few\([^;]*, (\d)\);", " ".join(source.split())):
            found[f"{places} places"] += 1
        found["depthwise"] += source.count("kws_few_depthwise(")
        found["tiles"] += source.count("kws_conv(")
    assert min(found[f"{places} places"] for places in (1, 2, 3)) >= 10
    assert min(found["depthwise"], found["tiles"]) >= 3


@pytest.mark.parametrize("level", ["-Og", "-O1", "-Os", "-O3"])
def test_a_step_compiles_at_any_level_and_agrees(level: str, tmp_path: Path) -> None:
    """The assembly takes nearly all registers."""
    check("cortex-m4f", spoken("mel_stream")[1], 2, tmp_path, level, steps=3)


def dense(weight: int, inputs: int) -> str:
    """What computes a Dense layer of equal weights."""
    w = Writer(np.random.default_rng(0))
    x = w.value((1, inputs), 0.05, 3)
    weights = np.full((8, inputs), weight, np.int8)
    kernel = w.tensor(weights.shape, "INT8", [0.01], [0], weights)
    y = w.operator("FULLY_CONNECTED", [x.number, kernel], w.value((1, 8), 1.0),
                   "FullyConnectedOptions", fusedActivationFunction=0, weightsFormat=0)  # fmt: skip
    graph = read_graph(w.file(x, y))
    (operator,) = graph.operators
    return in_blocks(graph, operator, layer_of(graph, operator)).statement[0].partition("(")[0]


@pytest.mark.parametrize(
    ("weight", "inputs", "kernel"),
    [
        (127, 400, "kws_few"),
        (127, 600, "kws_conv"),  # sums would not fit 24 bits
        (-127, 40, "kws_few"),
        (-128, 40, "kws_conv"),  # two weights would not fit 16 bits
    ],
)
def test_what_does_not_fit_is_not_in_blocks(weight: int, inputs: int, kernel: str) -> None:
    assert dense(weight, inputs) == kernel

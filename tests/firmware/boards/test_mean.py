"""The MEAN that firmware gives to TensorFlow Lite Micro computes what the newest one computes.

The library that PlatformIO fetches does not: it is of 2023, and in no package index."""

from __future__ import annotations

import ctypes
import subprocess
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from convert.graph import read_graph
from tests.convert.native.comparison import inputs_of, micro_tensors
from tests.convert.native.graphs import Writer
from tests.firmware.boards.test_boards import INCLUDE
from tests.firmware.library import LIB, STRICT

STRICT_CXX = ("-std=c++11", *STRICT[1:])


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    made = tmp_path_factory.mktemp("mean") / "mean.so"
    folders = [f"-I{folder}" for folder in (LIB / "engine", INCLUDE / "tflm")]
    source = str(Path(__file__).parent / "mean.cc")
    command = ["g++", *STRICT_CXX, *folders, "-fPIC", "-shared", source, "-o", str(made)]
    subprocess.run(command, check=True)
    return ctypes.CDLL(str(made))


def ours(
    library: ctypes.CDLL, shape: tuple[int, ...], scales: list[float], zeros: list[int],
    values: NDArray[np.int8], channels: int,
) -> tuple[int, NDArray[np.int8]]:  # fmt: skip
    """The code of a failure, and the means."""
    out = np.zeros(max(channels, 1), np.int8)
    integers = ctypes.c_int32 * 4
    code = library.mean(
        integers(*shape), (ctypes.c_float * 2)(*scales), (ctypes.c_int32 * 2)(*zeros), channels,
        values.ctypes.data_as(ctypes.c_char_p), out.ctypes.data_as(ctypes.c_char_p),
    )  # fmt: skip
    return code, out


def test_every_mean_is_that_of_the_newest_library(library: ctypes.CDLL) -> None:
    same_scale, rounded_down = 0, 0
    for seed in range(60):
        w = Writer(np.random.default_rng(seed))
        source = w.value((1, w.pick(1, 26), w.pick(1, 9), w.pick(1, 7)))
        # the same scale and zero point is where libraries of 2023 drop the fraction
        same = w.chance(0.3)
        scale = source.scale * (1 if same else 2.0 ** w.random.uniform(-3, 6))
        channels = source.shape[3]
        result = w.value((1, channels), scale, source.zero if same else None)
        axes = w.tensor((2,), "INT32", data=np.array([1, 2], np.int32))
        w.operator("MEAN", [source.number, axes], result, "ReducerOptions", keepDims=False)
        content = w.file(source, result)
        graph = read_graph(content)
        inputs = inputs_of(graph, 6, seed)
        _, expected = micro_tensors(content, graph, inputs)
        for one, want in zip(inputs, expected, strict=True):
            code, got = ours(library, source.shape, [source.scale, result.scale],
                             [source.zero, result.zero], one, channels)  # fmt: skip
            assert code == 0
            np.testing.assert_array_equal(got, want, f"seed {seed}")
            sums = one.astype(int).reshape(source.shape).sum((0, 1, 2))
            dropped = np.trunc(sums / (source.shape[1] * source.shape[2]))
            rounded_down += int(same and bool((dropped != want).any()))
        same_scale += same
    assert same_scale > 5 and rounded_down > 5  # else the test could not tell them apart


def test_a_shape_that_it_does_not_know_is_refused(library: ctypes.CDLL) -> None:
    values = np.zeros(64, np.int8)
    for shape, channels in (((2, 3, 3, 2), 2), ((1, 3, 3, 2), 3), ((1, 0, 3, 2), 2)):
        assert ours(library, shape, [0.5, 0.5], [0, 0], values, channels)[0] == 3
    assert ours(library, (1, 3, 3, 2), [0.5, 0.5], [0, 0], values, 2)[0] == 0

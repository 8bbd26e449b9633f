"""TensorFlow Lite Micro's every tensor, and the engine's, for the same inputs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convert.graph import Graph, read_graph
from convert.native.engine import RENAMED, generate
from convert.targets import Target
from convert.targets.engine import Run, build_engine, run_engine
from train.models.keras import quiet

ARENA = 1 << 20


@dataclass(frozen=True)
class Case:
    graph: Graph
    inputs: NDArray[np.int8]  # [windows, values]
    tensors: NDArray[np.int8]  # [windows, values of all layers one after another]
    scores: NDArray[np.int8]  # [windows, labels]


def case_of(content: bytes, windows: int, seed: int = 0) -> Case:
    graph = read_graph(content)
    inputs = inputs_of(graph, windows, seed)
    tensors, scores = micro_tensors(content, graph, inputs)
    return Case(graph, inputs, tensors, scores)


def inputs_of(graph: Graph, windows: int, seed: int) -> NDArray[np.int8]:
    """Uniform, then extreme, then near the middle."""
    random = np.random.default_rng(seed)
    size = graph.tensors[graph.input].elements
    uniform = random.integers(-128, 128, (windows, size))
    extreme = random.choice([-128, 127], (windows, size))
    middle = random.normal(0, 30, (windows, size)).round()
    kinds = np.arange(windows) % 3
    chosen = np.select([kinds[:, None] == 0, kinds[:, None] == 1], [uniform, extreme], middle)
    return np.clip(chosen, -128, 127).astype(np.int8)


def features_of(graph: Graph, windows: int, seed: int) -> NDArray[np.int8]:
    """As those of speech are: standardized."""
    source = graph.tensors[graph.input]
    values = np.random.default_rng(seed).normal(size=(windows, source.elements))
    return np.clip(np.round(values / source.scale) + source.zero_point, -128, 127).astype(np.int8)


def micro_tensors(
    content: bytes, graph: Graph, inputs: NDArray[np.int8]
) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """What TensorFlow Lite Micro has in every tensor that the engine makes, and its output."""
    from tflite_micro.python.tflite_micro import runtime

    made = [op.outputs[0] for op in graph.operators if op.name not in RENAMED]
    with quiet():
        interpreter: Any = runtime.Interpreter.from_bytes(
            content,
            arena_size=ARENA,
            intrepreter_config=runtime.InterpreterConfig.kPreserveAllTensors,
        )
        tensors, scores = [], []
        for one in inputs:
            interpreter.reset()  # an LSTM's states; else it would go on where it was
            interpreter.set_input(one.reshape(graph.tensors[graph.input].shape), 0)
            interpreter.invoke()
            values = [interpreter.GetTensor(i, 0)["tensor_data"].ravel() for i in made]
            tensors.append(np.concatenate(values).copy())
            scores.append(interpreter.get_output(0).ravel().copy())
    return np.stack(tensors), np.stack(scores)


def native(target: Target, case: Case, folder: Path, *flags: str) -> Run:
    return run_traced(target, build_traced(target, case.graph, folder, *flags), case)


def build_traced(target: Target, graph: Graph, folder: Path, *flags: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    engine = generate(graph, "0123456789abcdef", "this test", traced=True)
    return build_engine(target, engine, folder, (*flags, "-DKWS_ENGINE_TRACE"))


def run_traced(target: Target, program: Path, case: Case) -> Run:
    labels, traced = case.scores.shape[1], case.tensors.shape[1]
    return run_engine(target, program, case.inputs, labels, traced)

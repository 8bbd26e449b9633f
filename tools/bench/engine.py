"""What the native engine costs: instructions, flash, memory and stack, a model and target at a
time."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from convert.graph import read_graph
from convert.native.engine import generate
from convert.operators import macs
from tools.targets import TARGETS
from tools.targets.engine import build_engine, code_bytes, run_engine
from train.features.config import FrontendConfig
from train.keras import keras
from train.models.parts import depthwise, normalized
from train.models.registry import build_model
from train.recipe import calibrate, fix_seeds, to_tflite, with_quantizers

COUNTED = tuple(name for name, target in TARGETS.items() if target.counts_instructions)
LABELS = 12
WIDTHS = (12, 6, 7, 8, 7, 6)  # of the table's columns


def untrained(model: keras.Model) -> bytes:
    """int8 with scales of random standardized features; what it computes costs as much as if it had
    been trained."""
    random = np.random.default_rng(0)
    aware = with_quantizers(model)
    shape = (16, *model.input_shape[1:])
    calibrate(aware, [random.normal(size=shape).astype(np.float32) for _ in range(10)])
    return to_tflite(aware)


@cache
def mlperf_ds_cnn() -> bytes:
    """The shape of MLPerf Tiny's keyword spotting: DS-CNN, four blocks of 64 channels, 49x10."""
    fix_seeds(0)
    inputs = keras.Input((49, 10, 1))
    x = normalized(keras.layers.Conv2D(64, (10, 4), 2, padding="same", use_bias=False)(inputs))
    for _ in range(4):
        x = normalized(depthwise(x, (3, 3)))
        x = normalized(keras.layers.Conv2D(64, 1, use_bias=False)(x))
    x = keras.layers.Flatten()(keras.layers.AveragePooling2D((25, 5))(x))
    outputs = keras.layers.Softmax()(keras.layers.Dense(LABELS)(x))
    return untrained(keras.Model(inputs, outputs))


@cache
def family(name: str) -> bytes:
    fix_seeds(0)
    return untrained(build_model(name, FrontendConfig().shape, LABELS, 63_000))


MODELS: Mapping[str, Callable[[], bytes]] = {
    "ds_cnn": lambda: family("ds_cnn"),
    "tc_resnet": lambda: family("tc_resnet"),
    "res_ds": lambda: family("res_ds"),
    "mlperf_ds_cnn": mlperf_ds_cnn,
}


def measure(
    models: Mapping[str, bytes], targets: Sequence[str] = COUNTED, folder: Path | None = None
) -> dict[str, Any]:
    """Per model and target, of one window of random features."""
    with tempfile.TemporaryDirectory() as temporary:
        place = folder or Path(temporary)
        return {
            "compiled": "-O2",
            "models": {name: _model(content, targets, place) for name, content in models.items()},
        }


def _model(content: bytes, targets: Sequence[str], folder: Path) -> dict[str, Any]:
    graph = read_graph(content)
    engine = generate(graph, "0" * 16, "python -m tools.bench engine")
    total = sum(macs(graph, operator) for operator in graph.operators)
    inputs, scores = (graph.tensors[i].elements for i in (graph.input, graph.output))
    features = np.random.default_rng(0).integers(-128, 128, (1, inputs)).astype(np.int8)
    found = {}
    for name in targets:
        target = TARGETS[name]
        program = build_engine(target, engine, folder)
        run = run_engine(target, program, features, scores)
        code, constants = code_bytes(target, engine, folder)
        instructions = int(run.instructions[0])
        found[name] = {
            "instr": instructions,
            "instr_per_mac": round(instructions / max(1, total), 3),
            "flash_bytes": {"code": code, "weights": constants},
            "ram_bytes": engine.scratch_bytes + inputs + scores,
            "stack_bytes": run.stack_bytes,
        }
    return {"macs": total, "targets": found}


def describe(result: Mapping[str, Any]) -> str:
    lines = [
        f"{'':30} {'instr':>12} {'/MAC':>6} {'code':>7} {'weights':>8} {'RAM':>7} {'stack':>6}"
    ]
    for name, model in result["models"].items():
        lines.append(f"{name}, {model['macs']:,} MACs")
        for target, n in model["targets"].items():
            flash = n["flash_bytes"]
            lines.append(
                f"  {target:28} {n['instr']:12,} {n['instr_per_mac']:6.2f} {flash['code']:7,} "
                f"{flash['weights']:8,} {n['ram_bytes']:7,} {n['stack_bytes']:6,}"
            )
    lines.append("instructions of one window, bytes; weights with biases and factors; RAM with")
    lines.append(f"features and scores, without stack; compiled with {result['compiled']}")
    return "\n".join(lines)

"""Cost of the native engine: instructions, flash, memory and stack, per model and target."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convert.graph import read_graph
from convert.native.engine import generate
from convert.operators import macs
from convert.targets import TARGETS
from convert.targets.engine import build_engine, code_bytes, run_engine
from train.fit.recipe import calibrate, fix_seeds, to_tflite, with_quantizers
from train.models.keras import keras
from train.models.parts import depthwise, normalized
from train.models.registry import FAMILIES, build_model
from train.settings.frontend import FrontendConfig

COUNTED = tuple(name for name, target in TARGETS.items() if target.counts_instructions)
LABELS = 12


def untrained(model: keras.Model) -> bytes:
    """Converts the model to int8, calibrated on random standardized features. Inference costs as
    much as if it had been trained."""
    random = np.random.default_rng(0)
    shape = (16, *model.input_shape[1:])
    batches = [random.normal(size=shape).astype(np.float32) for _ in range(30)]
    for batch in batches:
        model(batch, training=True)  # sets the means of the normalization layers
    _decide(model, np.concatenate(batches[:10]))
    aware = with_quantizers(model)
    calibrate(aware, batches[:10])
    return to_tflite(aware)


def _decide(model: keras.Model, features: NDArray[np.float32]) -> None:
    """Spreads logits around 0 as after training; otherwise softmax would equalize all scores."""
    dense = next(layer for layer in model.layers if isinstance(layer, keras.layers.Dense))
    logits = keras.Model(model.inputs, dense.output)(features, training=False).numpy()
    kernel, bias = dense.get_weights()
    spread = 3 / logits.std(axis=0)
    dense.set_weights([kernel * spread, (bias - logits.mean(axis=0)) * spread])


@cache
def mlperf_ds_cnn() -> bytes:
    """The MLPerf Tiny keyword-spotting shape: DS-CNN, four blocks of 64 channels, 49x10."""
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
    "tcn": lambda: family("tcn"),
    "mel_stream": lambda: family("mel_stream"),
    "mlperf_ds_cnn": mlperf_ds_cnn,
}


def measure(
    models: Mapping[str, bytes], targets: Sequence[str] = COUNTED, folder: Path | None = None
) -> dict[str, Any]:
    """Measures one window of random features, per model and target."""
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


def per_mac(result: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Returns instructions per MAC of our families, for estimates."""
    return {
        name: {target: round(n["instr_per_mac"], 2) for target, n in model["targets"].items()}
        for name, model in result["models"].items()
        if name in FAMILIES
    }


def describe(result: Mapping[str, Any]) -> str:
    """Formats a table for the terminal and for docs/results.md."""
    titles = ("model", "target", "instructions", "per MAC", "code", "weights", "RAM", "stack")
    rows = [titles, *_rows(result)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(titles))]

    def line(row: Sequence[str]) -> str:
        cells = (
            cell.ljust(width) if i < 2 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        return f"| {' | '.join(cells)} |"

    rule = ["-" * width if i < 2 else "-" * (width - 1) + ":" for i, width in enumerate(widths)]
    return "\n".join([line(titles), line(rule), *map(line, rows[1:])]) + (
        "\n\nInstructions per window; sizes in bytes. Weights include biases, factors and "
        "tables; RAM includes features and\nscores, but not the stack. Random features, "
        f"gcc {result['compiled']}, QEMU; our own models are untrained."
    )


def _rows(result: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for name, model in result["models"].items():
        for target, n in model["targets"].items():
            yield (
                f"{name}, {model['macs']:,} MACs", target, f"{n['instr']:,}",
                f"{n['instr_per_mac']:.2f}", f"{n['flash_bytes']['code']:,}",
                f"{n['flash_bytes']['weights']:,}", f"{n['ram_bytes']:,}",
                f"{n['stack_bytes']:,}",
            )  # fmt: skip

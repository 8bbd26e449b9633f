"""Cost of the stream engine compared with the windowed one: per decision, per hop, and memory."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from convert.errors import ModelError
from convert.graph import Graph, read_graph
from convert.native.streaming import Stream, stream
from convert.operators import macs
from convert.targets import TARGETS
from convert.targets.engine import section_bytes
from convert.targets.stream import build_stream, run_stream
from tools.bench.engine import COUNTED
from train.pages.markdown import markdown

STEPS = (10, 2)  # frames: a decision every 200 ms, as of whole windows, and every 40 ms


def measure(
    models: Mapping[str, bytes],
    windowed: Mapping[str, Any],
    targets: Sequence[str] = COUNTED,
    folder: Path | None = None,
) -> dict[str, Any]:
    """Measures each model, step and target; `windowed` holds the tools.bench.engine results."""
    found: dict[str, Any] = {"steps": {}, "refused": {}}
    with tempfile.TemporaryDirectory() as temporary:
        for name, content in models.items():
            graph = read_graph(content)
            for frames in STEPS:
                try:
                    made = stream(graph, frames, "0" * 16, "python -m tools.bench engine")
                except ModelError as error:
                    found["refused"].setdefault(name, str(error))
                    continue
                steps = found["steps"].setdefault(name, {})
                steps[frames] = _step(
                    made, graph, windowed["models"][name], targets, folder or Path(temporary)
                )
    return found


def _step(
    made: Stream, graph: Graph, windowed: Mapping[str, Any], targets: Sequence[str], folder: Path
) -> dict[str, Any]:
    inputs, scores = (made.graph.tensors[i].elements for i in (graph.input, graph.output))
    random = np.random.default_rng(0)
    frames = random.integers(-128, 128, (1, made.first + 1, inputs)).astype(np.int8)
    rows = {}
    for name in targets:
        program = build_stream(TARGETS[name], made, folder)
        run = run_stream(TARGETS[name], program, frames, scores)
        code, _ = section_bytes(TARGETS[name], folder / "kws_engine_stream.c")
        whole = windowed["targets"][name]
        rows[name] = {
            "instr": int(run.instructions[0, -1]),
            "instr_per_hop": round(int(run.instructions[0, -1]) / made.step_frames),
            "windowed_instr": whole["instr"],
            "windowed_instr_per_hop": round(whole["instr"] / made.step_frames),
            "code_bytes": code,
            "ram_bytes": made.state_bytes + made.scratch_bytes + inputs + scores,
            "windowed_ram_bytes": whole["ram_bytes"],
            "stack_bytes": run.stack_bytes,
        }
    return {
        "macs": sum(macs(made.graph, operator) for operator in made.graph.operators),
        "state_bytes": made.state_bytes,
        "targets": rows,
    }


def describe(result: Mapping[str, Any]) -> str:
    """Formats a table for the terminal and for docs/results.md."""
    titles = ["model", "frames per step", "target", "instructions", "windowed", "per hop",
              "windowed", "RAM", "windowed", "code", "stack"]  # fmt: skip
    parts = []
    if result["steps"]:
        parts.append(markdown([titles, *_rows(result)]))
        parts.append(
            "Instructions per decision, and per hop (20 ms, one frame) on average: of the stream\n"
            "engine, and of a windowed engine that decides as often. RAM includes features, state\n"
            "and scores."
        )
    for name, reason in result["refused"].items():
        parts.append(f"{name}: {reason}.")
    return "\n\n".join(parts)


def _rows(result: Mapping[str, Any]) -> Iterator[list[str]]:
    for name, steps in result["steps"].items():
        for frames, step in steps.items():
            for target, n in step["targets"].items():
                numbers = (
                    n["instr"], n["windowed_instr"], n["instr_per_hop"],
                    n["windowed_instr_per_hop"], n["ram_bytes"], n["windowed_ram_bytes"],
                    n["code_bytes"], n["stack_bytes"],
                )  # fmt: skip
                about = f"{name}, {step['macs']:,} MACs per step"
                yield [about, str(frames), target, *(f"{number:,}" for number in numbers)]

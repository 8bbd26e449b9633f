"""Instructions per second of audio, and the share of a processor that they take."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from convert.bundle import DEFAULTS, decision_ms, stream_of
from convert.native.streaming import Stream
from convert.source import Source
from convert.targets import TARGETS
from convert.targets.stream import build_stream, run_stream
from tools.bench.engine import measure as measure_engine
from tools.bench.frontend import measure_cost
from tools.bench.speech import speech_windows
from train.pages.markdown import markdown

WHOLE_MS = DEFAULTS.decision_ms  # between decisions of an engine that takes whole windows
# at one instruction per cycle, the maximum of these processors; flash may make them wait
BOARDS = (("Nano 33 BLE", "cortex-m4f", 64), ("ESP32", "xtensa-lx106", 240))  # MHz


@dataclass(frozen=True)
class Share:
    board: str
    target: str
    frontend: int  # instructions per second of audio
    network: int  # the same, during continuous speech
    megahertz: int
    decisions: float  # per second
    stream: bool  # whether the network runs as a stream

    @property
    def share(self) -> float:
        return (self.frontend + self.network) / (self.megahertz * 1e6)


def shares(source: Source) -> list[Share]:
    config = source.config
    windows, _ = speech_windows(None, 10, config.sample_rate, config.window)
    frames = measure_cost(config, windows)["instr_per_frame"]
    streamed = stream_of(source)
    stream = isinstance(streamed, Stream)
    networks = _steps(streamed) if isinstance(streamed, Stream) else _windows(source)
    period = decision_ms(streamed, config) if isinstance(streamed, Stream) else WHOLE_MS
    hops, decisions = config.sample_rate / config.hop, 1000 / period
    return [
        Share(
            board,
            target,
            round(hops * frames[target]),
            round(decisions * networks[target]),
            megahertz,
            decisions,
            stream,
        )
        for board, target, megahertz in BOARDS
    ]


def _windows(source: Source) -> dict[str, int]:
    """Instructions per run of the engine, by target."""
    targets = [target for _, target, _ in BOARDS]
    found = measure_engine({"bundle": source.content}, targets)["models"]["bundle"]["targets"]
    return {target: found[target]["instr"] for target in targets}


def _steps(streamed: Stream) -> dict[str, int]:
    """Instructions per step that gives scores, by target; they hardly depend on the features."""
    graph = streamed.graph
    inputs, scores = (graph.tensors[i].elements for i in (graph.input, graph.output))
    random = np.random.default_rng(0)
    frames = random.integers(-128, 128, (1, streamed.first + 1, inputs)).astype(np.int8)
    found = {}
    for _, name, _ in BOARDS:
        with tempfile.TemporaryDirectory() as folder:
            program = build_stream(TARGETS[name], streamed, Path(folder))
            run = run_stream(TARGETS[name], program, frames, scores)
        found[name] = int(run.instructions[0, -1])
    return found


def describe(found: list[Share]) -> str:
    rows = [["instructions per second of audio", "front end", "network", "both", "share of"]]
    for one in found:
        numbers = (one.frontend, one.network, one.frontend + one.network)
        millions = [f"{number / 1e6:.1f} million" for number in numbers]
        rows.append([f"{one.board}: emulated {one.target}", *millions,
                     f"{100 * one.share:.1f} % of {one.megahertz} MHz"])  # fmt: skip
    first = found[0]
    engine = "Native engine as a stream" if first.stream else "Native engine"
    return (
        f"{markdown(rows)}\n\n{engine}, {first.decisions:g} decisions per second, network always "
        "on."
    )

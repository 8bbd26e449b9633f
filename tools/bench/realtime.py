"""Instructions per second of audio, and the share of a processor that they take."""

from __future__ import annotations

from dataclasses import dataclass

from convert.detector import Detector
from convert.source import Source
from tools.bench.engine import measure as measure_engine
from tools.bench.frontend import measure_cost
from tools.bench.speech import speech_windows
from train.pages.markdown import markdown

# at one instruction per cycle, the maximum of these processors; flash may make them wait
BOARDS = (("Nano 33 BLE", "cortex-m4f", 64), ("ESP32", "xtensa-lx106", 240))  # MHz


@dataclass(frozen=True)
class Share:
    board: str
    target: str
    frontend: int  # instructions per second of audio
    network: int  # the same, during continuous speech
    megahertz: int

    @property
    def share(self) -> float:
        return (self.frontend + self.network) / (self.megahertz * 1e6)


def shares(source: Source) -> list[Share]:
    config = source.config
    windows, _ = speech_windows(None, 10, config.sample_rate, config.window)
    frames = measure_cost(config, windows)["instr_per_frame"]
    targets = [target for _, target, _ in BOARDS]
    networks = measure_engine({"bundle": source.content}, targets)["models"]["bundle"]["targets"]
    hops = config.sample_rate / config.hop
    decisions = 1000 / Detector().decision_ms
    return [
        Share(
            board,
            target,
            round(hops * frames[target]),
            round(decisions * networks[target]["instr"]),
            megahertz,
        )
        for board, target, megahertz in BOARDS
    ]


def describe(found: list[Share]) -> str:
    rows = [["instructions per second of audio", "front end", "network", "both", "share of"]]
    for one in found:
        numbers = (one.frontend, one.network, one.frontend + one.network)
        millions = [f"{number / 1e6:.1f} million" for number in numbers]
        rows.append([f"{one.board}: emulated {one.target}", *millions,
                     f"{100 * one.share:.1f} % of {one.megahertz} MHz"])  # fmt: skip
    decisions = 1000 // Detector().decision_ms
    return (
        f"{markdown(rows)}\n\nNative engine, {decisions} decisions per second, network always on."
    )

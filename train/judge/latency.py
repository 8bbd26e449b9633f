"""How long the native engine takes for a window, estimated from what emulated boards counted.

Nothing here is measured on a chip, and one instruction is taken for one cycle.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from train.cache import write_whole


@dataclass(frozen=True)
class Board:
    name: str
    hertz: float
    target: str  # the emulated processor whose instructions were counted


NANO = Board("Nano 33 BLE", 64e6, "cortex-m4f")
ESP32 = Board("ESP32", 240e6, "xtensa-lx106")
BOARDS = (NANO, ESP32)
COMMAND = "python -m tools.bench engine"  # its --write counts, and writes COUNTS
COUNTS = Path(__file__).with_name("instructions.json")


@cache
def _counts() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(COUNTS.read_text())
    return found


def instructions_per_mac() -> dict[str, dict[str, float]]:
    """Of the native engine, by family and target."""
    found: dict[str, dict[str, float]] = _counts()["instructions_per_mac"]
    return found


def quoted(interpreter: str) -> float:
    """Instructions per multiplication of TensorFlow Lite Micro, counted once or published."""
    return float(_counts()["quoted"][interpreter]["instructions_per_mac"])


def write_counts(counts: dict[str, dict[str, float]]) -> None:
    """What others need stays as it is."""
    tree = _counts() | {"made_by": f"{COMMAND} --write", "instructions_per_mac": counts}
    write_whole(COUNTS, (json.dumps(tree, indent=2) + "\n").encode())


def estimate(family: str, macs: int, board: Board) -> float | None:
    """Seconds for a window, without the front end; None for a family that nobody counted."""
    each = instructions_per_mac().get(family, {}).get(board.target)
    return None if each is None else macs * each / board.hertz

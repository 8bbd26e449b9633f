"""Estimates how long the native engine takes per window, from instructions counted on emulated
boards.

Nothing here is measured on a chip; one instruction is assumed to take one cycle.
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
COMMAND = "python -m tools.bench engine"  # with --write it counts, and writes COUNTS
COUNTS = Path(__file__).with_name("instructions.json")


@cache
def _counts() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(COUNTS.read_text())
    return found


def instructions_per_mac() -> dict[str, dict[str, float]]:
    """Instructions per MAC of the native engine, by family and target."""
    found: dict[str, dict[str, float]] = _counts()["instructions_per_mac"]
    return found


def quoted(interpreter: str) -> float:
    """Instructions per multiplication of TensorFlow Lite Micro, counted once or from
    publications."""
    return float(_counts()["quoted"][interpreter]["instructions_per_mac"])


def write_counts(counts: dict[str, dict[str, float]]) -> None:
    """Writes new counts of the native engine; the other values stay as they are."""
    tree = _counts() | {"made_by": f"{COMMAND} --write", "instructions_per_mac": counts}
    write_whole(COUNTS, (json.dumps(tree, indent=2) + "\n").encode())


def estimate(family: str, macs: int, board: Board) -> float | None:
    """Seconds per window without the front end, or None for a family that was not counted."""
    each = instructions_per_mac().get(family, {}).get(board.target)
    return None if each is None else macs * each / board.hertz

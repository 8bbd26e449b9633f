"""How long the native engine takes for a window, estimated from what emulated boards counted.

Nothing here is measured on a chip, and an instruction is taken for a cycle.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Board:
    name: str
    hertz: float
    target: str  # the emulated processor whose instructions were counted


NANO = Board("Nano 33 BLE", 64e6, "cortex-m4f")
ESP32 = Board("ESP32", 240e6, "xtensa-lx106")
BOARDS = (NANO, ESP32)
COMMAND = "python -m tools.bench engine"  # counted these; docs/results.md has them
# instructions for each multiplication (MAC), by family and target
INSTRUCTIONS = {
    "ds_cnn": {"cortex-m4f": 1.15, "xtensa-lx106": 7.75},
    "tc_resnet": {"cortex-m4f": 1.19, "xtensa-lx106": 6.77},
    "res_ds": {"cortex-m4f": 1.42, "xtensa-lx106": 7.54},
    "tcn": {"cortex-m4f": 1.16, "xtensa-lx106": 6.73},
}


def estimate(family: str, macs: int, board: Board) -> float | None:
    """Seconds for a window, without the front end; None for a family that nobody counted."""
    each = INSTRUCTIONS.get(family, {}).get(board.target)
    return None if each is None else macs * each / board.hertz

"""Live display: bars that are redrawn in place, on a terminal only."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TextIO

WIDTH = 40  # of a bar, in characters
QUIETEST = -70  # dB at a bar's left end
EIGHTHS = " ▏▎▍▌▋▊▉"
UP, CLEAR = "\x1b[{}A", "\x1b[J"


def bar(share: float, width: int = WIDTH) -> str:
    """Draws a share of 0 to 1, in eighths of a character."""
    eighths = round(max(0.0, min(1.0, share)) * width * 8)
    full, part = divmod(eighths, 8)
    return ("█" * full + (EIGHTHS[part] if part else "")).ljust(width)


def level_bar(level: float, width: int = WIDTH) -> str:
    return bar(1 - level / QUIETEST, width)


class Screen:
    """A few changing lines at the bottom, below lines that stay."""

    def __init__(self, stream: TextIO | None = None, live: bool | None = None) -> None:
        """`live`: whether anything may change in place; by default on a terminal."""
        self._stream = stream or sys.stdout
        self._live = self._stream.isatty() if live is None else live
        self._drawn = 0

    def say(self, line: str) -> None:
        self._wipe()
        print(line, file=self._stream, flush=True)

    def draw(self, lines: Sequence[str]) -> None:
        if self._live:
            self._wipe()
            print("\n".join(lines), file=self._stream, flush=True)
            self._drawn = len(lines)

    def level(self, level: float, state: str) -> None:
        self.draw([f"  {level_bar(level)} {level:5.0f} dB  {state}"])

    def _wipe(self) -> None:
        if self._drawn:
            print(UP.format(self._drawn), CLEAR, sep="", end="", file=self._stream)
        self._drawn = 0

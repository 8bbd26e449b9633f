"""Progress bars for any terminal."""

from __future__ import annotations

import os
import sys
import time
from typing import Any

import tqdm as library

NARROW = 10  # columns; serial consoles and some editors report fewer, which means unknown
USUAL = 80
EVERY = 10.0  # seconds from one line to the next, if no bars are shown


class tqdm(library.tqdm):  # noqa: N801
    """Shown only on terminals; if the width is unknown, a usual one is assumed."""

    def __init__(self, *what: Any, **how: Any) -> None:
        how.setdefault("disable", None)
        if _columns() < NARROW:
            how.setdefault("ncols", USUAL)
        super().__init__(*what, **how)


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns
    except (OSError, ValueError):  # not a terminal: nothing is shown
        return USUAL


def is_shown() -> bool:
    """Whether bars are shown; otherwise progress is reported by occasional lines."""
    return sys.stderr.isatty()


class Progress:
    """A bar, or where none is shown a line every few seconds."""

    def __init__(self, what: str, total: int, unit: str) -> None:
        self._what, self._total, self._unit = what, total, unit
        self._began = self._said = time.monotonic()
        self._done = 0
        self._bar = tqdm(total=total, desc=what, unit=f" {unit}", leave=False)
        if total and not is_shown():
            self._say(f"{total:,} {unit} ...")

    def add(self, count: int) -> None:
        self._bar.update(count)
        self._done += count
        now = time.monotonic()
        if is_shown() or now - self._said < EVERY or not self._done:
            return
        self._said = now
        left = (now - self._began) * (self._total / self._done - 1)
        self._say(f"{self._done:,} of {self._total:,} {self._unit}, {_duration(left)} left")

    def close(self) -> None:
        self._bar.close()

    def _say(self, text: str) -> None:
        print(f"{self._what}: {text}", file=sys.stderr, flush=True)


def _duration(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"

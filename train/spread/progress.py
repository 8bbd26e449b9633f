"""Progress bars for any terminal."""

from __future__ import annotations

import os
import sys
from typing import Any

import tqdm as library

NARROW = 10  # columns; serial consoles and some editors report fewer, which means unknown
USUAL = 80


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

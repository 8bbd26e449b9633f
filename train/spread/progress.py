"""Progress bars, on any terminal."""

from __future__ import annotations

import os
import sys
from typing import Any

import tqdm as library

NARROW = 10  # columns: whoever reports fewer, as serial consoles and some editors, means none
USUAL = 80


class tqdm(library.tqdm):  # noqa: N801
    """Shown on terminals alone; where one reports no width, as wide as most."""

    def __init__(self, *what: Any, **how: Any) -> None:
        how.setdefault("disable", None)
        if _columns() < NARROW:
            how.setdefault("ncols", USUAL)
        super().__init__(*what, **how)


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns
    except (OSError, ValueError):  # no terminal: nothing is shown
        return USUAL


def is_shown() -> bool:
    """Whether bars are; where they are not, a line now and then says what goes on."""
    return sys.stderr.isatty()

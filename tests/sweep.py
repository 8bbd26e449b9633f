"""Sweeps: their first items are tested always, the rest by `make test-all`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def sweep(items: Iterable[Any], sample: int) -> list[Any]:
    """Parameters; those after the first `sample` are slow tests."""
    return [
        pytest.param(item, marks=[pytest.mark.slow] * (number >= sample))
        for number, item in enumerate(items)
    ]

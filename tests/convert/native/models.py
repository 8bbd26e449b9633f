"""Models whose engines are counted and compared."""

from __future__ import annotations

from functools import cache

from tests.convert.models import LABELS, SHAPE, quantized
from train.models.registry import build_model
from train.recipe import fix_seeds


@cache
def whole(family: str) -> bytes:
    """A family at its full size."""
    fix_seeds(0)
    return quantized(build_model(family, SHAPE, len(LABELS), 63_000))

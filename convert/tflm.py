"""TensorFlow Lite Micro's own interpreter on this computer, and the arena that it needs.

The PyPI wheel is built from the same sources as for boards, with the reference kernels.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convert.errors import ModelError
from convert.plan import ALIGNMENT
from convert.probe import asked
from train.models.quiet import quiet
from train.spread.workers import cores

LARGEST_ARENA = 1 << 22  # bytes


def available() -> bool:
    try:
        import tflite_micro  # noqa: F401
    except ImportError:
        return False
    return True


def scores(content: bytes, features: NDArray[np.int8]) -> NDArray[np.int8]:
    """int8 [n, labels] for int8 features [n, frames, coefficients], on every core."""
    parts = [part for part in np.array_split(features, cores()) if len(part)]
    with quiet(), ThreadPoolExecutor(len(parts)) as pool:
        return np.concatenate(list(pool.map(lambda part: _scores(content, part), parts)))


def _scores(content: bytes, features: NDArray[np.int8]) -> NDArray[np.int8]:
    interpreter = _interpreter(content, LARGEST_ARENA)
    shape = tuple(interpreter.get_input_details(0)["shape"])
    found = []
    for one in features:
        interpreter.reset()  # an LSTM's: windows are independent
        interpreter.set_input(one.reshape(shape), 0)
        interpreter.invoke()
        found.append(interpreter.get_output(0)[0].copy())
    return np.stack(found)


def _interpreter(content: bytes, arena: int) -> Any:
    from tflite_micro.python.tflite_micro import runtime

    return runtime.Interpreter.from_bytes(content, arena_size=arena)


def smallest_arena(content: bytes) -> int:
    """Bytes, by bisection: the interpreter starts and runs with this many, but not with 16
    fewer."""
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "model.tflite"
        model.write_bytes(content)
        with asked(model) as fits:
            return _smallest(lambda size: fits(size * ALIGNMENT)) * ALIGNMENT


def _smallest(fits: Callable[[int], bool]) -> int:
    low, high = 0, LARGEST_ARENA // ALIGNMENT
    if not fits(high):
        raise ModelError(f"needs an arena of over {LARGEST_ARENA:,} bytes, or cannot run at all")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if fits(middle) else (middle, high)
    return high

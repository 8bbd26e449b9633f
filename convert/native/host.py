"""The generated engine on this computer: what a board will compute, before anything is written."""

from __future__ import annotations

import ctypes
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from convert.errors import ModelError
from convert.native.engine import RUNTIME, Engine
from train.features.compiler import find_compiler, run_compiler
from train.workers import cores

FLAGS = ("-std=c99", "-O2", "-fPIC", "-shared")


def scores(engine: Engine, features: NDArray[np.int8], labels: int) -> NDArray[np.int8]:
    """int8 [n, labels] for int8 features [n, frames, coefficients], on every core."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for name, text in engine.files.items():
            (folder / name).write_text(text)
        library = folder / "engine.so"
        includes = [f"-I{RUNTIME}", f"-I{folder}"]
        source = str(folder / "kws_engine.c")
        run_compiler([*find_compiler(), *FLAGS, *includes, source, "-o", str(library)])
        run = ctypes.CDLL(str(library)).kws_engine_run

        def part(windows: NDArray[np.int8]) -> NDArray[np.int8]:
            windows = np.ascontiguousarray(windows)
            found = np.empty((len(windows), labels), np.int8)
            scratch = np.empty(engine.scratch_bytes // 4 + 1, np.int32)
            for window, result in zip(windows, found, strict=True):
                if run(_address(window), _address(result), _address(scratch)):
                    raise ModelError("the native engine refused its scratch memory")
            return found

        parts = [p for p in np.array_split(features, cores()) if len(p)]
        with ThreadPoolExecutor(len(parts)) as pool:
            return np.concatenate(list(pool.map(part, parts)))


def _address(array: NDArray[np.generic]) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)

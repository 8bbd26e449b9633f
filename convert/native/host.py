"""The generated engine on this computer: what a board will compute, before anything is written."""

from __future__ import annotations

import ctypes
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from convert.errors import ModelError
from convert.native.engine import RUNTIME, Engine
from convert.native.streaming import Stream
from train.features.compiler import find_compiler, run_compiler
from train.spread.workers import cores

FLAGS = ("-std=c99", "-O2", "-fPIC", "-shared")


def scores(engine: Engine, features: NDArray[np.int8], labels: int) -> NDArray[np.int8]:
    """int8 [n, labels] for int8 features [n, frames, coefficients], on every core."""
    with _compiled(engine.files, "kws_engine.c") as library:
        run = library.kws_engine_run

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


def stream_scores(stream: Stream, frames: NDArray[np.int8], labels: int) -> NDArray[np.int8]:
    """int8 [n, labels], of each step that ends a whole window, for int8 [frames, coefficients]."""
    count = len(frames) // stream.step_frames
    steps = np.ascontiguousarray(frames[: count * stream.step_frames]).reshape(count, -1)
    found = np.empty((count, labels), np.int8)
    state = np.empty(stream.state_bytes, np.uint8)
    scratch = np.empty(stream.scratch_bytes // 4 + 1, np.int32)
    with _compiled(stream.files, "kws_engine_stream.c") as library:
        library.kws_engine_stream_reset(_address(state))
        for number, (step, result) in enumerate(zip(steps, found, strict=True), 1):
            done = library.kws_engine_stream_step(
                _address(step), _address(result), _address(state), _address(scratch)
            )
            if done != (number >= stream.first):
                raise ModelError(f"the engine of the stream returned {done} at step {number}")
    return found[stream.first - 1 :]


@contextmanager
def _compiled(files: Mapping[str, str], source: str) -> Iterator[ctypes.CDLL]:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for name, text in files.items():
            (folder / name).write_text(text)
        library = folder / "engine.so"
        includes = [f"-I{RUNTIME}", f"-I{folder}"]
        command = [*find_compiler(), *FLAGS, *includes, str(folder / source), "-o", str(library)]
        run_compiler(command)
        yield ctypes.CDLL(str(library))


def _address(array: NDArray[np.generic]) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)

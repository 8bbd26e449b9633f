"""The C front end, called from Python: training uses it, with the same bits as on a board."""

from __future__ import annotations

import ctypes
import dataclasses
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from train.errors import InputError
from train.features.compiler import build_library
from train.features.tables import FrontendTables, build_tables
from train.settings.frontend import FrontendConfig


class _Tables(ctypes.Structure):
    """`kws_frontend_tables`: the fields of `FrontendTables`, in order."""

    _fields_ = [
        (field.name, ctypes.c_int32 if field.type == "int" else ctypes.c_void_p)
        for field in dataclasses.fields(FrontendTables)
    ]


class _Stream(ctypes.Structure):
    """`kws_frontend`."""

    _fields_ = [
        ("tables", ctypes.c_void_p),
        ("samples", ctypes.c_void_p),
        ("scratch", ctypes.c_void_p),
        ("filled", ctypes.c_int32),
    ]


class Frontend:
    """The compiled front end with the tables of one configuration. Safe to use from threads."""

    def __init__(
        self, config: FrontendConfig, library: Path | None = None, threads: int = 0
    ) -> None:
        """`threads` is the number for `features`; 0: one per core."""
        self.config = config
        self._threads = threads or os.cpu_count() or 1
        self.tables = build_tables(config)
        self._c = ctypes.CDLL(str(library or build_library()))
        self._tables = _Tables(
            *(
                value if isinstance(value, int) else value.ctypes.data
                for value in vars(self.tables).values()
            )
        )

    def frames(self, samples: NDArray[np.int16]) -> NDArray[np.int16]:
        """All complete frames of a clip of any length: int16 [frames, coefficients]."""
        samples = _checked(samples, 1)
        config = self.config
        count = max(0, 1 + (len(samples) - config.fft_size) // config.hop)
        frames = np.empty((count, config.coefficients), np.int16)
        self._run_frames(samples, frames, self._scratch())
        return frames

    def features(self, windows: NDArray[np.int16]) -> NDArray[np.int8]:
        """int8 features [n, frames, coefficients] of windows [n, window], on every core."""
        windows = _checked(windows, 2)
        if windows.shape[1] != self.config.window:
            raise InputError(
                f"windows have {windows.shape[1]} samples; expected {self.config.window}"
            )
        features = np.empty((len(windows), *self.config.shape), np.int8)
        workers = max(1, min(len(windows), self._threads))
        slices = [
            slice(i * len(windows) // workers, (i + 1) * len(windows) // workers)
            for i in range(workers)
        ]
        with ThreadPoolExecutor(workers) as pool:  # ctypes releases the GIL
            list(pool.map(lambda s: self._run_features(windows[s], features[s]), slices))
        return features

    def window_features(self, frames: NDArray[np.int16], oldest: int = 0) -> NDArray[np.int8]:
        """int8 features of a window from a ring buffer of its frames, `oldest` first."""
        frames = _checked(frames, 2)
        if frames.shape != self.config.shape or not 0 <= oldest < len(frames):
            raise InputError(
                f"a window has frames of shape {self.config.shape}, got {frames.shape}"
            )
        features = np.empty(self.config.shape, np.int8)
        self._c.kws_frontend_features(
            ctypes.byref(self._tables), _pointer(frames), ctypes.c_int32(oldest), _pointer(features)
        )
        return features

    def stream_features(self, samples: NDArray[np.int16]) -> NDArray[np.int8]:
        """int8 features [frames, coefficients] of a recording of any length. Frame for frame they
        are those of any window that begins on a hop: each frame is computed from its own samples,
        pre-emphasis included, unless the window's mean is subtracted."""
        if self.config.mean_normalization != "none":
            raise InputError("a stream has no window whose mean could be subtracted")
        frames = self.frames(samples)
        size = self.config.frames
        padded = np.pad(frames, ((0, -len(frames) % size), (0, 0)))
        windows = padded.reshape(-1, *self.config.shape)
        features = [self.window_features(window) for window in windows]
        return np.concatenate(features or [np.empty((0, frames.shape[1]), np.int8)])[: len(frames)]

    def stream(self) -> Stream:
        return Stream(self)

    def _scratch(self) -> NDArray[np.int32]:
        return np.empty(self._c.kws_frontend_scratch_words(ctypes.byref(self._tables)), np.int32)

    def _run_frames(
        self, samples: NDArray[np.int16], frames: NDArray[np.int16], scratch: NDArray[np.int32]
    ) -> None:
        self._c.kws_frontend_frames(
            ctypes.byref(self._tables),
            _pointer(samples),
            ctypes.c_int32(len(samples)),
            _pointer(scratch),
            _pointer(frames),
        )

    def _run_features(self, windows: NDArray[np.int16], features: NDArray[np.int8]) -> None:
        scratch = _aligned(self._c.kws_batch_scratch_bytes(ctypes.byref(self._tables)))
        self._c.kws_batch_features(
            ctypes.byref(self._tables),
            _pointer(windows),
            ctypes.c_int32(len(windows)),
            ctypes.c_int32(self.config.window),
            _pointer(scratch),
            _pointer(features),
        )


class Stream:
    """Takes samples in pieces of any size, and returns frames as they become complete."""

    def __init__(self, frontend: Frontend) -> None:
        self._frontend = frontend
        self._samples = np.zeros(frontend.config.fft_size, np.int16)
        self._scratch = frontend._scratch()
        self._state = _Stream()
        frontend._c.kws_frontend_start(
            ctypes.byref(self._state),
            ctypes.byref(frontend._tables),
            _pointer(self._samples),
            _pointer(self._scratch),
        )

    def push(self, samples: NDArray[np.int16]) -> NDArray[np.int16]:
        """int16 [new frames, coefficients], possibly none."""
        samples = _checked(samples, 1)
        done: list[NDArray[np.int16]] = []
        ready = ctypes.c_bool()
        used = 0
        while used < len(samples):
            frame = np.empty(self._frontend.config.coefficients, np.int16)
            rest = samples[used:]
            used += self._frontend._c.kws_frontend_push(
                ctypes.byref(self._state),
                _pointer(rest),
                ctypes.c_int32(len(rest)),
                _pointer(frame),
                ctypes.byref(ready),
            )
            if ready.value:
                done.append(frame)
        return np.array(done, np.int16).reshape(len(done), self._frontend.config.coefficients)


def _pointer(array: NDArray[np.generic]) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


def _aligned(size: int) -> NDArray[np.uint8]:
    """Bytes aligned to 64, as vector instructions need."""
    memory = np.empty(size + 64, np.uint8)
    start = -memory.ctypes.data % 64
    return memory[start : start + size]


def _checked(samples: NDArray[np.int16], dimensions: int) -> NDArray[np.int16]:
    samples = np.asarray(samples)
    if samples.dtype != np.int16 or samples.ndim != dimensions:
        raise InputError(
            f"expected int16 samples with {dimensions} dimension(s), "
            f"got {samples.dtype} with {samples.ndim}"
        )
    if max(samples.shape, default=0) >= 2**31:
        raise InputError(f"expected fewer than 2^31 samples, got shape {samples.shape}")
    return np.ascontiguousarray(samples)

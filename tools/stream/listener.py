"""The firmware's listener (front end, engine, detector) with a bundle's C, compiled for this
computer: samples in, decisions out, bit for bit those of a board."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from convert.bundle import COMMAND
from convert.check import read_manifest
from convert.errors import BundleError
from train.features.compiler import build_shared

FIRMWARE = Path(__file__).resolve().parents[2] / "firmware"
LIBRARIES = ("board", "audio", "engine", "frontend", "detector")  # in firmware/lib
SOURCES = (
    "src/kws_listener.c", "src/kws_model_native.c", "src/kws_network_stream.c",
    "src/kws_network_whole.c", "lib/audio/kws_conditioner.c", "lib/detector/kws_detector.c",
)  # fmt: skip
TABLES, WHOLE, STREAM = "kws_frontend_tables.c", "kws_engine.c", "kws_engine_stream.c"
# -O3 for this processor runs 1.6 times as fast, but takes twice as long to compile
FLAGS = ("-std=c99", "-O2", "-fPIC", "-shared")
NO_LABEL = 255
PIECE = 16_000 * 10  # samples per call

Decisions = NDArray[np.void]  # of `decision_type`: one per window, in order of time


@dataclass(frozen=True)
class Detector:
    """The detector's settings, and how often it decides."""

    smoothed: int  # windows
    threshold: int  # of 256
    refractory_ms: int
    decision_ms: int
    isolated_ms: int = 0  # from other words to a detection; 0: they do not matter


@dataclass(frozen=True)
class Bundle:
    """The properties that a bundle's C reports."""

    folder: Path
    model: str
    labels: tuple[str, ...]
    zero: int  # the int8 value of a score of 0
    rate: int  # Hz
    hop: int  # samples
    window: int  # samples
    step: int  # frames between windows that can be judged: those of a stream's step, else 1
    detector: Detector

    @property
    def words(self) -> frozenset[str]:
        """Labels that the detector reports; the same rule as in kws_detector_start."""
        no_words = ("unknown", "silence")
        return frozenset(n for n in self.labels if not n.startswith("_") and n not in no_words)


class _Settings(ctypes.Structure):
    _fields_ = [
        (name, ctypes.c_int32)
        for name in (
            "labels", "zero", "hop", "rate", "decision_ms", "smoothed", "threshold",
            "refractory_ms", "isolated_ms", "step",
        )
    ]  # fmt: skip


def decision_type(labels: int) -> np.dtype[np.void]:
    """The dtype of kws_stream_decision in driver.c."""
    fields = [("time_ms", "<u4"), ("level", "i1"), ("ran", "u1"), ("label", "u1"), ("score", "u1"),
              ("scores", "i1", (labels,))]  # fmt: skip
    return np.dtype(fields, align=True)


@cache
def read_bundle(folder: Path) -> Bundle:
    manifest = read_manifest(folder)
    settings = _Settings()
    _library(folder).kws_stream_get_settings(ctypes.byref(settings))
    labels = tuple(str(label) for label in manifest["labels"])
    if len(labels) != settings.labels:
        raise BundleError(f"{folder}: its manifest belongs to another bundle; run: {COMMAND}")
    detector = Detector(
        settings.smoothed, settings.threshold, settings.refractory_ms, settings.decision_ms,
        settings.isolated_ms,
    )  # fmt: skip
    return Bundle(
        folder, str(manifest["model"]), labels, settings.zero, settings.rate, settings.hop,
        int(manifest["frontend"]["window"]), settings.step, detector,
    )  # fmt: skip


@cache
def _library(folder: Path) -> ctypes.CDLL:
    generated = [folder / name for name in generated_sources(folder)]
    if missing := [path for path in generated if not path.is_file()]:
        raise BundleError(f"{missing[0]}: is missing; run: {COMMAND}")
    libraries = [FIRMWARE / "lib" / name for name in LIBRARIES]
    sources = [Path(__file__).with_name("driver.c"), *(FIRMWARE / path for path in SOURCES)]
    sources += [*sorted((FIRMWARE / "lib" / "frontend").glob("*.c")), *generated]
    includes = [FIRMWARE / "src", *libraries, folder]
    headers = [path for place in includes for path in sorted(place.glob("*.h"))]
    files = [*sources, *headers]
    library = ctypes.CDLL(str(build_shared("stream", sources, files, includes, flags=FLAGS)))
    library.kws_stream_start.restype = ctypes.c_bool
    return library


def generated_sources(folder: Path) -> tuple[str, str]:
    """The files of a bundle that the listener is compiled with: one engine, the stream's if the
    model can be one, and the tables."""
    return STREAM if (folder / STREAM).is_file() else WHOLE, TABLES


def hear(
    bundle: Bundle,
    pieces: Iterable[NDArray[np.int16]],
    *,
    injected: bool = False,
    period_ms: int | None = None,
) -> Decisions:
    """Returns every decision on samples at the bundle's rate, given in pieces of any size.

    They enter like a microphone's; if `injected`, after the conditioner, as with tools.board.
    Not reentrant: the engine's memory is static, as on a board.
    """
    library = _library(bundle.folder)
    period = bundle.detector.decision_ms if period_ms is None else period_ms
    step = frames_of(bundle, period) * bundle.hop
    stream = ctypes.create_string_buffer(library.kws_stream_bytes())
    if not library.kws_stream_start(stream, period, injected):
        raise BundleError(f"{bundle.folder}: the engine does not start; run: {COMMAND}")
    kind = decision_type(len(bundle.labels))
    found = [np.empty(0, kind)]
    for piece in pieces:
        for start in range(0, len(piece), PIECE):
            samples = np.array(
                piece[start : start + PIECE], np.int16
            )  # a copy, as the C modifies it
            room = np.empty(len(samples) // step + 1, kind)
            made = library.kws_stream_hear(stream, _address(samples), len(samples), _address(room))
            found.append(room[:made])
    return np.concatenate(found)


def detect(bundle: Bundle, decisions: Decisions, detector: Detector) -> Decisions:
    """Returns the decisions that are detections with these detector settings.

    The network does not run again: decisions at `decision_ms` are chosen from those given, which
    are at least as frequent.
    """
    chosen = np.array(every(bundle, decisions, detector.decision_ms))
    _library(bundle.folder).kws_stream_detect(
        _address(chosen), len(chosen), detector.smoothed, detector.threshold,
        detector.refractory_ms, detector.isolated_ms,
    )  # fmt: skip
    return detections(chosen)


def every(bundle: Bundle, decisions: Decisions, period_ms: int) -> Decisions:
    """Selects from decisions at a shorter period those made at a period of `period_ms`."""
    if len(decisions) < 2:
        return decisions
    given = frames_of(bundle, int(decisions["time_ms"][1] - decisions["time_ms"][0]))
    wanted = frames_of(bundle, period_ms)
    if wanted % given:
        raise ValueError(f"{wanted} frames are not a multiple of {given}")
    return decisions[:: wanted // given]


def frames_of(bundle: Bundle, period_ms: int) -> int:
    """Rounds to whole frames, like the firmware's DECISION_FRAMES."""
    return (period_ms * bundle.rate // 1000 + bundle.hop // 2) // bundle.hop


def detections(decisions: Decisions) -> Decisions:
    return decisions[decisions["label"] != NO_LABEL]


def _address(array: NDArray[np.generic]) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)

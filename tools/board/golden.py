"""A board's expected results, computed on this computer from the bundle: features by the front
end's C, scores by TensorFlow Lite Micro, or by the bundle's engine where that has no wheel.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convert import tflm
from convert.bundle import COMMAND
from convert.check import read_bundle, read_manifest
from convert.native import host
from convert.native.engine import generate
from convert.source import Source
from train.features.binding import Frontend


@dataclass(frozen=True)
class Bundle:
    folder: Path
    manifest: dict[str, Any]
    source: Source


def read(folder: Path) -> Bundle:
    manifest = read_manifest(folder)
    return Bundle(folder, manifest, read_bundle(folder, manifest))


def arithmetic() -> str:
    return "TensorFlow Lite Micro" if tflm.available() else "the native engine"


def answers(
    bundle: Bundle, windows: NDArray[np.int16]
) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """Returns features [n, frames, coefficients] and scores [n, labels]."""
    features = Frontend(bundle.source.config).features(windows)
    judge = by_micro if tflm.available() else by_engine
    return features, judge(bundle, features)


def by_micro(bundle: Bundle, features: NDArray[np.int8]) -> NDArray[np.int8]:
    return tflm.scores(bundle.source.content, features)


def by_engine(bundle: Bundle, features: NDArray[np.int8]) -> NDArray[np.int8]:
    source = bundle.source
    engine = generate(source.graph, bundle.manifest["model"], COMMAND)
    return host.scores(engine, features, len(source.labels))

"""Exports the model for other platforms: phones, ONNX Runtime, TensorFlow itself."""

from __future__ import annotations

import contextlib
import io
import logging
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from convert.errors import BundleError
from convert.source import Source
from train.cache import write_whole
from train.models.keras import keras, quiet, tf

OPSET = 17  # ONNX version that runtimes since 2022 support
FEWEST_SAME = 0.98  # share of equal decisions; ONNX computes in floats between quantized tensors


def export_tflite(source: Source, path: Path) -> str:
    """Writes the int8 file unchanged, which phones can also run."""
    _write(path, source.content)
    return f"{path}: {len(source.content):,} bytes, int8, as on the board"


def export_onnx(source: Source, features: NDArray[np.int8], path: Path) -> str:
    """Writes the int8 graph, checked against the scores of TensorFlow Lite on `features`."""
    import onnxruntime
    import tf2onnx

    from train.models.int8 import Int8Model

    logging.getLogger("tf2onnx").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        given = Path(folder) / "model.tflite"
        given.write_bytes(source.content)
        with quiet(), contextlib.redirect_stdout(io.StringIO()):
            model, _ = tf2onnx.convert.from_tflite(str(given), opset=OPSET)
    content: bytes = model.SerializeToString()
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    name, shape = session.get_inputs()[0].name, session.get_inputs()[0].shape
    scores = np.concatenate([session.run(None, {name: one.reshape(shape)})[0] for one in features])
    reference = Int8Model(source.content).all_scores(features)
    same = float((scores.argmax(axis=1) == reference.argmax(axis=1)).mean())
    if same < FEWEST_SAME:
        raise BundleError(f"{path}: ONNX Runtime decides differently on {100 * (1 - same):.1f} % "
                          "of windows; nothing was written")  # fmt: skip
    _write(path, content)
    apart = int(np.abs(scores.astype(int) - reference).max())
    return (
        f"{path}: {len(content):,} bytes; ONNX Runtime decides the same on {100 * same:.2f} % of "
        f"{len(features):,} windows, scores at most {apart}/256 apart (it rounds elsewhere)"
    )


def export_saved_model(source: Source, folder: Path) -> str:
    """Writes the float model of a run, before pruning and quantization."""
    if source.run is None:
        raise BundleError(
            "--saved-model: an int8 file does not contain the float model; give --run"
        )
    try:
        with quiet():
            model = keras.models.load_model(source.run / "float.h5", compile=False)
            model.export(str(folder))
    except (OSError, tf.errors.OpError) as error:
        raise BundleError(f"{folder}: cannot be written; choose another --saved-model") from error
    return f"{folder}: the float model, as TensorFlow's SavedModel"


def _write(path: Path, content: bytes) -> None:
    try:
        write_whole(path, content)
    except OSError as error:
        raise BundleError(f"{path}: cannot be written ({error.strerror})") from error

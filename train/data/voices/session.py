"""Opens a neural voice's model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from train.errors import DataError


def open_model(path: Path, remedy: str) -> Any:
    """The model for one thread: words are spread over processes."""
    try:
        import onnxruntime
    except ModuleNotFoundError as error:
        raise DataError(
            'neural voices need onnxruntime; run: pip install -e ".[voices]"'
        ) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    if not path.exists():
        raise DataError(f"{path}: is missing; {remedy}")
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime has many kinds, all derived from this one
        raise DataError(f"{path}: is damaged; remove it, then {remedy}") from error

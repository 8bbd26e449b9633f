"""TensorFlow, imported the one way that works with quantization-aware training, and quietly."""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import sys
import warnings
from collections.abc import Iterator
from typing import Any

os.environ["TF_USE_LEGACY_KERAS"] = "1"  # Model Optimization knows no other Keras
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Drops what TensorFlow's C++ prints on standard error past every log level: registrations
    of absent GPUs, and converter trivia. Exceptions still come through."""
    sys.stderr.flush()
    saved, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(nothing)


logging.getLogger("tensorflow").setLevel(logging.ERROR)  # it warns of what is meant to be so
with quiet():
    import tensorflow as tf
    import tf_keras as keras

# Threads within a layer share out its sums by their number: a computer with more cores would train
# another model. Large presets pay for it with time, small ones do not. Branches still run side by
# side.
tf.config.threading.set_intra_op_parallelism_threads(1)
keras.backend.experimental.enable_tf_random_generator()  # dropout's state can then be set

__all__ = ["keras", "model_optimization", "prune_preserve_scheme", "quiet", "tf", "tflite_schema"]


def model_optimization() -> Any:
    """tensorflow_model_optimization; it takes a second to import, and only later stages need it."""
    with quiet():
        return importlib.import_module("tensorflow_model_optimization")


def prune_preserve_scheme() -> Any:
    """Quantization to 8 bits that keeps zeros zero: not in the library's public interface."""
    base = "tensorflow_model_optimization.python.core.quantization.keras.collab_opts"
    module = "prune_preserve.default_8bit_prune_preserve_quantize_scheme"
    return importlib.import_module(f"{base}.{module}").Default8BitPrunePreserveQuantizeScheme()


def tflite_schema() -> Any:
    """The classes that read a .tflite file, as TensorFlow generated them from its schema."""
    return importlib.import_module("tensorflow.lite.python.schema_py_generated")

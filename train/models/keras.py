"""TensorFlow, imported the one way that works with quantization-aware training, and quietly."""

from __future__ import annotations

import importlib
import logging
import os
from typing import Any

from train.models.quiet import quiet
from train.models.schema import tflite_schema

os.environ["TF_USE_LEGACY_KERAS"] = "1"  # Model Optimization knows no other Keras
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


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

"""Imports TensorFlow quietly, in the only way that works with quantization-aware training."""

from __future__ import annotations

import importlib
import logging
import os
from typing import Any

from train.models.quiet import quiet
from train.models.schema import tflite_schema

os.environ["TF_USE_LEGACY_KERAS"] = "1"  # Model Optimization supports no other Keras
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


logging.getLogger("tensorflow").setLevel(logging.ERROR)  # it warns about what is intended
with quiet():
    import tensorflow as tf
    import tf_keras as keras

# How threads within a layer split its sums depends on their number, so a computer with more cores
# would train a different model. One thread makes large presets slower, but not small ones. Branches
# still run in parallel.
tf.config.threading.set_intra_op_parallelism_threads(1)
keras.backend.experimental.enable_tf_random_generator()  # makes it possible to set dropout's state

__all__ = ["keras", "model_optimization", "prune_preserve_scheme", "quiet", "tf", "tflite_schema"]


def model_optimization() -> Any:
    """tensorflow_model_optimization, which takes a second to import; only later stages need it."""
    with quiet():
        return importlib.import_module("tensorflow_model_optimization")


def prune_preserve_scheme() -> Any:
    """8-bit quantization that preserves zeros; not in the library's public interface."""
    base = "tensorflow_model_optimization.python.core.quantization.keras.collab_opts"
    module = "prune_preserve.default_8bit_prune_preserve_quantize_scheme"
    return importlib.import_module(f"{base}.{module}").Default8BitPrunePreserveQuantizeScheme()

"""A .tflite file with reference arithmetic, as computed on a board."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from train.models.keras import quiet, tf
from train.spread.workers import cores


class Int8Model:
    """A .tflite file, run by TensorFlow Lite's reference kernels, which match those of boards."""

    def __init__(self, content: bytes) -> None:
        with quiet():
            self._interpreter = tf.lite.Interpreter(
                model_content=content,
                experimental_op_resolver_type=tf.lite.experimental.OpResolverType.BUILTIN_REF,
            )
        self._content = content
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]
        self._output = self._interpreter.get_output_details()[0]

    @property
    def input_scale(self) -> tuple[float, int]:
        scale, zero_point = self._input["quantization"]
        return float(scale), int(zero_point)

    @property
    def output_scale(self) -> tuple[float, int]:
        scale, zero_point = self._output["quantization"]
        return float(scale), int(zero_point)

    def scores(self, features: NDArray[np.int8]) -> NDArray[np.int8]:
        """int8 [n, labels] for int8 features [n, frames, coefficients]."""
        scores = []
        for one in features:
            self._interpreter.reset_all_variables()  # an LSTM's: windows are independent
            self._interpreter.set_tensor(self._input["index"], one[None, ..., None])
            self._interpreter.invoke()
            scores.append(self._interpreter.get_tensor(self._output["index"])[0])
        return np.stack(scores)

    def all_scores(self, features: NDArray[np.int8]) -> NDArray[np.int8]:
        """The same on every core, each with its own interpreter."""
        parts = [part for part in np.array_split(features, cores()) if len(part)]
        with ThreadPoolExecutor(len(parts)) as pool:
            return np.concatenate(list(pool.map(self._part, parts)))

    def _part(self, features: NDArray[np.int8]) -> NDArray[np.int8]:
        return Int8Model(self._content).scores(features)

    def likelihoods(self, features: NDArray[np.int8]) -> NDArray[np.float32]:
        """Scores from 0 to 1, float32 [n, labels]."""
        scale, zero_point = self.output_scale
        scores = self.all_scores(features).astype(np.float32)
        return (scores - zero_point) * np.float32(scale)

"""How often a model is right: the Keras model, and the int8 file under reference arithmetic."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import precision_recall_fscore_support

from train.dataset import Examples
from train.keras import quiet, tf
from train.workers import cores

BINS = 10  # of the calibration: confidences of equal width


class Int8Model:
    """A .tflite file, run by TensorFlow Lite's reference kernels: those of a board."""

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
            self._interpreter.reset_all_variables()  # an LSTM's states: each window is a new one
            self._interpreter.set_tensor(self._input["index"], one[None, ..., None])
            self._interpreter.invoke()
            scores.append(self._interpreter.get_tensor(self._output["index"])[0])
        return np.stack(scores)

    def all_scores(self, features: NDArray[np.int8]) -> NDArray[np.int8]:
        """The same on every core, each with an interpreter of its own."""
        parts = [part for part in np.array_split(features, cores()) if len(part)]
        with ThreadPoolExecutor(len(parts)) as pool:
            return np.concatenate(list(pool.map(self._part, parts)))

    def _part(self, features: NDArray[np.int8]) -> NDArray[np.int8]:
        return Int8Model(self._content).scores(features)

    def likelihoods(self, features: NDArray[np.int8]) -> NDArray[np.float32]:
        """float32 [n, labels]: the scores in 0 to 1."""
        scale, zero_point = self.output_scale
        scores = self.all_scores(features).astype(np.float32)
        return (scores - zero_point) * np.float32(scale)


def metrics(
    scores: NDArray[np.float32], examples: Examples, labels: Sequence[str]
) -> dict[str, Any]:
    """Accuracy, and precision, recall and F1 by label; by source; by speaker; calibration."""
    truth, predicted = examples.labels, scores.argmax(axis=1)
    right = predicted == truth
    numbers = range(len(labels))
    precision, recall, f1, support = precision_recall_fscore_support(
        truth, predicted, labels=list(numbers), zero_division=0.0
    )
    return {
        "accuracy": float(right.mean()),
        "examples": len(truth),
        "by_label": {
            label: {
                "precision": float(precision[i]),
                "recall": float(recall[i]),
                "f1": float(f1[i]),
                "examples": int(support[i]),
            }
            for i, label in enumerate(labels)
        },
        "by_source": _by(lambda entry: str(entry.source), examples, right),
        "by_speaker": _by(lambda entry: str(entry.speaker), examples, right),
        "confusion": [
            [int(((truth == i) & (predicted == j)).sum()) for j in numbers] for i in numbers
        ],
        "calibration": calibration(scores.max(axis=1), right),
    }


def _by(
    key: Callable[[Any], str], examples: Examples, right: NDArray[np.bool_]
) -> dict[str, dict[str, float]]:
    found: dict[str, list[bool]] = defaultdict(list)
    for entry, correct in zip(examples.entries, right, strict=True):
        if entry is not None:  # silence comes from nobody
            found[key(entry)].append(bool(correct))
    return {
        name: {"accuracy": sum(values) / len(values), "examples": len(values)}
        for name, values in sorted(found.items())
    }


def calibration(confidence: NDArray[np.float32], right: NDArray[np.bool_]) -> dict[str, Any]:
    """Whether a score of 90 % is right nine times of ten: the expected error, and bins."""
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    rows = [
        {
            "confidence": float(confidence[bins == b].mean()),
            "accuracy": float(right[bins == b].mean()),
            "examples": int((bins == b).sum()),
        }
        for b in range(BINS)
        if (bins == b).any()
    ]
    error = sum(r["examples"] * abs(r["confidence"] - r["accuracy"]) for r in rows) / len(right)
    return {"error": float(error), "bins": rows}

"""How often a model is right: the Keras model, and the int8 file under reference arithmetic."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from train.data.clip import Clip
from train.keras import quiet, tf


class Int8Model:
    """A .tflite file, run by TensorFlow Lite's reference kernels: those of a board."""

    def __init__(self, content: bytes) -> None:
        with quiet():
            self._interpreter = tf.lite.Interpreter(
                model_content=content,
                experimental_op_resolver_type=tf.lite.experimental.OpResolverType.BUILTIN_REF,
            )
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]
        self._output = self._interpreter.get_output_details()[0]

    @property
    def input_scale(self) -> tuple[float, int]:
        scale, zero_point = self._input["quantization"]
        return float(scale), int(zero_point)

    def scores(self, features: NDArray[np.int8]) -> NDArray[np.int8]:
        """int8 [n, labels] for int8 features [n, frames, coefficients]."""
        scores = []
        for one in features:
            self._interpreter.set_tensor(self._input["index"], one[None, ..., None])
            self._interpreter.invoke()
            scores.append(self._interpreter.get_tensor(self._output["index"])[0])
        return np.stack(scores)


def metrics(
    predicted: NDArray[np.intp], truth: NDArray[np.int32], labels: list[str], clips: list[Clip]
) -> dict[str, Any]:
    """Accuracy, by label, by source and by speaker; clips are those of the first examples."""
    right = predicted == truth
    return {
        "accuracy": float(right.mean()),
        "examples": len(truth),
        "by_label": {
            label: float(right[truth == i].mean())
            for i, label in enumerate(labels)
            if (truth == i).any()
        },
        "by_source": _by(lambda clip: clip.source, clips, right),
        "by_speaker": _by(lambda clip: clip.speaker, clips, right),
        "confusion": [
            [int(((truth == i) & (predicted == j)).sum()) for j in range(len(labels))]
            for i in range(len(labels))
        ],
    }


def _by(
    key: Callable[[Clip], str], clips: list[Clip], right: NDArray[np.bool_]
) -> dict[str, float]:
    found = defaultdict(list)
    for clip, correct in zip(clips, right, strict=False):  # silence has no clip
        found[key(clip)].append(bool(correct))
    return {name: sum(values) / len(values) for name, values in sorted(found.items())}

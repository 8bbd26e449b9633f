"""Metrics of a model: the Keras model, and the int8 file with reference arithmetic."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import precision_recall_fscore_support

from train.features.examples import Examples

BINS = 10  # bins of the calibration, of equal width


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
        if entry is not None:  # silence has no speaker
            found[key(entry)].append(bool(correct))
    return {
        name: {"accuracy": sum(values) / len(values), "examples": len(values)}
        for name, values in sorted(found.items())
    }


def calibration(confidence: NDArray[np.float32], right: NDArray[np.bool_]) -> dict[str, Any]:
    """Whether a score of 90 % is right nine times out of ten: the expected error, and bins."""
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

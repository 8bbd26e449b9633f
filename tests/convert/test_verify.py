"""What may differ between TensorFlow Lite and TensorFlow Lite Micro, and what may not."""

import numpy as np
import pytest

from convert.verify import _accuracies, _near_scores


@pytest.mark.parametrize(
    ("changed", "by", "good"),
    [(0, 0, True), (1, 1, True), (2, 1, True), (3, 1, False), (1, 2, False), (1, -1, True)],
)
def test_one_value_in_ten_thousand_may_be_one_apart(changed: int, by: int, good: bool) -> None:
    """TensorFlow 2.19 multiplies the scales of a Dense layer in 32 bits, Micro in 64."""
    reference = np.zeros((2000, 10), np.int8)
    micro = reference.copy()
    micro.flat[:changed] += by
    row = _near_scores(reference, micro)
    assert row.good is good
    assert f"{reference.size - changed:,} of 20,000 values equal" in row.result


def test_three_windows_in_a_thousand_may_be_lost_and_not_one_more() -> None:
    accuracy = {"float": 0.9, "tflite": 0.896, "tflm": 0.897, "native": 0.91}
    keras, lost, allowed, gained = _accuracies(accuracy, "float", 1000)
    assert keras.good and allowed.good and gained.good and not lost.good
    assert lost.result.endswith("; 4 fewer than Keras, float, at most 3 allowed")
    assert allowed.result == "89.70 % of 1,000 windows"


def test_a_file_without_its_keras_model_has_nothing_to_lose() -> None:
    assert all(row.good for row in _accuracies({"tflite": 0.1, "tflm": 0.1}, "", 100))

"""What may differ between TensorFlow Lite and TensorFlow Lite Micro, and what may not."""

import numpy as np
import pytest

from convert.verify import _near_scores


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

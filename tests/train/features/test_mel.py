"""The mel scale is librosa's, to the bit."""

import librosa
import numpy as np
import pytest

from train.features.mel import mel_frequencies


@pytest.mark.parametrize("fmin", [0.0, 20.0, 300.0, 999.9, 1000.0, 1200.0])
@pytest.mark.parametrize("fmax", [1500.0, 3800.0, 7600.0, 8000.0])
@pytest.mark.parametrize("count", [4, 15, 42, 130])
def test_frequencies_are_librosas(fmin: float, fmax: float, count: int) -> None:
    expected = librosa.mel_frequencies(count, fmin=fmin, fmax=fmax)
    assert np.array_equal(mel_frequencies(count, fmin=fmin, fmax=fmax), expected)

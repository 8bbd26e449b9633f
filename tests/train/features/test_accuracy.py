"""The integers stay close to librosa in float64, from full scale to -50 dBFS."""

import numpy as np
import pytest

from tests.conftest import DATA, frontend_config
from tools.bench.frontend import LEVELS, measure_accuracy
from tools.bench.speech import speech_windows
from train.data.clip import at_level
from train.features.standardize import fit_standardization
from train.settings.frontend import FrontendConfig

SPEECH = {"synthesized": None} | ({"real": DATA} if DATA else {})
KINDS = {
    "mfcc": FrontendConfig(),
    "mfcc, mean of the window subtracted": FrontendConfig(mean_normalization="window"),
    "logmel": FrontendConfig(kind="logmel"),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("speech", SPEECH)
def test_accuracy(speech: str, kind: str) -> None:
    plain = KINDS[kind]
    windows, _ = speech_windows(SPEECH[speech], 120, plain.sample_rate, plain.window)
    swept = {level: np.stack([at_level(w, level) for w in windows]) for level in LEVELS}
    config = fit_standardization(plain, [w for level in LEVELS for w in swept[level]])
    result = measure_accuracy(config, swept)
    for level, snr in result["snr_db"].items():
        assert snr["median"] >= 60, level
        assert snr["p5"] >= 50, level
    assert result["int8_equal"] >= 0.99
    assert result["int8_max_diff"] <= 1


def test_a_wrong_reference_would_be_noticed() -> None:
    """A front end that differs only in pre-emphasis by 0.01 misses the goals."""
    config = frontend_config("default")
    windows, _ = speech_windows(None, 10, config.sample_rate, config.window)
    from tools.bench import frontend as bench

    exact = [bench.reference_frames(config.replace(pre_emphasis=0.96), w) for w in windows]
    ours = [bench.to_decibels(config, bench.Frontend(config).frames(w)) for w in windows]
    snr = np.concatenate([bench.snr_per_frame(e, o) for e, o in zip(exact, ours, strict=True)])
    assert np.percentile(snr, 5) < 50

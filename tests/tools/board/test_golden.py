"""What a board is compared with: the same whichever arithmetic this computer has."""

from __future__ import annotations

import os

import numpy as np
import pytest

from convert import tflm
from convert.options import BUNDLE
from tests.windows import random_windows
from tools.bench.speech import speech_windows
from tools.board import golden
from tools.board.errors import OtherBundleError
from tools.board.expected import check_same, expected


def test_the_engine_and_micro_agree() -> None:
    if not tflm.available():  # its wheels are for Linux on x86-64, which CI is
        (pytest.fail if os.environ.get("CI") else pytest.skip)("tflite-micro is not installed")
    bundle = golden.read(BUNDLE)
    config = bundle.source.config
    speech, _ = speech_windows(None, 20, config.sample_rate, config.window)
    windows = np.concatenate([speech, random_windows(20, config.window)])
    features, scores = golden.answers(bundle, windows)
    assert features.shape == (40, *config.shape)
    np.testing.assert_array_equal(scores, golden.by_engine(bundle, features))


def test_another_bundle_is_refused() -> None:
    wanted = expected(BUNDLE)
    versions = {"model": wanted.model, "frontend_config": wanted.frontend}
    check_same(wanted, versions, "board")
    for key, word in (("model", "model"), ("frontend_config", "front end")):
        with pytest.raises(OtherBundleError, match=f"has {word} 0123.*upload the firmware"):
            check_same(wanted, versions | {key: "0123"}, "board")
        with pytest.raises(OtherBundleError, match=f"has {word} unknown"):
            check_same(wanted, {k: v for k, v in versions.items() if k != key}, "board")

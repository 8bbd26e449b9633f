"""The bits do not change unnoticed: numpy and C still give what is stored."""

import json

import numpy as np
import pytest

from tests.conftest import PLAIN
from tests.golden.make import FILE
from train.features.binding import Frontend
from train.features.integer_model import model_features, model_frames
from train.features.tables import FRONTEND_VERSION, build_tables
from train.settings.frontend import FrontendConfig

GOLDEN = np.load(FILE)
STAMP = json.loads(str(GOLDEN["stamp"]))


def test_golden_vectors_are_of_this_version() -> None:
    assert STAMP["frontend_version"] == FRONTEND_VERSION, "run: make golden"
    assert set(STAMP["configs"]) == set(PLAIN), "run: make golden"


@pytest.mark.parametrize("implementation", ["integer model", "C"])
def test_golden_vectors(implementation: str, name: str) -> None:
    config = FrontendConfig.from_dict(STAMP["configs"][name])
    tables, compiled = build_tables(config), Frontend(config)
    for window, frames, features in zip(
        GOLDEN["windows"][:, : config.window],
        GOLDEN[f"{name}_frames"],
        GOLDEN[f"{name}_features"],
        strict=True,
    ):
        if implementation == "C":
            got = compiled.frames(window)
            got_features = compiled.window_features(got)
        else:
            got = model_frames(tables, window)
            got_features = model_features(tables, got)
        np.testing.assert_array_equal(got, frames)
        np.testing.assert_array_equal(got_features, features)

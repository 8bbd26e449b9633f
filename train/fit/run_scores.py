"""Scores of features by a finished run: by its int8 file, or its float model."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from train.errors import DataError
from train.fit.runs import FLOAT, Run
from train.fit.stage import predict
from train.models.int8 import Int8Model
from train.models.keras import keras, quiet

Floats = NDArray[np.float32]


def judged_scores(run: Run, features: NDArray[np.int8]) -> Floats:
    """Scores by the model that the run is judged by: float32 [n, labels], 0 to 1."""
    if run.judged == FLOAT:
        return float_scores(run, features)
    try:
        model = Int8Model(run.model.read_bytes())
    except ValueError as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{run.model}: is not a valid model ({reason}); train again") from error
    return model.likelihoods(features)


def float_scores(run: Run, features: NDArray[np.int8]) -> Floats:
    """Scores by its float model; features are at the run's scale and zero point."""
    path = run.folder / "float.h5"
    try:
        with quiet():
            model = keras.models.load_model(path, compile=False)
    except (OSError, ValueError, TypeError, KeyError) as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{path}: is not a valid model ({reason}); train again") from error
    return predict(model, features.astype(np.int16) - run.config.zero_point, run.config.scale)

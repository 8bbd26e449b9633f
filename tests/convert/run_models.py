"""Runs each .tflite file of a folder in both interpreters; prints how many gave equal scores."""

import sys
from pathlib import Path

import numpy as np

from convert import tflm
from train.models.int8 import Int8Model
from train.settings.frontend import FrontendConfig

features = np.random.default_rng(0).integers(-128, 128, (3, *FrontendConfig().shape))
equal = 0
for path in sorted(Path(sys.argv[1]).glob("*.tflite")):
    print(path.name, file=sys.stderr, flush=True)
    content = path.read_bytes()
    theirs = Int8Model(content).scores(features.astype(np.int8))
    if (theirs == tflm.scores(content, features.astype(np.int8))).all():
        equal += 1
    else:
        print("differs", file=sys.stderr, flush=True)
print(equal)

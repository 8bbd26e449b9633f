"""Makes tests/golden/frontend.npz: `make golden`, only after a deliberate change of the bits."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from tests.conftest import PLAIN, frontend_config
from tests.windows import hostile_windows, random_windows
from tools.bench.speech import speech_windows
from train.features.integer_model import model_features, model_frames
from train.features.tables import FRONTEND_VERSION, build_tables

FILE = Path(__file__).with_name("frontend.npz")


def main() -> None:
    speech, what = speech_windows(None, 3, 16_000, 16_000)
    hostile = hostile_windows(16_000, 512)[[5, 9, 20, 60]]
    arrays = {"windows": np.concatenate([speech, hostile, random_windows(2, 16_000)])}
    stamp = {
        "made_by": "make golden",
        "from": f"{what}, tests/windows.py",
        "frontend_version": FRONTEND_VERSION,
        "configs": {name: frontend_config(name).to_dict() for name in PLAIN},
    }
    for name in PLAIN:
        config = frontend_config(name)
        tables = build_tables(config)
        windows = arrays["windows"][:, : config.window]
        frames = np.stack([model_frames(tables, window) for window in windows])
        arrays[f"{name}_frames"] = frames
        arrays[f"{name}_features"] = np.stack([model_features(tables, f) for f in frames])
    np.savez_compressed(FILE, stamp=np.array(json.dumps(stamp, sort_keys=True)), **arrays)


if __name__ == "__main__":
    main()

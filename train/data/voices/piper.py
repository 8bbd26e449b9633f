"""Speech of Piper's voices: one .onnx file each, with its settings beside it in .onnx.json.

Their random variation is off, so that the same phonemes, voice and speed give the same samples.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from train.data.voices.session import open_model
from train.errors import DataError

BEGIN, PAD, END = "^", "_", "$"  # in the voice's own table of phonemes
REMEDY = "download the voice again, both NAME.onnx and NAME.onnx.json"

Audio = NDArray[np.float32]


def voice_names(folder: Path) -> list[str]:
    """All speakers of all voices in a folder: the path of the model, # and the speaker's number."""
    models = sorted(folder.glob("*.onnx"))
    if not models:
        raise DataError(f"{folder}: contains no voices of Piper (NAME.onnx, NAME.onnx.json)")
    return [
        f"{path.absolute()}#{speaker}"
        for path in models
        for speaker in range(max(1, int(settings_of(str(path)).get("num_speakers", 1))))
    ]


def language_of(voice: str) -> str:
    """The language of espeak-ng whose phonemes the voice speaks."""
    path = voice.rpartition("#")[0]
    return str(_wanted(settings_of(path), "espeak", "voice", where=path))


def speak(phonemes: str, voice: str, speed: float) -> tuple[Audio, int]:
    """The samples and their rate in Hz."""
    path, _, speaker = voice.rpartition("#")
    settings = settings_of(path)
    known = _wanted(settings, "phoneme_id_map", where=path)
    letters = [letter for letter in phonemes if letter in known]
    if not letters:
        raise DataError(f"{phonemes!r}: {Path(path).name} knows none of these phonemes")
    tokens = [*known[BEGIN], *(t for x in letters for t in (*known[x], *known[PAD])), *known[END]]
    inputs = {
        "input": np.array([tokens], np.int64),
        "input_lengths": np.array([len(tokens)], np.int64),
        "scales": np.array([0.0, 1.0 / speed, 0.0], np.float32),
    }
    if int(settings.get("num_speakers", 1)) > 1:
        inputs["sid"] = np.array([int(speaker)], np.int64)
    samples: Audio = _model(path).run(None, inputs)[0].ravel()
    return samples, int(_wanted(settings, "audio", "sample_rate", where=path))


@lru_cache(maxsize=64)
def settings_of(path: str) -> dict[str, Any]:
    """What the voice's .json file says."""
    table = Path(f"{path}.json")
    try:
        found: dict[str, Any] = json.loads(table.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{table}: {error.strerror}; {REMEDY}") from error
    except ValueError as error:
        raise DataError(f"{table}: is damaged; {REMEDY}") from error
    return found


def _wanted(tree: Any, *names: str, where: str) -> Any:
    for name in names:
        if not isinstance(tree, dict) or name not in tree:
            raise DataError(f"{where}.json: has no {'.'.join(names)}; {REMEDY}")
        tree = tree[name]
    return tree


@lru_cache(maxsize=4)
def _model(path: str) -> Any:
    return open_model(Path(path), REMEDY)

"""Speech Commands: `WORD/SPEAKER_nohash_N.wav`, lists of test and validation files, noise."""

from __future__ import annotations

from pathlib import Path

from train.data.entry import Entry
from train.data.sources.folder import audio_files, not_found
from train.settings.words import DIGITS

NOISE = "_background_noise_"
LISTS = {"validation": "validation_list.txt", "test": "testing_list.txt"}


def entries(folder: Path) -> list[Entry]:
    """Digits, other words as `unknown`, and background noise. Its lists split by speaker."""
    listed = {name: split for split, file in LISTS.items() for name in _lines(folder / file)}
    found = []
    for path in audio_files(folder, "*/*"):
        word, name = path.parent.name, f"{path.parent.name}/{path.name}"
        if word == NOISE:
            found.append(Entry("gsc", "noise", path.stem, f"gsc-{path.stem}", path, fold="train"))
        elif "_nohash_" in path.stem:
            kind = "digits" if word in DIGITS else "unknown"
            speaker = f"gsc-{path.stem.split('_nohash_')[0]}"
            found.append(Entry("gsc", kind, word, speaker, path, fold=listed.get(name, "train")))
    return found or not_found(folder, "Speech Commands", "seven/0a7c2a8d_nohash_0.wav")


def _lines(path: Path) -> list[str]:
    return path.read_text().split() if path.exists() else []

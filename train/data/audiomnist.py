"""AudioMNIST: 60 speakers, 50 of each digit; `data/NN/DIGIT_NN_REPETITION.wav`, 48 or 16 kHz."""

from __future__ import annotations

from pathlib import Path

from train.data.entry import Entry
from train.data.folder import audio_files, not_found
from train.data.words import DIGITS


def entries(folder: Path) -> list[Entry]:
    root = folder / "data" if (folder / "data").is_dir() else folder
    found = []
    for path in audio_files(root, "*/*"):
        parts = path.stem.split("_")
        if len(parts) == 3 and parts[0] in "0123456789" and parts[1] == path.parent.name:
            digit, speaker = DIGITS[int(parts[0])], f"audiomnist-{parts[1]}"
            found.append(Entry("audiomnist", "digits", digit, speaker, path))
    return found or not_found(folder, "AudioMNIST", "data/01/0_01_0.wav")

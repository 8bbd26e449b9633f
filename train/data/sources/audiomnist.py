"""AudioMNIST: 60 speakers, 50 of each digit; `data/NN/DIGIT_NN_REPETITION.wav`, 48 or 16 kHz.

Some mirrors omit `data` or the folders of speakers.
"""

from __future__ import annotations

from pathlib import Path

from train.data.entry import Entry
from train.data.sources.folder import audio_files, not_found
from train.settings.words import DIGIT_NUMBERS


def entries(folder: Path) -> list[Entry]:
    root = folder / "data" if (folder / "data").is_dir() else folder
    found = []
    for path in (*audio_files(root, "*"), *audio_files(root, "*/*")):
        parts = path.stem.split("_")
        here = parts[1:2] == [path.parent.name] or path.parent == root
        if len(parts) == 3 and here and parts[0] in DIGIT_NUMBERS and parts[1].isdecimal():
            digit, speaker = DIGIT_NUMBERS[parts[0]], f"audiomnist-{parts[1]}"
            found.append(Entry("audiomnist", "digits", digit, speaker, path))
    return found or not_found(folder, "AudioMNIST", "data/01/0_01_0.wav")

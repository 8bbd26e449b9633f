"""Free Spoken Digit Dataset: `recordings/DIGIT_SPEAKER_INDEX.wav`, 8 kHz."""

from __future__ import annotations

from pathlib import Path

from train.data.entry import Entry
from train.data.sources.folder import audio_files, not_found
from train.settings.words import DIGIT_NUMBERS

TEST_INDICES = 5  # the first recordings of each digit and speaker are its test set


def entries(folder: Path) -> list[Entry]:
    root = folder / "recordings" if (folder / "recordings").is_dir() else folder
    found = []
    for path in audio_files(root, "*"):
        parts = path.stem.split("_")
        if len(parts) == 3 and parts[0] in DIGIT_NUMBERS and parts[2].isdigit():
            digit, speaker = DIGIT_NUMBERS[parts[0]], f"fsdd-{parts[1]}"
            fold = "test" if int(parts[2]) < TEST_INDICES else "train"
            found.append(Entry("fsdd", "digits", digit, speaker, path, fold=fold))
    return found or not_found(folder, "the Free Spoken Digit Dataset", "recordings/0_jackson_0.wav")

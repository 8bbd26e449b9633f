"""A folder of labelled folders: `LABEL/SPEAKER/ANY.wav`, or `LABEL/SPEAKER_ANY.wav`."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

from train.data.clip import DataError
from train.data.entry import Entry
from train.data.words import DIGITS

AUDIO_ENDINGS = (".wav", ".flac", ".ogg", ".mp3", ".aiff", ".au")


def entries(folder: Path) -> list[Entry]:
    """Every label must have a clip; a file name without `_` belongs to the speaker `someone`."""
    if not folder.is_dir():
        raise DataError(f"{folder}: is not a folder; give one with a folder for each label")
    labels = sorted(p for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))
    found = []
    for label in labels:
        paths = audio_files(label, "**/*")
        if not paths:
            raise DataError(f"{label}: has no recordings; add some, or remove the folder")
        for path in paths:
            inside = path.relative_to(label).parts
            speaker = inside[0] if len(inside) > 1 else _prefix(path.stem)
            kind = "digits" if label.name in DIGITS else "unknown"
            found.append(Entry(folder.name, kind, label.name, f"{folder.name}-{speaker}", path))
    return found or not_found(folder, "labelled folders", "seven/anna_1.wav")


def _prefix(stem: str) -> str:
    return stem.split("_")[0] if "_" in stem else "someone"


def audio_files(folder: Path, pattern: str) -> list[Path]:
    """Sorted, so that listing a source gives the same order on every machine."""
    return sorted(p for p in folder.glob(pattern) if p.suffix.lower() in AUDIO_ENDINGS)


def not_found(folder: Path, what: str, example: str) -> NoReturn:
    raise DataError(f"{folder}: does not look like {what}; expected files such as {example}")

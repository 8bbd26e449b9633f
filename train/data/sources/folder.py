"""A folder of labelled folders: `LABEL/SPEAKER/ANY.wav`, or `LABEL/SPEAKER_ANY.wav`."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

from train.data.entry import Entry
from train.errors import DataError
from train.settings.words import DIGITS, NOISES

AUDIO_ENDINGS = (".wav", ".flac", ".ogg", ".mp3", ".aiff", ".au")


def entries(folder: Path) -> list[Entry]:
    """Files without `_` in their name belong to the speaker `someone`. A label without recordings
    becomes an entry with its folder as path, which loading rejects by name, keeping the rest."""
    if not folder.is_dir():
        raise DataError(f"{folder}: is not a folder; give one with a subfolder per label")
    labels = sorted(p for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))
    recordings = {label: audio_files(label, "**/*") for label in labels}
    if not any(recordings.values()):
        not_found(folder, "labelled folders with recordings", "seven/anna/1.wav")
    source = folder.resolve().name  # also for `.`
    return [
        Entry(source, _kind(label.name), label.name, f"{source}-{_speaker(label, path)}", path)
        for label, paths in recordings.items()
        for path in paths or [label]
    ]


def _kind(label: str) -> str:
    if label in NOISES:
        return "noise"
    return "digits" if label in DIGITS else "unknown"


def _speaker(label: Path, path: Path) -> str:
    inside = path.relative_to(label).parts
    if len(inside) > 1:
        return inside[0]
    return path.stem.split("_")[0] if "_" in path.stem else "someone"


def audio_files(folder: Path, pattern: str) -> list[Path]:
    """Sorted, so that listing a source gives the same order on every machine."""
    return sorted(p for p in folder.glob(pattern) if p.suffix.lower() in AUDIO_ENDINGS)


def not_found(folder: Path, what: str, example: str) -> NoReturn:
    raise DataError(f"{folder}: does not look like {what}; expected files such as {example}")

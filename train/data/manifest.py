"""Clips listed in a CSV: `path, kind, label, speaker, source` beside the recordings."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import soundfile

from train.data.clip import Clip, DataError

COLUMNS = ("path", "kind", "label", "speaker", "source")


@dataclass(frozen=True)
class Entry:
    path: Path
    kind: str
    label: str
    speaker: str
    source: str


def read_manifest(folder: Path) -> list[Entry]:
    """The entries of `folder/manifest.csv`, in order."""
    table = folder / "manifest.csv"
    try:
        with table.open(newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise DataError(f"{table}: has no column {missing[0]}; needs {', '.join(COLUMNS)}")
            return [
                Entry(folder / row["path"], *(row[name] for name in COLUMNS[1:])) for row in reader
            ]
    except OSError as error:
        raise DataError(f"{table}: {error.strerror}; give a folder with a manifest.csv") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{table}: not a CSV file in UTF-8 ({error})") from error


def load(entry: Entry) -> Clip:
    """Mono int16, at the recording's own rate."""
    try:
        samples, rate = soundfile.read(entry.path, dtype="int16", always_2d=True)
    except (OSError, soundfile.SoundFileError) as error:
        raise DataError(f"{entry.path}: not a readable recording ({error})") from error
    return Clip(samples[:, 0].copy(), rate, entry.label, entry.speaker, entry.source)

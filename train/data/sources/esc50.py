"""ESC-50's layout: `meta/esc50.csv` and `audio/`, 44.1 kHz, with five folds.

A "speaker" is the recording that clips were cut from, so that it stays within one split.
"""

from __future__ import annotations

from pathlib import Path

from train.data.entry import Entry
from train.data.sources.manifest import read_table

COLUMNS = ("filename", "fold", "category", "src_file")


def entries(folder: Path) -> list[Entry]:
    return [
        Entry(
            source="esc50",
            kind="unknown",
            label=row["category"],
            speaker=f"esc50-{row['src_file']}",
            path=folder / "audio" / row["filename"],
            fold=f"fold-{row['fold']}",
            spoken=False,
        )
        for row in read_table(folder / "meta" / "esc50.csv", COLUMNS)
    ]

"""Clips listed in a CSV file next to the recordings: `path, kind, label, speaker, source`."""

from __future__ import annotations

import csv
from pathlib import Path

from train.data.entry import KINDS, Entry
from train.errors import DataError

COLUMNS = ("path", "kind", "label", "speaker", "source")


def entries(folder: Path) -> list[Entry]:
    """The entries of `folder/manifest.csv`, in order. The columns `fold` and `measuring_only`
    (yes or no; yes: never used for training) are optional."""
    table = folder / "manifest.csv"
    rows = read_table(table, COLUMNS)
    for number, row in enumerate(rows, start=2):
        if row["kind"] not in KINDS:
            raise DataError(
                f"{table}: line {number}: kind is {row['kind']!r}; allowed are {', '.join(KINDS)}"
            )
        if (row.get("measuring_only") or "no") not in ("yes", "no"):
            raise DataError(
                f"{table}: line {number}: measuring_only is {row['measuring_only']!r}; "
                "allowed are yes, no"
            )
    return [
        Entry(
            source=row["source"],
            kind=row["kind"],
            label=row["label"],
            speaker=row["speaker"],
            path=folder / row["path"],
            fold=row.get("fold") or "",
            measuring_only=row.get("measuring_only") == "yes",
        )
        for row in rows
    ]


def read_table(table: Path, columns: tuple[str, ...]) -> list[dict[str, str]]:
    """The rows of a CSV file that has at least these columns."""
    try:
        with table.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            missing = [name for name in columns if name not in (reader.fieldnames or ())]
            if missing:
                raise DataError(f"{table}: has no column {missing[0]}; needs {', '.join(columns)}")
            rows = list(reader)
    except OSError as error:
        raise DataError(f"{table}: {error.strerror}; give a folder that contains it") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{table}: not a CSV file in UTF-8 ({error})") from error
    for number, row in enumerate(rows, start=2):
        if any(not row[name] for name in columns):
            raise DataError(f"{table}: line {number}: has an empty cell")
    return rows

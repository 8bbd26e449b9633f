"""Label tracks as written by Audacity: lines of start, end (seconds) and name, tab-separated."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from train.errors import DataError

SUFFIX = ".txt"


@dataclass(frozen=True, order=True)
class Label:
    start: float  # seconds
    end: float
    name: str


def track_of(recording: Path) -> Path:
    return recording.with_suffix(SUFFIX)


def read_track(path: Path) -> list[Label]:
    """Reads labels in order of time. Lines that begin with a backslash are frequency ranges."""
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read ({error})") from error
    rows = [(n, line) for n, line in enumerate(lines, 1) if line.strip() and line[0] != "\\"]
    return sorted(_label(path, number, line) for number, line in rows)


def _label(path: Path, number: int, line: str) -> Label:
    fields = line.split("\t", 2)
    try:
        # some locales export a decimal comma
        start, end = (float(field.replace(",", ".")) for field in fields[:2])
        name = fields[2].strip()
    except (ValueError, IndexError):
        name, start, end = "", 0.0, 0.0
    if not name or not 0 <= start <= end or not math.isfinite(end):
        raise DataError(
            f"{path}: line {number} is not a label; expected start, end and name, separated by tabs"
        )
    return Label(start, end, name)


def write_track(path: Path, labels: Iterable[Label]) -> None:
    lines = [f"{one.start:.6f}\t{one.end:.6f}\t{one.name}\n" for one in sorted(labels)]
    path.write_text("".join(lines), "utf-8")

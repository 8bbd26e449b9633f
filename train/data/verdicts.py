"""A folder of clips that a board has kept, and its table: what the board took each for, and what
was said according to a person.

Every change reads the table, and replaces it by a new one in one step, while no other program may;
so one program can add clips while another stores verdicts, and a killed one leaves a whole table.
"""

from __future__ import annotations

import csv
import fcntl
import io
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from train.errors import DataError
from train.settings.words import LABEL, LABEL_RULE, UNKNOWN

TABLE = "clips.csv"
LOCK = ".clips.lock"
DETECTION, NEAR = "detection", "near"  # kinds


@dataclass(frozen=True)
class Kept:
    """One clip; it ends where the window ended that the board judged."""

    file: str  # its name in the folder
    time: str  # when it was kept: ISO 8601, UTC
    word: str  # what the board took it for
    score: float  # the mean score in percent
    kind: str  # a detection, or a near miss
    speaker: str
    model: str  # hash of the bundle's model
    said: str = ""  # the verdict: a label, or `unknown` for anything else; empty: none yet

    @property
    def wrong(self) -> bool:
        """Whether the board was wrong: it took another word or sound for its word, or missed it."""
        return bool(self.said) and (self.said == self.word) == (self.kind == NEAR)


COLUMNS = [field.name for field in fields(Kept)]


def has_table(folder: Path) -> bool:
    return (folder / TABLE).is_file()


def read_table(folder: Path) -> list[Kept]:
    """In the order in which the clips were kept."""
    path = folder / TABLE
    try:
        rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))
        return [Kept(**(row | {"score": float(row["score"])})) for row in rows]  # type: ignore[arg-type]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    except (ValueError, TypeError, KeyError) as error:
        raise DataError(
            f"{path}: is not a table of kept clips; its first line must be {','.join(COLUMNS)}"
        ) from error


def begin(folder: Path) -> None:
    """Makes an empty table if there is none."""
    with _changing(folder):
        pass


def add(folder: Path, clip: Kept) -> None:
    with _changing(folder) as clips:
        clips.append(clip)


def judge(folder: Path, file: str, said: str) -> Kept:
    """Stores a verdict: a label, `unknown`, or nothing to take it back."""
    if said and not LABEL.fullmatch(said):
        raise DataError(f"{said!r} is not a valid label; {LABEL_RULE}")
    with _changing(folder) as clips:
        for number, clip in enumerate(clips):
            if clip.file == file:
                clips[number] = replace(clip, said=said)
                return clips[number]
        raise DataError(f"{file}: is not in {folder / TABLE}; reload the page")


@contextmanager
def _changing(folder: Path) -> Iterator[list[Kept]]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / LOCK).open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            clips = read_table(folder)
            yield clips
            _write(folder, clips)
    except OSError as error:
        raise DataError(
            f"{folder / TABLE}: cannot be written ({error.strerror}); give another folder"
        ) from error


def _write(folder: Path, clips: Sequence[Kept]) -> None:
    text = io.StringIO()
    table = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    table.writeheader()
    table.writerows(asdict(clip) for clip in clips)
    partial = folder / f".{TABLE}.part"
    with partial.open("w", encoding="utf-8") as file:
        file.write(text.getvalue())
        file.flush()
        os.fsync(file.fileno())
    partial.replace(folder / TABLE)


def told(clips: Sequence[Kept]) -> str:
    """How many of each verdict there are."""
    judged = [clip for clip in clips if clip.said]
    false = sum(clip.wrong and clip.kind == DETECTION for clip in judged)
    missed = sum(clip.wrong and clip.kind == NEAR for clip in judged)
    other = sum(clip.said not in (clip.word, UNKNOWN) for clip in judged)
    return (
        f"{len(clips):,} clips, {len(judged):,} judged: {false:,} false accepts, {missed:,} missed "
        f"words, {other:,} taken for another word"
    )

"""Which long recordings there are, what each holds, who speaks in it, and whose it is."""

from __future__ import annotations

import csv
import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import soundfile

from train.data.entry import MEASURING
from train.data.long.labels import Label, read_track, track_of
from train.data.sources.folder import audio_files
from train.data.sources.manifest import read_table
from train.errors import DataError
from train.settings.words import NOISES

SOURCE = "long"  # the source's name in splits and metrics
WITHOUT_SPEECH = (*NOISES, "music")  # folders whose recordings hold no speech
TURNS, LICENCES = "sources.csv", "licences.csv"  # tables beside the recordings; both optional
UTTERANCE = "CORPUS_SPEAKER-CHAPTER-NUMBER"  # such as tc100_103-1240-0000


@dataclass(frozen=True)
class Turn:
    """Somebody speaks from `start` to `end`, in seconds."""

    start: float
    end: float
    speaker: str


@dataclass(frozen=True)
class Recording:
    path: Path
    digest: str  # of the file
    seconds: float
    speech: bool  # otherwise noise or music
    words: tuple[Label, ...] = ()  # where the label track has a keyword
    turns: tuple[Turn, ...] = ()  # empty: nobody knows who speaks
    licence: str = ""
    credit: str = ""


def find(folder: Path, words: Sequence[str]) -> tuple[list[Recording], list[tuple[Path, str]]]:
    """All recordings below the folder, and the files that cannot be used, each with the reason."""
    if not folder.is_dir():
        raise DataError(f"data.long: {folder}: is not a folder; give one with long recordings")
    paths = audio_files(folder, "**/*")
    if not paths:
        raise DataError(
            f"data.long: {folder}: has no recordings; expected files such as speech/monday.flac"
        )
    tables = {place: _Tables.of(place) for place in sorted({path.parent for path in paths})}
    found, refused = [], []
    for path in paths:
        above = (folder.resolve().name, *path.relative_to(folder).parts[:-1])
        try:
            found.append(_recording(path, above, words, tables[path.parent]))
        except _RefusedError as error:
            refused.append((path, str(error)))
    return found, refused


class _RefusedError(Exception):
    """Why one file is left out, while the others are used."""


@dataclass(frozen=True)
class _Tables:
    """What the tables of a folder say, by the file's name."""

    turns: dict[str, list[Turn]]
    licences: dict[str, tuple[str, str]]

    @classmethod
    def of(cls, place: Path) -> _Tables:
        turns: dict[str, list[Turn]] = {}
        for name, turn in _turns(place / TURNS):
            turns.setdefault(name, []).append(turn)
        return cls(turns, dict(_licences(place / LICENCES)))


def _recording(
    path: Path, above: Sequence[str], words: Sequence[str], tables: _Tables
) -> Recording:
    if MEASURING in above:
        raise _RefusedError(f"{path}: for measuring only; use tinykws stream")
    seconds = _seconds(path)
    track = track_of(path)
    labels = read_track(track) if track.is_file() else []
    turns = sorted(tables.turns.get(path.name, []), key=lambda turn: (turn.start, turn.end))
    licence, credit = tables.licences.get(path.name, ("", ""))
    return Recording(
        path=path,
        digest=_digest(path),
        seconds=seconds,
        speech=not any(name in WITHOUT_SPEECH for name in above),
        words=tuple(label for label in labels if label.name in words),
        turns=tuple(turns),
        licence=licence,
        credit=credit,
    )


def _seconds(path: Path) -> float:
    try:
        info = soundfile.info(str(path))
    except (OSError, soundfile.SoundFileError) as error:
        raise _RefusedError(f"{path}: not a readable recording ({error})") from error
    return float(info.frames / info.samplerate)


def _digest(path: Path) -> str:
    """Of the file, not of its samples: an hour of them would need half a gigabyte of memory."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:32]


def _turns(table: Path) -> Iterator[tuple[str, Turn]]:
    if not table.is_file():
        return
    for number, row in enumerate(read_table(table, ("file", "start", "end", "utterance")), 2):
        if not (table.parent / row["file"]).is_file():
            _wrong(table, number, f"{row['file']} is not there; remove the line, or add the file")
        try:
            start, end = float(row["start"]), float(row["end"])
        except ValueError:
            start, end = 0.0, -1.0
        if not 0 <= start < end or not math.isfinite(end):
            _wrong(table, number, "expected start and end in seconds, such as 0.0,14.09")
        yield row["file"], Turn(start, end, _speaker(table, number, row["utterance"]))


def _speaker(table: Path, number: int, utterance: str) -> str:
    """LibriSpeech's number of the reader, which is the same in all of its parts."""
    _, corpus, rest = utterance.partition("_")
    speaker = rest.split("-")[0] if corpus else ""
    if not speaker:
        _wrong(table, number, f"utterance is {utterance!r}; expected {UTTERANCE}")
    return speaker


def _licences(table: Path) -> Iterator[tuple[str, tuple[str, str]]]:
    if not table.is_file():
        return
    try:
        with table.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{table}: not a CSV file in UTF-8 ({error})") from error
    for number, row in enumerate(rows, 2):
        if not row.get("file") or not row.get("licence"):
            _wrong(table, number, "expected file,licence,credit")
        yield row["file"], (row["licence"], row.get("credit") or "")


def _wrong(table: Path, number: int, why: str) -> NoReturn:
    raise DataError(f"{table}: line {number}: {why}")

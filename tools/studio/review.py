"""The folder of clips that a board has kept, to be judged: `tools.board watch --save` fills it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from tools.studio.wav import encode
from train.data import verdicts
from train.data.load import read_audio
from train.errors import DataError


def check(folder: Path) -> None:
    if not verdicts.has_table(folder):
        raise DataError(
            f"{folder}: has no table of kept clips; fill it with: "
            f"python -m tools.board watch --save {folder}"
        )
    verdicts.read_table(folder)


def described(folder: Path | None) -> dict[str, Any]:
    if folder is None:
        return {"folder": "", "clips": []}
    return {
        "folder": str(folder),
        "clips": [asdict(clip) | {"wrong": clip.wrong} for clip in verdicts.read_table(folder)],
    }


def play(folder: Path | None, file: str) -> bytes:
    """Returns a clip of the table as WAV; the page cannot reach any other file."""
    place = _given(folder)
    path = place / file
    listed = any(clip.file == file for clip in verdicts.read_table(place))
    if not listed or path.resolve().parent != place.resolve():
        raise DataError("this clip does not exist; it may have been deleted: reload the page")
    samples, rate = read_audio(path)
    return encode(samples, rate)


def judge(folder: Path | None, file: str, said: str) -> dict[str, Any]:
    clip = verdicts.judge(_given(folder), file, said)
    return asdict(clip) | {"wrong": clip.wrong}


def _given(folder: Path | None) -> Path:
    if folder is None:
        raise DataError("no folder to review; start the studio with --review FOLDER")
    return folder

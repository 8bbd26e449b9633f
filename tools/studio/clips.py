"""The folder of recorded clips: LABEL/SPEAKER/NUMBER.wav, as written by `tools.board record` and
read by `train.kws --data`. All file names are created here."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.board.record import NAME, free_files, write_clip
from tools.board.words import RATE, Words
from tools.studio.errors import NoWordError
from train.data.clip import Clip, resample
from train.data.corpus import how_of, list_entries
from train.data.entry import Entry
from train.data.load import read_audio
from train.data.sources import folder as labelled
from train.data.sources.registry import recognize
from train.data.split import SPLITS, split
from train.errors import DataError
from train.settings import read_settings
from train.settings.words import NOISES

PRESET = "digits"  # the preset whose split is shown
LONGEST_NAME = 60  # characters

Samples = NDArray[np.int16]


@dataclass(frozen=True)
class Stored:
    """A clip of the folder, as the page lists it."""

    id: str  # its path in the folder
    label: str
    speaker: str
    split: str  # empty for noise


class ClipFolder:
    """A folder of clips; thread-safe."""

    def __init__(self, path: Path) -> None:
        """`path` need not exist. Rejects a folder that training would treat as something else."""
        self.path = path
        self._one_at_a_time = threading.Lock()
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            found = recognize(path)
            if found != "folder":
                raise DataError(
                    f"{path}: is a copy of {found}, which must not be changed; give another --data"
                )

    def listing(self) -> list[Stored]:
        """Lists the clips in order of their paths."""
        entries = self._entries()
        if not entries:
            return []
        speech = [entry for entry in entries if entry.kind != "noise"]
        splits = dict(zip(speech, _splits(tuple(speech), self.path), strict=True))
        return [
            Stored(
                entry.path.relative_to(self.path).as_posix(),
                entry.label,
                entry.speaker.removeprefix(f"{entry.source}-"),
                splits.get(entry, ""),
            )
            for entry in entries
            if entry.path
        ]

    def described(self) -> dict[str, Any]:
        """Describes every clip, and counts clips by label and split."""
        clips = self.listing()
        return {
            "folder": str(self.path),
            "clips": [asdict(clip) for clip in clips],
            "counts": {s: Counter(c.label for c in clips if c.split == s) for s in SPLITS},
            "speakers": len({clip.speaker for clip in clips if clip.split}),
        }

    def read(self, name: str) -> Samples:
        """Reads a listed clip, at 16 kHz."""
        samples, rate = read_audio(self._find(name))
        return resample(Clip(samples, rate, "", "", ""), RATE).samples

    def save(self, label: str, speaker: str, samples: Samples) -> str:
        """Saves the word in it, or all of it for noise; returns the id."""
        for what, given in (("label", label), ("speaker", speaker)):
            check_name(what, given)
        clip = samples if label in NOISES else cut_word(samples)
        place = self.path / label / speaker
        self._check_inside(place)
        with self._one_at_a_time:  # between choosing a name and using it
            path = next(free_files(place))
            write_clip(path, clip)
        return path.relative_to(self.path).as_posix()

    def delete(self, name: str) -> None:
        path = self._find(name)
        try:
            path.unlink()
            for parent in (path.parent, path.parent.parent):  # a label without clips is an error
                if parent != self.path and not any(parent.iterdir()):
                    parent.rmdir()
        except OSError as error:
            raise DataError(f"{path}: cannot be deleted ({error.strerror})") from error

    def noises(self, most: int) -> list[Samples]:
        """Returns some recorded noises, for augmentation."""
        paths = [entry.path for entry in self._entries() if entry.kind == "noise"]
        return [self.read(path.relative_to(self.path).as_posix()) for path in paths[:most] if path]

    def _find(self, name: str) -> Path:
        """Finds a listed clip; the page cannot reach any other path."""
        for entry in self._entries():
            if entry.path and entry.path.relative_to(self.path).as_posix() == name:
                self._check_inside(entry.path)
                return entry.path
        raise DataError("this clip does not exist; it may have been deleted: reload the page")

    def _check_inside(self, path: Path) -> None:
        if not path.resolve().is_relative_to(self.path.resolve()):
            raise DataError(f"{path}: the link points outside {self.path}; remove it")

    def _entries(self) -> list[Entry]:
        """Reads the entries, ignoring labels without clips, which training would reject."""
        if not self.path.is_dir():
            return []
        try:
            found = labelled.entries(self.path)
        except DataError:  # no recordings at all
            return []
        return [entry for entry in found if entry.path and entry.path.is_file()]


def check_name(what: str, name: str) -> None:
    """Checks that it can be a folder name."""
    if not NAME.fullmatch(name) or len(name) > LONGEST_NAME or name != name.strip(" ."):
        raise DataError(
            f"{what}: {name[:LONGEST_NAME]!r} is not a valid folder name; use letters and digits"
        )


def cut_word(samples: Samples) -> Samples:
    """Cuts the word as `tools.board record` does: with a quarter of a second before and after."""
    words = list(Words().push(samples))
    if len(words) == 1:
        return words[0]
    if words:
        raise NoWordError(f"{len(words)} words were recorded; say one")
    raise NoWordError("no complete word was recorded; start right away, speak louder or closer")


@lru_cache(maxsize=4)
def _splits(entries: Sequence[Entry], folder: Path) -> list[str]:
    """Splits as `train.kws --preset digits --data FOLDER` does, with its synthesized speakers."""
    settings = read_settings(PRESET, [])
    others = [entry for entry in list_entries(settings) if entry.kind != "noise"]
    names = split([*others, *entries], how_of(settings))
    return names[len(others) :]

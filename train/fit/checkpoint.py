"""The progress of a training stage in one file, written atomically after each epoch."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from train.cache import write_whole
from train.errors import DataError

Arrays = list[NDArray[Any]]


@dataclass
class Progress:
    """A stage after `len(history)` epochs."""

    identity: str  # the hash of settings, data and everything before this stage
    history: list[dict[str, float]] = field(default_factory=list)  # one entry per epoch
    finished: bool = False
    seconds: float = 0.0  # duration of the epochs
    variables: Arrays = field(default_factory=list)  # of the model, then of the optimizer
    best: Arrays = field(default_factory=list)  # weights of the epoch with the best validation


def save(path: Path, progress: Progress) -> None:
    """Saves the progress. A full disk is an error: a run that cannot be saved is worthless."""
    plain = asdict(progress)
    arrays = {f"v{i}": a for i, a in enumerate(plain.pop("variables"))}
    arrays |= {f"b{i}": a for i, a in enumerate(plain.pop("best"))}
    buffer = io.BytesIO()
    np.savez(buffer, plain=np.array(json.dumps(plain)), **arrays)
    try:
        write_whole(path, buffer.getvalue())
    except OSError as error:
        raise DataError(
            f"{path}: cannot be written ({error.strerror}); free some space, then run it again "
            "to resume after the last saved epoch"
        ) from error


def load(path: Path, identity: str) -> Progress | None:
    """The progress of the same stage of the same run, or None if it is missing or damaged."""
    try:
        with np.load(path, allow_pickle=False) as file:
            plain = json.loads(str(file["plain"]))
            if plain["identity"] != identity:
                return None
            return Progress(**plain, variables=_numbered(file, "v"), best=_numbered(file, "b"))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def _numbered(file: Any, letter: str) -> Arrays:
    count = sum(name.startswith(letter) for name in file.files)
    return [file[f"{letter}{i}"] for i in range(count)]


def values(variables: Sequence[Any]) -> Arrays:
    return [variable.numpy() for variable in variables]


def assign(variables: Sequence[Any], arrays: Arrays) -> None:
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)

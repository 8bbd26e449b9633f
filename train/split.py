"""Who is trained on and who is tested on: by speaker, so that no voice is on both sides."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from train.data.clip import DataError
from train.data.entry import Entry

SPLITS = ("train", "validation", "test")
TENTHS = 10  # one tenth each for validation and test
METHODS = ("speaker", "source", "clip")


class LeakWarning(UserWarning):
    """A split that lets the same voice into training and test."""


def split(
    entries: Sequence[Entry], method: str = "speaker", seed: int = 0, held_out: str = ""
) -> list[str]:
    """`train`, `validation` or `test` for each entry, 80/10/10, stratified by label.

    `speaker` keeps each voice on one side; `source` takes the lists that the sources came with;
    `clip` leaks voices and is there to reproduce papers. `held_out` chooses the test clips: those
    of a speaker, of a source, or of a fold of all speakers, such as `2/5`.
    """
    if held_out:
        return _checked(entries, _hold_out(entries, held_out, seed))
    if method == "source":
        return _checked(entries, _own_lists(entries))
    if method == "clip":
        warnings.warn(
            "split: clip lets the same voice into training and test; its accuracy is not that of "
            "a stranger's voice. Use split: speaker",
            LeakWarning,
            stacklevel=2,
        )
        return _by_tenths(_folds(entries, TENTHS, seed, by_speaker=False))
    if method != "speaker":
        raise DataError(f"split: {method!r} is not one of {', '.join(METHODS)}")
    return _checked(entries, _by_tenths(_folds(entries, TENTHS, seed, by_speaker=True)))


def speaker_folds(entries: Sequence[Entry], count: int, seed: int = 0) -> list[int]:
    """0 to count - 1 for each entry: folds for cross-validation, each speaker in one."""
    return _folds(entries, count, seed, by_speaker=True)


def _hold_out(entries: Sequence[Entry], what: str, seed: int) -> list[str]:
    """Of what is not held out, a tenth is for validation."""
    fold = re.fullmatch(r"(\d+)/(\d+)", what)
    if fold:
        number, count = int(fold[1]), int(fold[2])
        if not 1 <= number <= count or count < 2:
            raise DataError(
                f"data.held_out: {what} is no fold; expected 1/{count} to {count}/{count}"
            )
        testing = [f == number - 1 for f in speaker_folds(entries, count, seed)]
    else:
        testing = [what in (entry.speaker, entry.source) for entry in entries]
    if not any(testing):
        sources = ", ".join(sorted({entry.source for entry in entries}))
        raise DataError(
            f"data.held_out: no clip is of {what}; expected a speaker as manifest.csv has it, one "
            f"of the sources {sources}, or a fold such as 2/5"
        )
    crowds = _crowds(entry for entry, test in zip(entries, testing, strict=True) if not test)
    may_validate = [
        not test and (not crowds or entry.source in crowds)
        for entry, test in zip(entries, testing, strict=True)
    ]
    rest = [entry for entry, may in zip(entries, may_validate, strict=True) if may]
    folds = iter(_folds(rest, TENTHS, seed, by_speaker=True))
    numbers = [next(folds) if may else -1 for may in may_validate]
    return [
        "test" if test else "validation" if number == 0 else "train"
        for test, number in zip(testing, numbers, strict=True)
    ]


def _crowds(entries: Iterable[Entry]) -> set[str]:
    """Sources with so many speakers that training can spare a tenth of them."""
    speakers: dict[str, set[str]] = {}
    for entry in entries:
        speakers.setdefault(entry.source, set()).add(entry.speaker)
    return {source for source, known in speakers.items() if len(known) >= TENTHS}


def _folds(entries: Sequence[Entry], count: int, seed: int, by_speaker: bool) -> list[int]:
    speakers = [entry.speaker for entry in entries]
    different = len(set(speakers)) if by_speaker else len(entries)
    if different < 3:
        raise DataError(
            f"split: {different} {'speaker' if by_speaker else 'clip'}(s) cannot fill train, "
            "validation and test; record at least 3"
        )
    labels = [entry.label if entry.kind == "digits" else entry.kind for entry in entries]
    count = min(count, different)
    make_folds = StratifiedGroupKFold if by_speaker else StratifiedKFold
    groups = speakers if by_speaker else None
    folds = np.zeros(len(entries), int)
    with warnings.catch_warnings():
        # labels with fewer clips than folds cannot be in each; that is fine here
        warnings.filterwarnings("ignore", message="The least populated class")
        parts = make_folds(count, shuffle=True, random_state=seed).split(labels, labels, groups)
        for number, (_, chosen) in enumerate(parts):
            folds[chosen] = number
    return [int(fold) for fold in folds]


def _by_tenths(folds: list[int]) -> list[str]:
    return [{0: "test", 1: "validation"}.get(fold, "train") for fold in folds]


def _own_lists(entries: Sequence[Entry]) -> list[str]:
    for entry in entries:
        if entry.fold not in SPLITS:
            raise DataError(
                f"split: {entry.source} has no lists of its own for {', '.join(SPLITS)}; "
                "use split: speaker"
            )
    return [entry.fold for entry in entries]


def _checked(entries: Sequence[Entry], splits: list[str]) -> list[str]:
    """A speaker in two splits is an error, wherever the split came from."""
    home: dict[str, str] = {}
    for entry, name in zip(entries, splits, strict=True):
        if home.setdefault(entry.speaker, name) != name:
            raise DataError(
                f"split: speaker {entry.speaker} is in {home[entry.speaker]} and in {name}; "
                "use split: speaker"
            )
    empty = [name for name in ("train", "test") if name not in splits]
    if empty:
        raise DataError(f"split: {empty[0]} is empty; give clips of more speakers")
    return splits


def split_table(entries: Sequence[Entry], splits: Sequence[str]) -> str:
    """Clips and speakers of each split, by source, as text."""
    lines = [f"{'source':<16}" + "".join(f"{name:>24}" for name in SPLITS)]
    for source in sorted({entry.source for entry in entries}):
        cells = []
        for name in SPLITS:
            chosen = [
                e for e, s in zip(entries, splits, strict=True) if (e.source, s) == (source, name)
            ]
            speakers = len(Counter(entry.speaker for entry in chosen))
            cells.append(f"{len(chosen):,} of {speakers:,} speakers")
        lines.append(f"{source:<16}" + "".join(f"{cell:>24}" for cell in cells))
    return "\n".join(lines)

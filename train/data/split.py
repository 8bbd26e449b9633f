"""Who is trained on and who is tested on: by speaker, so that no voice is on both sides."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Sequence

import numpy as np

from train.data.entry import Entry
from train.errors import DataError, LeakWarning

SPLITS = ("train", "validation", "test")
TENTHS = 10  # one tenth each for validation and test
METHODS = ("speaker", "source", "clip")


def split(
    entries: Sequence[Entry],
    method: str = "speaker",
    seed: int = 0,
    held_out: str = "",
    validation: int = 1,
) -> list[str]:
    """`train`, `validation` or `test` for each entry, 80/10/10 where `validation` is one tenth,
    stratified by label.

    `speaker` keeps each voice on one side; `source` takes the lists that the sources came with;
    `clip` leaks voices and is there to reproduce papers. `held_out` chooses the test clips: those
    of a speaker, of a source, of a fold of all speakers, such as `2/5`, or of a fold that a source
    came with, such as `fold-2`.
    """
    if held_out:
        return _checked(entries, _hold_out(entries, held_out, seed, validation))
    if method == "source":
        return _checked(entries, _own_lists(entries))
    if method == "clip":
        warnings.warn(
            "split: clip lets the same voice into training and test; its accuracy is not that of "
            "a stranger's voice. Use split: speaker",
            LeakWarning,
            stacklevel=2,
        )
        _enough(len(entries), "clip")
        return _by_tenths(_folds(entries, TENTHS, seed, by_speaker=False), validation)
    if method != "speaker":
        raise DataError(f"split: {method!r} is not one of {', '.join(METHODS)}")
    return _checked(entries, _by_speaker(entries, seed, validation))


def speaker_folds(entries: Sequence[Entry], count: int, seed: int = 0) -> list[int]:
    """0 to count - 1 for each entry: folds for cross-validation, each speaker in one."""
    folds = np.zeros(len(entries), int)
    for group in _groups(entries):
        folds[group] = _folds([entries[i] for i in group], count, seed, by_speaker=True)
    return [int(fold) for fold in folds]


def own_folds(entries: Sequence[Entry]) -> list[str]:
    """Those that sources came with, other than train, validation and test."""
    return sorted({entry.fold for entry in entries} - {"", *SPLITS})


def _groups(entries: Sequence[Entry]) -> list[list[int]]:
    """What is split by itself, so that no source is on one side alone: each source with enough
    speakers to spare a tenth of them; the speakers of smaller ones together come last."""
    home: dict[str, str] = {}
    for entry in entries:
        home.setdefault(entry.speaker, entry.source)
    sizes = Counter(home.values())
    groups: dict[str, list[int]] = {}
    for i, entry in enumerate(entries):
        source = home[entry.speaker]
        groups.setdefault(source if sizes[source] >= TENTHS else "", []).append(i)
    return [groups[source] for source in sorted(groups, key=lambda source: (not source, source))]


def _by_speaker(
    entries: Sequence[Entry], seed: int, validation: int, testing: bool = True
) -> list[str]:
    """Tenths of each source for validation and one for tests. Few speakers are dear to
    training: beside a larger source they give none to validation, and one of them to tests."""
    _enough(len({entry.speaker for entry in entries}), "speaker")
    splits = np.full(len(entries), "train", object)
    groups = _groups(entries)
    for group in groups:
        chosen = [entries[i] for i in group]
        speakers = len({entry.speaker for entry in chosen})
        small = len(groups) > 1 and speakers < TENTHS
        if small and speakers < 3:
            continue  # a maker's own voice: to be learned
        folds = np.array(_folds(chosen, TENTHS, seed, by_speaker=True))
        if testing:
            splits[np.array(group)[folds == 0]] = "test"
        if not small:
            splits[np.array(group)[(folds >= 1) & (folds <= validation)]] = "validation"
    return [str(name) for name in splits]


def _hold_out(entries: Sequence[Entry], what: str, seed: int, validation: int) -> list[str]:
    """Of what is not held out, `validation` tenths are for validation."""
    fold = re.fullmatch(r"(\d+)/(\d+)", what)
    if fold:
        number, count = int(fold[1]), int(fold[2])
        if not 1 <= number <= count or count < 2:
            raise DataError(
                f"data.held_out: {what} is not a fold; give at least two folds, such as 1/5 to 5/5"
            )
        testing = [f == number - 1 for f in speaker_folds(entries, count, seed)]
    else:
        testing = [what in (entry.speaker, entry.source, entry.fold) for entry in entries]
    if not any(testing):
        sources = ", ".join(sorted({entry.source for entry in entries}))
        folds = ", ".join(own_folds(entries)) or "2/5"
        raise DataError(
            f"data.held_out: no clip is of {what}; expected a speaker as manifest.csv has it, one "
            f"of the sources {sources}, or a fold such as {folds}"
        )
    rest = [entry for entry, test in zip(entries, testing, strict=True) if not test]
    others = iter(_by_speaker(rest, seed, validation, testing=False))
    return ["test" if test else next(others) for test in testing]


def _folds(entries: Sequence[Entry], count: int, seed: int, by_speaker: bool) -> list[int]:
    speakers = [entry.speaker for entry in entries]
    different = len(set(speakers)) if by_speaker else len(entries)
    labels = [entry.label if entry.kind == "digits" else entry.kind for entry in entries]
    count = min(count, different)
    if count < 2:
        return [0] * len(entries)
    if max(Counter(labels).values()) < count:
        labels = [""] * len(labels)  # a handful of clips: no label can be in every fold
    # takes a second to import; a run that finds its split in the cache has no use for it
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

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


def _enough(count: int, what: str) -> None:
    if count < 3:
        raise DataError(
            f"split: {count} {what}(s) cannot fill train, validation and test; record at least 3"
        )


def _by_tenths(folds: list[int], validation: int) -> list[str]:
    names = ["test", *["validation"] * validation]
    return [names[fold] if fold < len(names) else "train" for fold in folds]


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
    empty = [name for name in SPLITS if name not in splits]
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
            some = "speaker" if speakers == 1 else "speakers"
            cells.append(f"{len(chosen):,} by {speakers:,} {some}")
        lines.append(f"{source:<16}" + "".join(f"{cell:>24}" for cell in cells))
    return "\n".join(lines)

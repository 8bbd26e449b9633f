"""Splits clips into training, validation and test data: by speaker, so that no voice is in two."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from train.cache import key_of
from train.data.entry import Entry
from train.data.sources.synthetic import named_for
from train.errors import DataError, LeakWarning

SPLITS = ("train", "validation", "test")
TENTHS = 10  # one tenth each for validation and test
METHODS = ("speaker", "source", "clip")
# part of each speaker's hash. Any number would do; this one was chosen so that small sets of
# synthesized voices, from four on, fill all three splits with seed 0
RULE = 3776
SEEDS_TRIED = 200  # limit of the search for another seed


@dataclass(frozen=True, kw_only=True)
class How:
    """`speaker` keeps each voice in one split, by its hash, so that new speakers move no others;
    `source` uses the lists that come with the sources; `clip` leaks voices and exists only to
    reproduce papers. `held_out` chooses the test clips: those of a speaker, of a source, of a fold
    of all speakers, such as `2/5`, or of a fold that a source defines, such as `fold-2`.
    `always_train` lists speakers or sources of which nothing is held back.
    """

    method: str = "speaker"
    seed: int = 0
    held_out: str = ""
    validation: int = 1  # tenths
    always_train: tuple[str, ...] = ()


def split(entries: Sequence[Entry], how: How = How()) -> list[str]:
    """`train`, `validation` or `test` for each entry."""
    if how.method not in METHODS:
        raise DataError(f"split: {how.method!r} is not one of {', '.join(METHODS)}")
    _check_always(entries, how)
    if how.method == "clip" and not how.held_out:
        warnings.warn(
            "split: clip lets the same voice into training and test; its accuracy is not that of "
            "a stranger's voice. Use split: speaker",
            LeakWarning,
            stacklevel=2,
        )
        _enough(len(entries), "clip")
        return _filled(entries, how, _sides(entries, how))
    if how.held_out or how.method == "speaker":
        _check_names(entries)
    return _filled(entries, how, _checked(entries, _sides(entries, how)))


def _sides(entries: Sequence[Entry], how: How) -> list[str]:
    always = [bool({entry.speaker, entry.source} & {*how.always_train}) for entry in entries]
    if how.held_out:
        sides = _hold_out(entries, how)
    elif how.method == "source":
        sides = _own_lists(entries)
    elif how.method == "clip":
        sides = _by_tenths(_folds(entries, TENTHS, how.seed, by_speaker=False), how.validation)
    else:
        sides = _by_hash(entries, how)
    return ["train" if learned else side for learned, side in zip(always, sides, strict=True)]


def _by_hash(entries: Sequence[Entry], how: How) -> list[str]:
    """The split of a speaker depends only on the seed, the source and the name."""
    speakers = {(entry.source, entry.speaker) for entry in entries}
    sides = {speaker: _side(_share(how.seed, *speaker), how.validation) for speaker in speakers}
    return [sides[entry.source, entry.speaker] for entry in entries]


def _share(seed: int, source: str, speaker: str) -> float:
    """A hash, evenly distributed from 0 to below 1."""
    return int(key_of(RULE, seed, source, speaker)[:13], 16) / 16**13


def _side(share: float, validation: int) -> str:
    if share < 1 / TENTHS:
        return "test"
    return "validation" if share < (1 + validation) / TENTHS else "train"


def side(seed: int, source: str, speaker: str, validation: int = 1) -> str:
    """The split of one speaker, by the same hash."""
    return _side(_share(seed, source, speaker), validation)


def speaker_folds(entries: Sequence[Entry], count: int, seed: int = 0) -> list[int]:
    """A fold, 0 to count - 1, for each entry: for cross-validation, each speaker is in one fold."""
    folds = np.zeros(len(entries), int)
    for group in _groups(entries):
        folds[group] = _folds([entries[i] for i in group], count, seed, by_speaker=True)
    return [int(fold) for fold in folds]


def own_folds(entries: Sequence[Entry]) -> list[str]:
    """The folds that sources define, other than train, validation and test."""
    return sorted({entry.fold for entry in entries} - {"", *SPLITS})


def _groups(entries: Sequence[Entry]) -> list[list[int]]:
    """Groups that are split separately, so that no source is in one split only: each source with
    enough speakers to spare a tenth of them; the speakers of all smaller ones come last."""
    home: dict[str, str] = {}
    for entry in entries:
        home.setdefault(entry.speaker, entry.source)
    sizes = Counter(home.values())
    groups: dict[str, list[int]] = {}
    for i, entry in enumerate(entries):
        source = home[entry.speaker]
        groups.setdefault(source if sizes[source] >= TENTHS else "", []).append(i)
    return [groups[source] for source in sorted(groups, key=lambda source: (not source, source))]


def _hold_out(entries: Sequence[Entry], how: How) -> list[str]:
    """Speakers who are not held out go to validation by the same hash as always, or to training."""
    testing = _held_out(entries, how)
    if not any(testing):
        sources = ", ".join(sorted({entry.source for entry in entries}))
        folds = ", ".join(own_folds(entries)) or "2/5"
        raise DataError(
            f"data.held_out: no clip is of {how.held_out}; expected a speaker as manifest.csv has "
            f"it, one of the sources {sources}, or a fold such as {folds}"
        )
    others = ["train" if side == "test" else side for side in _by_hash(entries, how)]
    return ["test" if test else other for test, other in zip(testing, others, strict=True)]


def _held_out(entries: Sequence[Entry], how: How) -> list[bool]:
    fold = _fold(how.held_out)
    if not fold:
        return [how.held_out in (entry.speaker, entry.source, entry.fold) for entry in entries]
    number, count = fold
    if not 1 <= number <= count or count < 2:
        raise DataError(
            f"data.held_out: {how.held_out} is not a fold; give at least two folds, "
            "such as 1/5 to 5/5"
        )
    return [f == number - 1 for f in speaker_folds(entries, count, how.seed)]


def _fold(held_out: str) -> tuple[int, int] | None:
    found = re.fullmatch(r"(\d+)/(\d+)", held_out)
    return (int(found[1]), int(found[2])) if found else None


def _folds(entries: Sequence[Entry], count: int, seed: int, by_speaker: bool) -> list[int]:
    speakers = [entry.speaker for entry in entries]
    different = len(set(speakers)) if by_speaker else len(entries)
    labels = [entry.label if entry.kind == "digits" else entry.kind for entry in entries]
    count = min(count, different)
    if count < 2:
        return [0] * len(entries)
    if max(Counter(labels).values()) < count:
        labels = [""] * len(labels)  # only a few clips: no label can be in every fold
    # takes a second to import, and most splits need no folds
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    make_folds = StratifiedGroupKFold if by_speaker else StratifiedKFold
    groups = speakers if by_speaker else None
    folds = np.zeros(len(entries), int)
    with warnings.catch_warnings():
        # labels with fewer clips than folds cannot be in each fold; that is fine here
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
                f"split: {entry.source} does not define {', '.join(SPLITS)}; use split: speaker"
            )
    return [entry.fold for entry in entries]


def _checked(entries: Sequence[Entry], splits: list[str]) -> list[str]:
    """Raises an error if a speaker is in two splits, whatever the method."""
    home: dict[str, str] = {}
    for entry, name in zip(entries, splits, strict=True):
        if home.setdefault(entry.speaker, name) != name:
            raise DataError(
                f"split: speaker {entry.speaker} is in {home[entry.speaker]} and in {name}; "
                "use split: speaker"
            )
    return splits


def _filled(entries: Sequence[Entry], how: How, sides: list[str]) -> list[str]:
    """No side may be empty; if chance leaves one empty, the error names a seed that does not."""
    empty = [name for name in SPLITS if name not in sides]
    if not empty:
        return sides
    if how.method == "source" and not how.held_out:
        raise DataError(f"split: {empty[0]} is empty; give clips of more speakers")
    free = {e.speaker for e in entries if not {e.speaker, e.source} & {*how.always_train}}
    _enough(len(free) + bool(how.always_train), "speaker")
    seed = _other_seed(entries, how)
    remedy = f"use --set seed={seed}, or give" if seed is not None else "give"
    raise DataError(
        f"split: {empty[0]} happens to be empty with seed {how.seed}; {remedy} clips of "
        "more speakers"
    )


def _other_seed(entries: Sequence[Entry], how: How) -> int | None:
    """The smallest seed with which no split is empty (in any fold, if folds are held out)."""
    fold = _fold(how.held_out)
    held_out = [f"{n}/{fold[1]}" for n in range(1, fold[1] + 1)] if fold else [how.held_out]
    for seed in range(SEEDS_TRIED):
        renamed = [named_for(entry, seed) for entry in entries]
        others = [replace(how, seed=seed, held_out=one) for one in held_out]
        if seed != how.seed and all({*_sides(renamed, o)} == {*SPLITS} for o in others):
            return seed
    return None


def _check_always(entries: Sequence[Entry], how: How) -> None:
    for name in how.always_train:
        if name == how.held_out:
            raise DataError(f"data.always_train: {name} is also held out for tests; choose one")
        if not any(name in (entry.speaker, entry.source) for entry in entries):
            sources = ", ".join(sorted({entry.source for entry in entries}))
            raise DataError(
                f"data.always_train: no clip is of {name}; expected a speaker such as "
                f"{entries[0].speaker}, or one of the sources {sources}"
            )


def _check_names(entries: Sequence[Entry]) -> None:
    """Rejects a voice in two sources: it would have two hashes."""
    home: dict[str, str] = {}
    for entry in entries:
        if home.setdefault(entry.speaker, entry.source) != entry.source:
            raise DataError(
                f"split: {entry.speaker} is a speaker of {home[entry.speaker]} and of "
                f"{entry.source}; give each voice its own name and source"
            )


def split_table(entries: Sequence[Entry], splits: Sequence[str]) -> str:
    """Number of clips and speakers per split and source, as text."""
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

"""A finished run as teacher: its float model scores the same windows with its own features."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from train.cache import Cache
from train.data.corpus import Corpus, label_names
from train.errors import DataError
from train.features.blocks import features_of
from train.features.examples import Examples
from train.fit.runs import FLOAT_FILE, Run, read_run
from train.fit.thresholds import without_bonus
from train.settings import Settings

MOST_NAMES = 10  # speakers listed in a message


def read_teacher(settings: Settings, corpus: Corpus) -> Run | None:
    """The run that the settings name, if any; a DataError if it cannot be the teacher."""
    if not settings.recipe.teacher_run:
        return None
    teacher = read_run(Path(settings.recipe.teacher_run))
    where, labels = f"recipe.teacher_run: {teacher.folder}", label_names(settings.data)
    if teacher.labels != labels:
        raise DataError(
            f"{where} knows {_listed(teacher.labels)}, and this run is to learn {_listed(labels)}; "
            "give both the same data.words, data.unknown and data.silence"
        )
    if teacher.config.sample_rate != settings.frontend.sample_rate:
        raise DataError(
            f"{where} works at {teacher.config.sample_rate:,} samples per second; give "
            "this run the same frontend.sample_rate"
        )
    _check_speakers(where, teacher, settings, corpus)
    return teacher


def _check_speakers(where: str, teacher: Run, settings: Settings, corpus: Corpus) -> None:
    """Rejects a teacher trained on speakers the student is judged on: it passes on what it
    learned."""
    if settings.data.split == "clip":
        return  # the same voices are in both splits on purpose, and a warning was printed
    splits = _splits_of(teacher)
    trained = {name for name, split in splits.items() if split == "train"}
    chosen = {name for name, split in splits.items() if split == "validation"}
    known = {"test": trained | chosen, "validation": trained}
    if leaked := {
        entry.speaker
        for entry, split in zip(corpus.entries, corpus.splits, strict=True)
        if entry.speaker in known.get(split, ())
    }:
        raise DataError(
            f"{where} was trained with speakers that this run is judged on: "
            f"{_some(sorted(leaked))}; give both runs the same recordings, seed, data.split, "
            "data.validation and data.held_out, or train the teacher again without them"
        )


def _splits_of(teacher: Run) -> dict[str, str]:
    """The teacher's training speakers: all of them if its clips were not split by speaker."""
    path = teacher.folder / "split.json"
    try:
        splits = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(
            f"{path}: cannot be read ({error}), so the speakers the teacher was trained with are "
            "unknown; train the teacher again"
        ) from error
    if not isinstance(splits, dict):
        raise DataError(f"{path}: does not list splits by speaker; train the teacher again")
    if teacher.settings.data.split == "clip":
        return dict.fromkeys(splits, "train")
    return {str(name): str(split) for name, split in splits.items()}


def _some(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMES
    return _listed(names[:MOST_NAMES]) + (f" and {more:,} more" if more > 0 else "")


def _listed(labels: Sequence[str]) -> str:
    return ", ".join(labels)


def teacher_digest(teacher: Run | None) -> str:
    """A hash that changes with its weights."""
    return hashlib.sha256((teacher.folder / FLOAT_FILE).read_bytes()).hexdigest() if teacher else ""


def teacher_scores(teacher: Run, examples: Examples, cache: Cache) -> NDArray[np.float32]:
    """Scores float32 [n, labels] of the examples, computed from the same samples, cut or padded to
    the teacher's window. Its bonus is taken back: a student gets its own."""
    from train.fit.run_scores import float_scores  # TensorFlow takes seconds to import

    blocks = [replace(block, through=teacher.config) for block in examples.blocks]
    scores = float_scores(teacher, features_of(blocks, cache, "features (teacher)"))
    words = np.arange(len(teacher.labels)) < len(teacher.settings.data.words)
    return without_bonus(scores, words, teacher.settings.recipe.bonus).astype(np.float32)

"""A finished run as a teacher: its float model hears the same windows, through its own features."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from train.cache import Cache
from train.data.corpus import label_names
from train.errors import DataError
from train.features.blocks import features_of
from train.features.examples import Examples
from train.fit.runs import Run, read_run
from train.settings import Settings


def read_teacher(settings: Settings) -> Run | None:
    """The run that the settings name, if they do; one that cannot teach this is a DataError."""
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
            f"{where} hears {teacher.config.sample_rate:,} samples a second; give this run the "
            f"same frontend.sample_rate"
        )
    return teacher


def _listed(labels: Sequence[str]) -> str:
    return ", ".join(labels)


def teacher_digest(teacher: Run | None) -> str:
    """Changes with its weights."""
    return hashlib.sha256((teacher.folder / "float.h5").read_bytes()).hexdigest() if teacher else ""


def teacher_scores(teacher: Run, examples: Examples, cache: Cache) -> NDArray[np.float32]:
    """float32 [n, labels] for each example, made of the same samples: cut to the teacher's window,
    or padded to it."""
    from train.fit.run_scores import float_scores  # TensorFlow takes seconds to import

    blocks = [replace(block, through=teacher.config) for block in examples.blocks]
    return float_scores(teacher, features_of(blocks, cache, "features (teacher)"))

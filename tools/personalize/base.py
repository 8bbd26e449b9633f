"""The run to be personalized: finished, with its recordings still in place."""

from __future__ import annotations

import json
from pathlib import Path

from convert.errors import ModelError
from convert.source import finished_runs, read_run
from train import RUNS
from train.cache import Cache
from train.data.corpus import read_corpus
from train.errors import DataError
from train.fit.personal import Base
from train.fit.runs import read_settings_of

MARK = "personal"  # in run.json


def newest_base(runs: Path = RUNS) -> Path:
    """Returns the newest base run, which stays the same after it was personalized."""
    for run in reversed(finished_runs(runs)):
        if not _mark(run):
            return run
    raise ModelError(
        f"{runs}: contains only personalized runs; train another with python -m train.kws"
    )


def read_base(run: Path, cache: Cache) -> Base:
    source = read_run(run)
    if name := _mark(run).get("base"):
        raise ModelError(
            f"{run}: is already personalized; give --run {run.parent / name}, and all voices in "
            "one folder"
        )
    settings = read_settings_of(run)
    if settings.recipe.quantization != "trained":
        raise ModelError(
            f"{run}: was not trained for int8, so training cannot continue; train it again with "
            "--set recipe.quantization=trained"
        )
    corpus = read_corpus(settings, cache)
    if corpus.fingerprint != source.described["data"]:
        raise DataError(
            f"{run}: its recordings have changed since it was trained; train it again with "
            "python -m train.kws"
        )
    return Base(run, settings, corpus, source.config, source.labels)


def check_free(run: Path) -> None:
    """Raises an error if the new run would overwrite one that is not personalized."""
    if (run / "run.json").exists() and not _mark(run):
        raise DataError(f"{run}: is a run that was not personalized; rename your folder")


def _mark(run: Path) -> dict[str, str]:
    """Returns a personalized run's entry in run.json; empty for other runs."""
    try:
        mark = json.loads((run / "run.json").read_text("utf-8")).get(MARK, {})
    except (OSError, ValueError, AttributeError):
        return {}  # read_run reports what is wrong
    return mark if isinstance(mark, dict) else {}

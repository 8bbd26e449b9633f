"""Reads a finished run: its description, and its recordings if they are unchanged."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from train.cache import Cache
from train.data.corpus import Corpus, read_corpus
from train.errors import ConfigError, DataError
from train.settings import TEST, Settings, build
from train.settings.frontend import FrontendConfig

INT8_FILE, FLOAT_FILE, INT8, FLOAT = "model.tflite", "float.h5", "int8", "float"
FILES = ("run.json", "settings.json", "metrics.json", FLOAT_FILE)
LOOKS = "test.json"  # looks at test data, recorded by train.test
Tree = dict[str, Any]


@dataclass(frozen=True)
class Run:
    """A finished run; `config` is the front end at the input scale of the int8 file, or at that of
    training if there is no int8 file."""

    folder: Path
    settings: Settings
    labels: list[str]
    config: FrontendConfig
    data: str  # fingerprint of the corpus
    metrics: Tree

    @property
    def model(self) -> Path:
        return self.folder / INT8_FILE

    @property
    def judged(self) -> str:
        """The model that it is compared by: the one for boards, if there is one."""
        return INT8 if INT8 in self.metrics["models"] else FLOAT

    @property
    def judged_on(self) -> str:
        """The role of the clips that its figures are measured on; older runs used test data."""
        return str(self.metrics.get("judged_on", TEST))

    @property
    def judged_file(self) -> Path:
        return self.model if self.judged == INT8 else self.folder / FLOAT_FILE

    @property
    def results(self) -> Tree:
        """The metrics of the judged model."""
        found: Tree = self.metrics["models"][self.judged]
        return found


def read_run(folder: Path) -> Run:
    """Reads a run; a DataError names the file that is missing or wrong."""
    if missing := _missing(folder):
        raise DataError(
            f"{folder}: not a finished run, {', '.join(missing)} is missing; run its "
            "python -m train.kws command again to finish it"
        )
    path = folder / "run.json"
    described = _tree(path)
    try:
        config = FrontendConfig.from_dict(described["frontend"])
        labels = [str(label) for label in described["labels"]]
        data = str(described["data"])
    except (KeyError, TypeError, ConfigError) as error:
        raise DataError(f"{path}: does not describe a run ({error}); train again") from error
    metrics = _tree(folder / "metrics.json")
    settings = read_settings_of(folder)
    judged = FLOAT if settings.recipe.quantization == "none" else INT8
    if not _is_tested(metrics, judged):
        path = folder / "metrics.json"
        raise DataError(f"{path}: has no {judged} model with windows; train again")
    return Run(folder, settings, labels, config, data, metrics)


def _missing(folder: Path) -> list[str]:
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing or read_settings_of(folder).recipe.quantization == "none":
        return missing
    return [] if (folder / INT8_FILE).is_file() else [INT8_FILE]


def read_settings_of(folder: Path) -> Settings:
    path = folder / "settings.json"
    try:
        settings: Settings = build(Settings, _tree(path), "")
    except ConfigError as error:
        raise DataError(f"{path}: does not describe a run ({error}); train again") from error
    return settings


def read_looks(folder: Path) -> list[Tree]:
    """The looks at test data that train.test recorded for a run, in order."""
    path = folder / LOOKS
    if not path.exists():
        return []
    try:
        looks = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read ({error}); restore it from a backup") from error
    if not isinstance(looks, list) or not all(isinstance(look, dict) for look in looks):
        raise DataError(f"{path}: is not a list of looks at test data; restore it from a backup")
    return looks


def read_corpus_of(settings: Settings, fingerprint: str, cache: Cache) -> Corpus:
    """The recordings of a run with these settings; a DataError if they have changed."""
    try:
        corpus = read_corpus(settings, cache)
    except (DataError, ConfigError) as error:
        raise DataError(
            f"the recordings of the run cannot be read ({error}); restore them, or train again"
        ) from error
    if corpus.fingerprint != fingerprint:
        raise DataError("the recordings of the run have changed; train again")
    return corpus


def _is_tested(metrics: Tree, judged: str) -> bool:
    models = metrics.get("models")
    found = models.get(judged) if isinstance(models, dict) else None
    if not isinstance(found, dict):
        return False
    accuracy, examples = found.get("accuracy"), found.get("examples")
    return (
        isinstance(accuracy, float | int)
        and math.isfinite(accuracy)
        and isinstance(examples, int)
        and examples > 0
    )


def _tree(path: Path) -> Tree:
    try:
        tree = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise DataError(f"{path}: does not describe a run ({error}); train again") from error
    if not isinstance(tree, dict):
        raise DataError(f"{path}: does not describe a run (no fields and values); train again")
    return tree

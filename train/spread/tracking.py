"""Records a finished run in MLflow: settings, epochs, metrics, report and model.

It reads the run's folder, so that an interrupted training has one complete record.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from train.errors import TrackError

if TYPE_CHECKING:
    from mlflow import MlflowClient

FOLDER = Path("build/mlflow")
EXPERIMENT = "tinykws"
DIGEST = "tinykws.digest"  # the tag that identifies a run
READ = ("settings.json", "history.json", "metrics.json", "trial.json")  # if present
KEPT = ("report.html", "model.tflite")
MOST_PARAMETERS, MOST_METRICS = 100, 1_000  # limit per request


@dataclass(frozen=True)
class Tracker:
    where: str
    client: MlflowClient
    experiment: str

    def track(self, run: Path) -> str:
        """Records a run once; returns a line about it."""
        digest = _digest(run)
        known = f"tags.`{DIGEST}` = '{digest}' and attributes.status = 'FINISHED'"
        try:
            if self.client.search_runs([self.experiment], known):
                return f"MLflow: {run} is already in {self.where}"
            self._record(run, digest)
        except _errors() as error:
            raise TrackError(
                f"MLflow at {self.where}: {str(error).splitlines()[0]}; the run itself is "
                "complete; run it again to retry"
            ) from error
        return f"MLflow: {run} recorded in {self.where}"

    def _record(self, run: Path, digest: str) -> None:
        created = self.client.create_run(self.experiment, run_name=run.name, tags={DIGEST: digest})
        number = created.info.run_id
        trees = {name: json.loads((run / name).read_text()) for name in READ if _has(run, name)}
        self._parameters(number, dict(_flat(trees["settings.json"])))
        metrics = [*_epochs(trees["history.json"]), *_final(trees)]
        self._metrics(number, metrics)
        for name in KEPT:
            if _has(run, name):
                self.client.log_artifact(number, str(run / name))
        self.client.set_terminated(number)

    def _parameters(self, number: str, parameters: Mapping[str, Any]) -> None:
        from mlflow.entities import Param

        entities = [Param(key, str(value)) for key, value in parameters.items()]
        for start in range(0, len(entities), MOST_PARAMETERS):
            self.client.log_batch(number, params=entities[start : start + MOST_PARAMETERS])

    def _metrics(self, number: str, metrics: Sequence[tuple[str, float, int]]) -> None:
        from mlflow.entities import Metric

        now = int(1_000 * time.time())
        entities = [Metric(key, value, now, step) for key, value, step in metrics]
        for start in range(0, len(entities), MOST_METRICS):
            self.client.log_batch(number, metrics=entities[start : start + MOST_METRICS])


def open_tracker(wanted: bool) -> Tracker | None:
    """Called before the work, so that a missing package or server is reported immediately."""
    if not wanted:
        return None
    # otherwise it would send usage data to its makers
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    for name in ("alembic", "mlflow"):
        logging.getLogger(name).setLevel(logging.WARNING)
    try:
        import alembic  # noqa: F401  needed by its database
        from mlflow import MlflowClient
    except ImportError as error:
        raise TrackError(
            f"--mlflow needs MLflow ({error}); run: {sys.executable} -m pip install mlflow-skinny "
            "sqlalchemy alembic"
        ) from error
    where, artifacts = os.environ.get("MLFLOW_TRACKING_URI", ""), None
    try:
        if not where:
            FOLDER.mkdir(parents=True, exist_ok=True)
            where = f"sqlite:///{FOLDER / 'mlflow.db'}"
            artifacts = (FOLDER / "artifacts").absolute().as_uri()
        client = MlflowClient(where)
        known = client.get_experiment_by_name(EXPERIMENT)
        number = known.experiment_id if known else client.create_experiment(EXPERIMENT, artifacts)
    except _errors() as error:
        raise TrackError(
            f"MLflow at {where or FOLDER}: {str(error).splitlines()[0]}; set MLFLOW_TRACKING_URI "
            "to a server or a writable folder"
        ) from error
    return Tracker(where, client, number)


def _errors() -> tuple[type[Exception], ...]:
    from mlflow.exceptions import MlflowException

    return (MlflowException, OSError)


def _digest(run: Path) -> str:
    digest = hashlib.sha256()
    for name in READ:
        digest.update((run / name).read_bytes() if _has(run, name) else b"")
    return digest.hexdigest()[:32]


def _has(run: Path, name: str) -> bool:
    return (run / name).is_file()


def _flat(tree: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value


def _epochs(history: Mapping[str, Any]) -> Iterator[tuple[str, float, int]]:
    """Metrics by stage, such as float.validation_loss."""
    for stage, epochs in history.items():
        for number, figures in enumerate(epochs, start=1):
            yield from (
                (f"{stage}.{name}", float(value), number) for name, value in figures.items()
            )


def _final(trees: Mapping[str, Any]) -> Iterator[tuple[str, float, int]]:
    """Metrics of the tests, such as test.int8.accuracy and test.int8.by_snr.20."""
    metrics = trees.get("metrics.json", {})
    if "sparsity" in metrics:
        yield "sparsity", float(metrics["sparsity"]), 0
    for model, found in metrics.get("models", {}).items():
        wanted = {name: found[name] for name in ("accuracy", "by_snr", "by_level") if name in found}
        yield from ((f"test.{model}.{key}", float(value), 0) for key, value in _flat(wanted))
    if "trial.json" in trees:
        yield "trial.accuracy", float(trees["trial.json"]["accuracy"]), 0

"""Trainings in separate processes: one after another here, or distributed over a cluster."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from train.cache import open_cache
from train.errors import DataError, JobError
from train.fit.runs import read_corpus_of, read_run
from train.settings import Settings, to_tree
from train.spread.cluster import Cluster, Parcel, cluster_at
from train.spread.progress import tqdm
from train.spread.tracking import open_tracker


@dataclass(frozen=True)
class Job:
    name: str  # for messages
    module: str  # the command: takes --preset and --run, writes to the run's folder
    settings: Settings
    folder: Path


def is_finished(job: Job) -> bool:
    """Whether it is finished with these settings and the current recordings."""
    try:
        run = read_run(job.folder)
        read_corpus_of(run.settings, run.data, open_cache())
    except DataError:
        return False
    return run.settings == job.settings


def finish(jobs: Sequence[Job], scheduler: str | None, mlflow: bool, what: str) -> None:
    """Trains those that are not finished; logs all of them if requested."""
    tracker = open_tracker(mlflow)  # report what is missing for it before the work starts
    left = [job for job in jobs if not is_finished(job)]
    with cluster_at(scheduler) as cluster:
        for _ in run_jobs(left, cluster, what):
            pass
    if tracker:
        for job in jobs:
            print(tracker.track(job.folder))


def run_jobs(jobs: Sequence[Job], cluster: Cluster | None, what: str) -> Iterator[Job]:
    """Yields each job when it is done; on a cluster in any order."""
    if cluster is None:
        for number, job in enumerate(jobs, start=1):
            print(f"--- {job.name} ({number} of {len(jobs)})", flush=True)
            _run_here(job)
            yield job
        return
    parcels = [Parcel(job.name, job.module, to_tree(job.settings), job.folder) for job in jobs]
    with tqdm(total=len(jobs), desc=what, unit=f" {what}") as bar:
        for number, (index, worker) in enumerate(cluster.train(parcels), start=1):
            bar.write(f"--- {jobs[index].name} ({number} of {len(jobs)}): done by {worker}")
            bar.update()
            yield jobs[index]


def _run_here(job: Job) -> None:
    # the settings or recordings of what is there are different: train again
    (job.folder / "run.json").unlink(missing_ok=True)
    # one process each, because TensorFlow does not release memory
    with tempfile.TemporaryDirectory(prefix="tinykws-") as folder:
        preset = Path(folder) / "settings.yaml"
        preset.write_text(yaml.safe_dump(to_tree(job.settings), sort_keys=False))
        command = [sys.executable, "-m", job.module, "--preset", str(preset)]
        done = subprocess.run([*command, "--run", str(job.folder)], check=False)
    if done.returncode:
        raise JobError(
            f"{job.name}: the training failed (exit code {done.returncode}), see above; run "
            "the same command again to resume"
        )

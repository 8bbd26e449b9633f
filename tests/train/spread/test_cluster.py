"""Work that is spread over a real Dask cluster: the same results, also when a worker dies."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.train.cluster import PROJECT, Cluster, local_cluster, until
from tests.train.small import SMALL
from train.cache import Cache
from train.crossval import main as crossval
from train.data.sources import synthetic
from train.errors import ClusterError
from train.features.blocks import Block, features_of
from train.kws import main as kws
from train.search import main as search
from train.settings import Augmentation
from train.settings.frontend import FrontendConfig
from train.spread.cluster import cluster_at
from train.spread.workers import helped_by, in_parallel

SPACE = """
model.family: [tc_resnet, ds_cnn]
model.budget: {low: 5000, high: 30000, log: true}
recipe.learning_rate: {low: 0.001, high: 0.01, log: true}
"""


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with local_cluster(tmp_path) as started:
        yield started


def whose(_: int) -> int:
    return os.getpid()


def train_and_kill(arguments: list[str], cluster: Cluster) -> Path:
    """Runs a command on the cluster, and kills a worker once its training has done an epoch, so
    that something is there to be lost. The folder of that training, on the workers' machine."""
    from distributed import Client

    command = [sys.executable, "-m", *arguments, "--scheduler", cluster.address]

    def one_under_way() -> tuple[int, Path] | None:
        for log in sorted(cluster.cache.glob("jobs/*/*/log.txt")):
            if "float: epoch 1 of" in log.read_text():
                key = log.parents[1].name
                for address, tasks in client.processing().items():
                    if any(key in task for task in tasks):
                        return client.run(os.getpid, workers=[address])[address], log.parent
        return None

    with (
        Client(cluster.address, set_as_default=False) as client,
        subprocess.Popen(command, cwd=PROJECT) as process,
    ):
        pid, folder = until(one_under_way, process)
        cluster.kill_whoever(pid)
        assert process.wait() == 0
        assert len(client.processing()) == 1  # one worker did the rest
    return folder


def test_features_are_computed_elsewhere_and_are_the_same(cluster: Cluster, tmp_path: Path) -> None:
    clips = tuple((entry, f"{i:032x}") for i, entry in enumerate(synthetic.entries(1)[:4]))
    config = FrontendConfig()
    blocks = [
        Block(config=config, seed=1, clips=clips),
        Block(config=config, seed=1, clips=clips, copies=2, ranges=Augmentation()),
        Block(config=config, seed=1, clips=clips, snr=5.0),
        Block(config=config, seed=1, silences=4, ranges=Augmentation()),
    ]
    here = features_of(blocks, Cache(tmp_path / "here"), "here")
    with cluster_at(cluster.address) as there:
        assert there
        with helped_by(there):
            found = features_of(blocks, Cache(tmp_path / "there"), "there")
            pids = set(in_parallel(whose, range(40), "whose"))
    np.testing.assert_array_equal(found, here)
    assert pids == {worker.pid for worker in cluster.workers}
    assert set(in_parallel(whose, range(2), "whose")) == {os.getpid()}


def test_folds_end_the_same_though_a_worker_dies(cluster: Cluster, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    command = [*SMALL, "--by", "2", "--runs"]
    killed = train_and_kill(["train.crossval", *command, str(there)], cluster)
    assert crossval([*command, str(here)]) == 0
    for fold in ("1-2", "2-2"):
        for name in ("metrics.json", "history.json", "settings.json", "run.json", "model.tflite"):
            assert (there / fold / name).read_bytes() == (here / fold / name).read_bytes(), name
        assert (there / fold / "report.html").stat().st_size > 10_000
    assert (there / "crossval.json").read_text() == (here / "crossval.json").read_text()
    log = (there / killed.name / "log.txt").read_text()
    assert log.count("float: epoch 1 of 2") == 1  # whoever took over went on from there
    assert not list(cluster.cache.glob("jobs/*"))  # nothing is left behind

    finished = (there / "1-2" / "log.txt").stat().st_mtime_ns
    assert crossval([*command, str(there), "--scheduler", cluster.address]) == 0
    assert (there / "1-2" / "log.txt").stat().st_mtime_ns == finished  # nothing is done twice


@pytest.mark.slow  # folds show above that a worker may die
def test_trials_are_the_same_stopped_and_resumed_or_on_a_cluster_that_loses_a_worker(
    cluster: Cluster, tmp_path: Path
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    space = tmp_path / "space.yaml"
    space.write_text(SPACE)
    fixed = [change for change in SMALL[1::2] if not change.startswith("model.")]  # not searched
    command = [word for change in fixed for word in ("--set", change)]
    command += ["--space", str(space), "--parameters", "20000", "--epochs", "2"]
    command += ["--trials", "3", "--batch", "2", "--folder"]
    killed = train_and_kill(["train.search", *command, str(there)], cluster)
    assert (there / "trials" / killed.name / "log.txt").read_text().count("epoch 1 of 2") == 1

    with subprocess.Popen([sys.executable, "-m", "train.search", *command, str(here)]) as process:
        until(lambda: list(here.glob("trials/*/trial.json")), process)
        process.kill()
    assert search([*command, str(here)]) == 0
    for name in ("search.json", "best.yaml"):
        assert (there / name).read_text() == (here / name).read_text()
    trials = json.loads((here / "search.json").read_text())["trials"]
    assert [trial["number"] for trial in trials] == [1, 2, 3]
    assert any(trial["accuracy"] is not None for trial in trials)


@pytest.mark.parametrize(
    ("command", "arguments"), [(kws, []), (crossval, ["--by", "2"]), (search, ["--trials", "1"])]
)
def test_a_scheduler_that_is_not_there_is_one_line(
    command: object, arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setattr("train.spread.cluster.PATIENCE", 1)
    assert callable(command)
    assert command([*SMALL, *arguments, "--scheduler", "tcp://127.0.0.1:9"]) == 1
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("error: --scheduler tcp://127.0.0.1:9: does not answer")


def test_a_training_that_fails_elsewhere_says_why(cluster: Cluster, tmp_path: Path) -> None:
    wrong = [*SMALL, "--set", "model.family=transformer", "--by", "2", "--runs", str(tmp_path)]
    command = [sys.executable, "-m", "train.crossval", *wrong, "--scheduler", cluster.address]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    error = done.stderr.strip().splitlines()[-1]
    assert error.startswith("error: 1/2, on tcp://") or error.startswith("error: 2/2, on tcp://")
    assert "model.family: 'transformer' is not one of" in error


def test_a_worker_with_other_code_is_refused(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("train.spread.cluster.code", lambda: "of tomorrow")
    with (
        cluster_at(cluster.address) as there,
        pytest.raises(ClusterError, match="different version of tinykws"),
    ):
        assert there
        with helped_by(there):
            list(in_parallel(whose, [1], "whose"))

"""A run in MLflow, read back from its database."""

import sys
from pathlib import Path

import pytest

from tests.train.small import SMALL
from train.kws import main


def test_a_run_is_recorded_once_and_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("train.spread.tracking.FOLDER", tmp_path / "mlflow")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    command = [*SMALL, "--run", str(tmp_path / "run"), "--mlflow"]
    assert main(command) == 0
    assert f"{tmp_path / 'run'} recorded in sqlite:///" in capsys.readouterr().out
    assert main(command) == 0
    assert "already" in capsys.readouterr().out

    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{tmp_path / 'mlflow' / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("tinykws")
    assert experiment
    (run,) = client.search_runs([experiment.experiment_id])
    assert run.info.run_name == "run" and run.info.status == "FINISHED"
    assert run.data.params["model.family"] == "tc_resnet"
    assert run.data.params["recipe.epochs"] == "2"
    losses = client.get_metric_history(run.info.run_id, "float.validation_loss")
    assert [metric.step for metric in losses] == [1, 2]
    assert 0 <= run.data.metrics["test.int8.accuracy"] <= 1
    assert "test.int8.by_snr.-5" in run.data.metrics
    kept = {Path(file.path).name for file in client.list_artifacts(run.info.run_id)}
    assert kept == {"report.html", "model.tflite"}


def test_a_place_that_cannot_be_written_is_one_line_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("train.spread.tracking.FOLDER", Path("/dev/null/mlflow"))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert main([*SMALL, "--run", str(tmp_path / "run"), "--mlflow"]) == 1
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("error: MLflow at ") and "MLFLOW_TRACKING_URI" in error
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("option", "library", "remedy"),
    [
        (["--mlflow"], "mlflow", "-m pip install mlflow-skinny"),
        (["--scheduler", "tcp://127.0.0.1:9"], "distributed", "-m pip install 'dask[distributed]'"),
    ],
)
def test_what_is_not_installed_is_named_with_the_remedy(
    option: list[str], library: str, remedy: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setitem(sys.modules, library, None)  # as Python marks what cannot be imported
    assert main([*SMALL, "--run", str(tmp_path / "run"), *option]) == 1
    assert remedy in capsys.readouterr().err

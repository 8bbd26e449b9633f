"""Test speakers are looked at by one command, which records each look."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.train.small import SMALL
from train import kws
from train.fit.runs import read_run
from train.judge.statistics import interval
from train.test import main, model_digest

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained") / "run"
    assert kws.main([*SMALL, "--run", str(folder)]) == 0
    return folder


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(trained, tmp_path / "runs" / "one"))


def tree(path: Path) -> Any:
    return json.loads(path.read_text())


def speakers(run: Path, split: str) -> set[str]:
    return {name for name, one in tree(run / "split.json").items() if one == split}


def test_training_looks_at_development_speakers_alone(trained: Path) -> None:
    metrics = tree(trained / "metrics.json")
    assert metrics["judged_on"] == "development"
    for model in metrics["models"].values():
        assert set(model["by_speaker"]) == speakers(trained, "validation")
        assert "-5" in model["by_snr"] and "-50" in model["by_level"]
    page = (trained / "report.html").read_text()
    assert "development windows" in page and "test windows" not in page
    assert not (trained / "test.json").exists()
    assert f"python -m train.test {trained}" in (trained / "log.txt").read_text()


def test_a_look_says_what_test_speakers_get_and_is_recorded(run: Path, capsys: Capture) -> None:
    before = {path: path.read_bytes() for path in run.glob("*.json")}
    assert main([str(run)]) == 0
    (look,) = tree(run / "test.json")
    figures = look["figures"]
    assert set(figures["by_speaker"]) == speakers(run, "test")
    assert look["look"] == 1 and look["judged"] == "int8"
    assert look["model"] == model_digest(read_run(run))
    assert look["data"] == tree(run / "run.json")["data"]
    assert look["date"].endswith("+00:00")
    said = capsys.readouterr().out
    share, windows = figures["accuracy"], figures["examples"]
    low, high = interval(round(share * windows), windows)
    assert f"{100 * share:.2f} % of {windows} windows of 1 speaker," in said
    assert f"95 % interval {100 * low:.1f} to {100 * high:.1f} %" in said
    one = figures["by_label"]["one"]
    (row,) = (line for line in said.splitlines() if line.startswith("| one "))
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[1:3] == [f"{100 * one['precision']:.1f}", f"{100 * one['recall']:.1f}"]
    assert "| synthetic " in said and "BEFORE" not in said
    assert before == {path: path.read_bytes() for path in before}  # of development, as they were


def test_a_second_look_says_so_first_and_leaves_the_first_on_record(
    run: Path, capsys: Capture
) -> None:
    assert main([str(run)]) == main([str(run)]) == 0
    first, second = tree(run / "test.json")
    assert (first["look"], second["look"]) == (1, 2)
    assert first["figures"] == second["figures"]
    said = capsys.readouterr().out
    said = said[said.index("look 1 is recorded") :].split("\n", 1)[1]
    assert said.startswith("*** THIS TEST DATA WAS LOOKED AT 1 TIME BEFORE, last at ")


def test_a_look_by_another_run_at_the_same_data_counts(run: Path, capsys: Capture) -> None:
    """Whoever tests ten runs and keeps the best has chosen on test data."""
    assert main([str(run)]) == 0
    another = shutil.copytree(run, run.parent / "two", ignore=lambda *_: {"test.json"})
    capsys.readouterr()
    assert main([str(another)]) == 0
    assert capsys.readouterr().out.startswith("*** THIS TEST DATA WAS LOOKED AT 1 TIME BEFORE")
    elsewhere = tree(run / "test.json")
    (run / "test.json").write_text(json.dumps([elsewhere[0] | {"data": "other"}]))
    (another / "test.json").unlink()
    assert main([str(another)]) == 0
    assert not capsys.readouterr().out.startswith("***")


def test_a_record_outlives_another_training_in_the_same_folder(run: Path) -> None:
    """With other settings it is refused, and with the same ones nothing is lost."""
    assert main([str(run)]) == 0
    first = tree(run / "test.json")
    assert kws.main([*SMALL, "--set", "recipe.learning_rate=0.001", "--run", str(run)]) == 1
    assert kws.main([*SMALL, "--run", str(run)]) == 0
    assert tree(run / "test.json") == first


def held_out(run: Path) -> None:
    settings = tree(run / "settings.json")
    settings["data"]["held_out"] = "1/3"
    (run / "settings.json").write_text(json.dumps(settings))


BAD = {
    "unfinished": (lambda run: (run / "run.json").unlink(), "run.json is missing"),
    "held out": (held_out, "has no test data: the clips of data.held_out=1/3"),
    "other recordings": (
        lambda run: (run / "run.json").write_text(
            json.dumps(tree(run / "run.json") | {"data": "other"})
        ),
        "recordings of the run have changed",
    ),
    "no record": (lambda run: (run / "test.json").write_text("{"), "test.json: cannot be read"),
    "an odd record": (lambda run: (run / "test.json").write_text("{}"), "is not a list of looks"),
}


@pytest.mark.parametrize("what", BAD)
def test_what_cannot_be_tested_is_one_line_and_no_look(
    what: str, run: Path, capsys: Capture
) -> None:
    change, message = BAD[what]
    change(run)
    record = run / "test.json"
    before = record.read_text() if record.exists() else None
    assert main([str(run)]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    (error,) = said.err.splitlines()
    assert error.startswith("error: ") and message in error
    assert (record.read_text() if record.exists() else None) == before

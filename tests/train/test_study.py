"""A study trains each try and says how far it is from the settings as they are."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from train.errors import ConfigError
from train.settings import read_settings
from train.study import STUDIES, main, read_study, runs_of
from train.tune.jobs import Job, is_finished

SMALL = """
preset: synthetic
set: [data.synthetic.speakers=6, augmentation.copies=0, model.family=res_ds, model.budget=6000,
      recipe.epochs=1, recipe.quantization=none]
base_seeds: 2
tries:
  - {name: "no label smoothing, at all", set: [recipe.label_smoothing=0]}
"""


def test_every_study_that_comes_along_has_settings_that_exist() -> None:
    for path in STUDIES.glob("*.yaml"):
        study = read_study(path.stem)
        runs = list(runs_of(study, Path("runs")))
        assert len(runs) == study.base_seeds + study.seeds * len(study.tries)
        assert len({run.folder for run in runs}) == len(runs)
        wanted = {str(read_settings(study.preset, run.changes)) for run in runs}
        assert len(wanted) == len(runs)  # no try is the settings as they are


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("preset: synthetic", "expected a preset and a list of tries"),
        ("tries: [{name: a, sets: []}]", "tries[0].sets: no such setting"),
        ("tries: []\nbase_seeds: 0", "give at least 1"),
        ("tries: []\npresets: digits", "did you mean preset?"),
        ("tries: [", "is not a valid study"),
    ],
)
def test_a_study_that_makes_no_sense(text: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(text)
    with pytest.raises(ConfigError) as error:
        read_study(str(tmp_path / "own.yaml"))
    assert says in str(error.value)


def test_a_wrong_setting_of_the_last_try_is_told_before_anything_is_trained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "own.yaml").write_text(f"{SMALL}  - {{name: wrong, set: [recipe.epoch=1]}}\n")
    assert main([str(tmp_path / "own.yaml"), "--runs", str(tmp_path / "runs")]) == 1
    assert "recipe.epoch: no such setting" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


def test_a_study_from_end_to_end(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "docs").mkdir()
    page = tmp_path / "results.md"
    page.write_text("# Results\n\n<!-- study-own: begin -->\n<!-- study-own: end -->\n")
    monkeypatch.setattr("train.study.PAGE", page)
    (tmp_path / "own.yaml").write_text(SMALL)
    arguments = [str(tmp_path / "own.yaml"), "--runs", str(tmp_path / "runs"), "--write"]
    assert main(arguments) == 0
    first = capfd.readouterr().out
    rows = [line for line in first.splitlines() if line.startswith("| ")]
    assert [row.split("|")[1].strip() for row in rows[1:]] == [
        "as it is",
        "no label smoothing, at all",
    ]
    assert "±" in rows[1] and "±" not in rows[2]
    assert rows[1] in page.read_text()
    study = read_study(arguments[0])
    written = {run.folder: (run.folder / "run.json").stat().st_mtime_ns for run in
               runs_of(study, tmp_path / "runs")}  # fmt: skip
    right = [json.loads((folder / "metrics.json").read_text()) for folder in written]
    assert len(right) == 3

    assert main(arguments) == 0  # nothing is trained again
    assert {f: (f / "run.json").stat().st_mtime_ns for f in written} == written
    last = list(runs_of(study, tmp_path / "runs"))[-1]
    job = Job("last", "train.kws", read_settings(study.preset, last.changes), last.folder)
    assert is_finished(job)
    assert not is_finished(replace(job, settings=replace(job.settings, seed=9)))
    described = json.loads((last.folder / "run.json").read_text())
    (last.folder / "run.json").write_text(json.dumps(described | {"data": "others"}))
    assert not is_finished(job)  # its recordings have changed since

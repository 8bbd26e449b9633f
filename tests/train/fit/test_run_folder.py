"""Where a training may write: never over other work, and never two at a time."""

import dataclasses
import json
import multiprocessing
from pathlib import Path

import pytest

from train import PROJECT
from train.errors import ConfigError
from train.fit.run_folder import check_run_folder, claimed
from train.kws import main
from train.settings import Settings, to_tree

SETTINGS = Settings()


def finished(folder: Path, settings: Settings) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "settings.json").write_text(json.dumps(to_tree(settings)))
    (folder / "run.json").write_text("{}")
    return folder


def test_new_and_empty_folders_and_those_of_a_run_are_fine(tmp_path: Path) -> None:
    check_run_folder(tmp_path / "new", SETTINGS)
    check_run_folder(tmp_path, SETTINGS)
    with claimed(tmp_path):
        pass
    (tmp_path / "log.txt").write_text("stopped at once")
    check_run_folder(tmp_path, SETTINGS)
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "identity").write_text("0123")
    check_run_folder(tmp_path, dataclasses.replace(SETTINGS, seed=1))  # nothing is lost but epochs
    check_run_folder(finished(tmp_path / "done", SETTINGS), SETTINGS)


def test_the_source_folder_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--run", str(PROJECT / "firmware")]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert (
        "firmware: contains files that are not part of a run" in said
        and "give another --run" in said
    )
    assert not (PROJECT / "firmware" / "log.txt").exists()


@pytest.mark.parametrize("run", ["README.md", "README.md/run"])
def test_a_file_is_refused_in_one_line(run: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--run", str(PROJECT / run)]) == 1
    said = capsys.readouterr().err
    assert said.startswith("error: --run ") and "is not a directory; give another" in said
    assert said.count("\n") == 1


def test_a_finished_run_with_other_settings_is_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = finished(tmp_path, SETTINGS)
    before = sorted(path.read_bytes() for path in run.iterdir())
    assert main(["--run", str(run), "--set", "seed=1", "--set", "recipe.epochs=2"]) == 1
    said = capsys.readouterr().err
    assert "contains a finished run with other settings" in said
    assert "seed 0, now 1" in said and "now 2" in said and "delete it" in said
    assert sorted(path.read_bytes() for path in run.iterdir()) == before


def _claim(folder: Path, answer: "multiprocessing.Queue[str]") -> None:
    try:
        with claimed(folder):
            answer.put("mine")
    except ConfigError as error:
        answer.put(str(error))


def asked_by_another(folder: Path) -> str:
    context = multiprocessing.get_context("spawn")
    answer = context.Queue()
    process = context.Process(target=_claim, args=(folder, answer))
    process.start()
    said = answer.get(timeout=60)
    process.join()
    return str(said)


def test_two_trainings_do_not_share_a_folder(tmp_path: Path) -> None:
    with claimed(tmp_path):
        said = asked_by_another(tmp_path)
        assert said.startswith(f"another training is writing to {tmp_path}; ")
    assert asked_by_another(tmp_path) == "mine"

"""Whether a bundle is still what would be generated from its model today."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from convert.check import main
from tests.convert.models import family


def edit(name: str, old: str, new: str) -> Callable[[Path], object]:
    def change(folder: Path) -> None:
        text = (folder / name).read_text()
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1))

    return change


def another_front_end(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["frontend"]["pre_emphasis"] = 0.5
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")


CHANGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "edited by hand": (edit("kws_settings.h", "KWS_LABELS 12", "KWS_LABELS 11"), "differs"),
    "front end of another": (another_front_end, "differs"),
    "templates of another time": (
        edit("manifest.json", '"templates": "', '"templates": "0'), "differs in templates"),
    "weights changed": (edit("model_data.cc", "0x54, 0x46", "0x54, 0x47"), "not the model"),
    "a file missing": (lambda folder: (folder / "kws_op_resolver.h").unlink(), "is missing"),
    "a file too many": (lambda folder: (folder / "old.h").write_text(""), "not part of the bundle"),
}  # fmt: skip


def test_a_fresh_bundle_belongs_to_its_run(
    run: Path, bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(bundle), "--run", str(run)]) == 0
    assert "has this front end, labels, data, model" in capsys.readouterr().out
    (tmp_path / "firmware" / "lib").mkdir(parents=True)
    shutil.copytree(bundle, tmp_path / "firmware" / "lib" / "model")
    assert main([str(tmp_path / "firmware"), "--run", str(run)]) == 0


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_is_found(
    what: str, bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change, message = CHANGES[what]
    copy = tmp_path / "model"
    shutil.copytree(bundle, copy)
    change(copy)
    assert main([str(copy)]) == 1
    printed = capsys.readouterr()
    assert message in printed.out + printed.err
    assert printed.err.count("\n") == 1


def test_notes_in_a_sub_folder_do_no_harm_but_sources_would_be_compiled(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "model"
    shutil.copytree(bundle, copy)
    (copy / "notes").mkdir()
    (copy / "notes" / "why.md").write_text("for the kitchen")
    assert main(["--bundle", str(copy)]) == 0
    (copy / "notes" / "old.c").write_text("")
    assert main(["--bundle", str(copy)]) == 1
    assert "notes/old.c" in capsys.readouterr().out


def copied(run: Path, tmp_path: Path) -> Path:
    shutil.copytree(run, tmp_path / "run")
    return tmp_path / "run"


def test_a_run_that_was_trained_again_is_found(
    run: Path, bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    again = copied(run, tmp_path)
    (again / "model.tflite").write_bytes(family("tc_resnet"))
    assert main([str(bundle), "--run", str(again)]) == 1
    assert "a different model" in capsys.readouterr().out


def test_a_run_with_other_labels_or_another_front_end_is_found(
    run: Path, bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    again = copied(run, tmp_path)
    described = json.loads((again / "run.json").read_text())
    described["labels"].reverse()
    described["frontend"]["pre_emphasis"] = 0.5
    (again / "run.json").write_text(json.dumps(described))
    assert main([str(bundle), "--run", str(again)]) == 1
    assert "has a different front end and a different labels" in capsys.readouterr().out


def test_a_run_that_is_not_there_is_an_error(
    bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(bundle), "--run", "nowhere"]) == 1
    assert "not a finished run" in capsys.readouterr().err


def test_an_arena_that_nobody_measured_is_found(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "model"
    shutil.copytree(bundle, copy)
    manifest = json.loads((copy / "manifest.json").read_text())
    manifest["arena"]["measured"] = 64
    (copy / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
    assert main([str(copy)]) == 1
    assert "differs from what is measured now" in capsys.readouterr().out

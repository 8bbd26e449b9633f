"""The check before a build: asked once for each state of the bundle, and its answers are said."""

import runpy
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, NoReturn

import pytest

from tests.firmware.library import FIRMWARE


class Stopped(Exception):  # noqa: N818
    pass


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    model = tmp_path / "firmware/lib/model"
    model.mkdir(parents=True)
    (model / "manifest.json").write_text("{}")
    folders = {
        "$PROJECT_DIR": tmp_path,
        "$PROJECT_WORKSPACE_DIR": tmp_path / ".pio",
        "$BUILD_DIR": tmp_path / ".pio/build/some",
    }

    def stop(code: int) -> NoReturn:
        raise Stopped(code)

    scons = ModuleType("SCons.Script")
    environment = SimpleNamespace(subst=lambda name: str(folders[name]))
    vars(scons).update(DefaultEnvironment=lambda: environment, Exit=stop, GetOption=lambda _: False)
    monkeypatch.setitem(sys.modules, "SCons", ModuleType("SCons"))
    monkeypatch.setitem(sys.modules, "SCons.Script", scons)
    return tmp_path


def run(monkeypatch: pytest.MonkeyPatch, code: int, stderr: str = "") -> list[Any]:
    """What was asked of convert.check."""
    asked: list[Any] = []

    def answer(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        asked.append(command)
        return subprocess.CompletedProcess(command, code, "", stderr)

    monkeypatch.setattr(subprocess, "run", answer)
    runpy.run_path(str(FIRMWARE / "prebuild.py"))
    return asked


def test_it_asks_again_only_when_a_file_changed(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(monkeypatch, 0)[0][1:] == ["-m", "convert.check"]
    assert not run(monkeypatch, 0)
    (project / "firmware/lib/model/manifest.json").write_text('{"model": 1}')
    assert run(monkeypatch, 0)


def test_a_bundle_out_of_date_stops_the_build(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(Stopped):
        run(monkeypatch, 1, "lib/model: is out of date; run: python -m convert.to_tflm\n")
    assert "python -m convert.to_tflm" in capsys.readouterr().err
    assert not (project / ".pio/bundle.checked").exists()


def test_without_the_packages_one_line_says_so(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, 1, "Traceback ...\nModuleNotFoundError: No module named 'numpy'\n")
    said = capsys.readouterr().out
    assert said.count("\n") == 1 and "not checked" in said and "python -m convert.check" in said
    assert not (project / ".pio/bundle.checked").exists()


def test_the_bundle_that_was_built_is_noted(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(monkeypatch, 0)
    noted = project / ".pio/build/some/bundle.txt"
    assert noted.read_text() == str(project / "firmware/lib/model")


def test_a_sub_folder_of_a_bundle_does_no_harm(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "firmware/lib/model/.git/objects").mkdir(parents=True)
    assert run(monkeypatch, 0)
    assert not run(monkeypatch, 0)


def test_an_empty_variable_names_no_bundle(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KWS_BUNDLE", "")
    assert run(monkeypatch, 0)[0][1:] == ["-m", "convert.check"]


def test_another_bundle_must_be_one(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KWS_BUNDLE", "firmware")
    with pytest.raises(Stopped):
        run(monkeypatch, 0)
    assert "KWS_BUNDLE=firmware: is not a bundle; make one" in capsys.readouterr().err

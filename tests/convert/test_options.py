"""The bundle that a command uses when none is named."""

import os
import time
from pathlib import Path

import pytest

from convert.options import BUNDLE, chosen_bundle, near
from tools.board.emulator import build
from tools.board.errors import EmulatorError
from train import PROJECT


def test_it_does_not_depend_on_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KWS_BUNDLE", raising=False)
    monkeypatch.chdir(tmp_path)
    assert chosen_bundle() == BUNDLE and (BUNDLE / "manifest.json").is_file()
    monkeypatch.chdir(PROJECT)
    assert chosen_bundle() == Path("firmware/lib/model") == near(BUNDLE)


def test_the_variable_names_another_as_for_a_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KWS_BUNDLE", "build/mine")
    assert chosen_bundle() == PROJECT / "build/mine"
    monkeypatch.setenv("KWS_BUNDLE", str(tmp_path / "mine"))
    assert chosen_bundle() == Path("mine")
    monkeypatch.setenv("KWS_BUNDLE", "")
    assert chosen_bundle() == BUNDLE


@pytest.mark.parametrize("given", [None, ""])
def test_an_emulator_without_the_variable_has_the_projects_bundle(
    given: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that is newer than its sources is taken as it is, if it has that bundle."""
    program = tmp_path / ".pio/build/emulator/firmware.elf"
    own, other = tmp_path / "firmware/lib/model", tmp_path / "mine"
    for folder in (own, other, program.parent):
        folder.mkdir(parents=True)
    (tmp_path / "platformio.ini").write_text("[env:other]\nplatform = none\n")
    program.with_name("bundle.txt").write_text(str(own))
    program.touch()
    os.utime(program, (time.time() + 10,) * 2)
    if given is not None:
        monkeypatch.setenv("KWS_BUNDLE", given)
    assert build(tmp_path) == program
    with pytest.raises(EmulatorError, match="pio run -e emulator failed"):
        build(tmp_path, other)

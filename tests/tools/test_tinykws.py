"""One name for every command; each says how it was called, and starts at once."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tools.tinykws import COMMANDS, commands

PROJECT = Path(__file__).resolve().parents[2]
SLOW = ("tensorflow", "tf_keras", "librosa", "sklearn", "scipy", "numba", "matplotlib")
MODULES = {name: module for group in COMMANDS.values() for name, module, _ in group}
ALL = sorted(name for name in commands() if name != "completion")
STARTED = f"""
import sys
from tools.tinykws import main
try:
    main(sys.argv[1:])
finally:
    print(*[name for name in {SLOW} if name in sys.modules], file=sys.stderr)
"""


def run(*arguments: str, cwd: Path = PROJECT) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(PROJECT), "COLUMNS": "100"}
    return subprocess.run(
        [sys.executable, *arguments], cwd=cwd, env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip


def tinykws(*arguments: str) -> subprocess.CompletedProcess[str]:
    return run("-m", "tools.tinykws", *arguments)


def test_help_has_every_command_in_a_line_of_its_group() -> None:
    said = tinykws("--help").stdout
    assert "\non boards:\n  board " in said and "\nlisten and look:\n" in said
    for name in ALL:
        assert f"\n  {name} " in said


def test_every_command_of_the_table_is_a_module_with_a_main() -> None:
    """train.test may be of another version."""
    assert set(MODULES) - set(commands()) <= {"test"}


@pytest.mark.parametrize("name", ALL)
def test_help_of_a_command_starts_at_once_and_has_its_name(name: str) -> None:
    done = run("-c", STARTED, name, "--help")
    assert done.stdout.startswith(f"usage: tinykws {name} "), done.stderr
    assert f"python -m {MODULES[name]} " not in done.stdout
    assert done.stderr.strip() == ""  # nothing slow was imported


@pytest.mark.parametrize("name", ALL)
def test_help_of_the_module_has_its_own_name(name: str) -> None:
    done = run("-m", MODULES[name], "--help")
    assert done.returncode == 0
    assert done.stdout.startswith(f"usage: python -m {MODULES[name]} ")


def test_a_command_works_and_its_error_is_one_line_with_the_name_it_was_called_by() -> None:
    done = tinykws("check", "--bundle", "nowhere")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1 and done.stderr.endswith("run: tinykws convert\n")
    assert run("-m", "convert.check", "nowhere").stderr.endswith("run: python -m convert.to_tflm\n")


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        (["trian"], "trian: no such command; did you mean train?"),
        (["xyz"], "xyz: no such command; tinykws --help lists them"),
        ([], "the following arguments are required: COMMAND"),
        (["board", "inof"], "invalid choice: 'inof'"),
    ],
)
def test_a_command_that_is_not_there(typed: Sequence[str], message: str) -> None:
    done = tinykws(*typed)
    assert done.returncode == 2
    assert message in done.stderr


def test_bash_completes_names() -> None:
    script = tinykws("completion", "bash").stdout
    typed = "COMP_WORDS=(tinykws cl); COMP_CWORD=1; _tinykws; echo ${COMPREPLY[@]}"
    done = subprocess.run(
        ["bash", "-c", f"{script}\n{typed}"], capture_output=True, text=True, check=True
    )
    assert done.stdout == "classify\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_told_to_end_it_ends_with_a_line(number: signal.Signals, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tools.tinykws", "studio", "--no-browser", "--port", "0"]
    with subprocess.Popen(
        [*command, "--data", str(tmp_path)], cwd=PROJECT, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdout and process.stderr
        assert "the studio is at" in process.stdout.readline()
        process.send_signal(number)
        assert process.wait(20) == 130
        assert process.stderr.read().endswith("\nstopped; recorded clips are kept\n")


def test_the_console_script_is_this_command() -> None:
    assert 'tinykws = "tools.tinykws:run"' in (PROJECT / "pyproject.toml").read_text()

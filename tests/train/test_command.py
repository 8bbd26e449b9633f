"""A command ends with one line, whatever ends it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = """
import sys
from train.command import run_command
def work():
    {work}
    return 0
sys.exit(run_command(work, (ValueError,), "go on"))
"""


def run(work: str, reader: bool = True) -> tuple[int, str]:
    """The exit code and standard error; without a reader, standard output is a pipe that nobody
    holds the other end of."""
    command = [sys.executable, "-c", COMMAND.format(work=work)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout and process.stderr
        if not reader:
            process.stdout.close()
        else:
            process.stdout.read()
        said = process.stderr.read().decode()
        return process.wait(), said


@pytest.mark.parametrize(
    ("work", "code", "said"),
    [
        ("print('fine')", 0, ""),
        ("raise ValueError('no clips; record some')", 1, "error: no clips; record some\n"),
        ("raise KeyboardInterrupt", 130, "\nstopped; go on\n"),
    ],
)
def test_an_end(work: str, code: int, said: str) -> None:
    assert run(work) == (code, said)


@pytest.mark.parametrize("lines", [1, 100_000])
def test_a_reader_that_has_gone_is_no_traceback(lines: int) -> None:
    assert run(f"print('line\\\\n' * {lines})", reader=False) == (141, "")


def test_a_full_disk_behind_standard_output_is_one_line() -> None:
    command = [sys.executable, "-c", COMMAND.format(work="print('line')")]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == (
        "error: output cannot be written (No space left on device); free space\n"
    )


def test_a_name_that_the_locale_lacks_is_printed_with_escapes() -> None:
    command = [sys.executable, "-c", COMMAND.format(work="print('Gr\\xf6\\xdfe')")]
    ascii_ = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, env=ascii_, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "Gr\\xf6\\xdfe\n", "")


def test_another_broken_pipe_is_not_hidden() -> None:
    code, said = run("raise BrokenPipeError('of a board')")
    assert code == 1
    assert "BrokenPipeError: of a board" in said

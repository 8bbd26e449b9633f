"""What is shown while something takes long: bars on terminals, lines elsewhere."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios

import pytest

from train.spread import progress
from train.spread.workers import in_parallel

BAR = """
from train.spread.progress import tqdm
for _ in tqdm(range(3), desc="working"):
    pass
"""


def shown(columns: int) -> str:
    """Standard error of a program on a terminal of this width."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    subprocess.run([sys.executable, "-c", BAR], stderr=theirs, check=True)
    os.close(theirs)
    text = b""
    try:
        while piece := os.read(ours, 4096):
            text += piece
    except OSError:  # Linux says so at the end
        pass
    os.close(ours)
    return text.decode()


@pytest.mark.parametrize("columns", [0, 1, 60])
def test_a_bar_on_a_terminal_of_any_width(columns: int) -> None:
    assert "working: 100%" in shown(columns)


def test_a_line_where_output_goes_into_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(in_parallel(str, range(3), "reading clips", [10, 10, 5])) == ["0", "1", "2"]
    assert capsys.readouterr().err == "reading clips: 25 clips ...\n"
    assert not list(in_parallel(str, [], "reading clips"))
    assert capsys.readouterr().err == ""


def test_elsewhere_a_line_now_and_then_says_how_far_and_how_long(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "EVERY", 0.0)
    assert list(in_parallel(abs, range(3), "working", [100, 400, 500], "words")) == [0, 1, 2]
    first, *lines = capsys.readouterr().err.splitlines()
    assert first == "working: 1,000 words ..."
    counts = ("100", "500", "1,000")
    for line, done in zip(lines, counts, strict=True):
        assert re.fullmatch(rf"working: {done} of 1,000 words, \d+ (s|min) left", line)

"""What a person types: wrong things end in one line that names the remedy."""

from __future__ import annotations

import errno
import json
import socket
from pathlib import Path

import pytest
import serial

from tools.board import ports
from tools.board.__main__ import main
from tools.board.emulator import build
from tools.board.errors import EmulatorError
from tools.board.monitor import parsed
from tools.board.replay import Outcome, summary, told

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def nobody() -> str:
    """A port of the network at which nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return f"socket://127.0.0.1:{one.getsockname()[1]}"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["info", "--board", "/dev/no-such-port"], "plug the board in"),
        (
            ["info", "--board", "socket://nowhere"],
            "nowhere: the port is missing; give socket://HOST:PORT",
        ),
        (["info", "--board", "socket://a:b"], "give socket://HOST:PORT"),
        (["info", "--board", "carrier://pigeon"], "python -m tools.board list"),
        (["threshold", "seven"], "give a percentage"),
        (["record", "--label", "../seven", "/tmp"], "not a valid label; use letters A to Z"),
        (["record", "--label", "Größe", "/tmp"], "'Größe' is not a valid label"),
        (["record", "--label", "seven", "--speaker", "..", "/tmp"], "not a valid folder name"),
        (["replay", "/no/such/folder", "--board", "emulator"], "is not a folder"),
        (["replay", "/tmp", "--bundle", "/no/such/bundle"], "is not a bundle"),
    ],
)
def test_errors_are_one_line(arguments: list[str], expected: str, capsys: Capture) -> None:
    assert main(arguments) == 1
    error = capsys.readouterr().err
    assert expected in error and error.count("\n") == 1 and error.startswith("error: ")


def test_nobody_listens(nobody: str, capsys: Capture) -> None:
    assert main(["info", "--board", nobody]) == 1
    assert "start the board" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        [], ["dance"], ["replay"], ["record", "/tmp"], ["threshold", "seven", "101"],
        ["bench", "--runs", "0"], ["info", "--microphone", "speech.wav"],
        ["record", "--label", "seven", "--count", "many", "/tmp"],
    ],
)  # fmt: skip
def test_wrong_usage_is_told_before_anything_starts(arguments: list[str], capsys: Capture) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2 and "usage:" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (errno.EACCES, "dialout"),
        (errno.EBUSY, "in use by another program"),
        (errno.ENOENT, "plug the board in"),
        (errno.EIO, "python -m tools.board list"),
    ],
)
def test_each_reason_has_a_remedy(number: int, expected: str) -> None:
    assert expected in ports.remedy("/dev/ttyACM0", serial.SerialException(number, "no"))


def test_guesses() -> None:
    assert "Nano 33 BLE" in ports.guess(0x2341, 0x805A)
    assert "ESP32" in ports.guess(0x303A, 0x1001) and "ESP32" in ports.guess(0x10C4, 0xEA60)
    assert not ports.guess(None, None) and not ports.guess(0x1234, 0x5678)


def test_a_checkout_without_the_firmware(tmp_path: Path) -> None:
    with pytest.raises(EmulatorError, match="complete checkout"):
        build(tmp_path)


def test_a_firmware_that_does_not_compile(tmp_path: Path) -> None:
    (tmp_path / "platformio.ini").write_text("[env:other]\nplatform = none\n")
    with pytest.raises(EmulatorError, match=r"pio run -e emulator failed: .*emulator"):
        build(tmp_path)


def test_a_detection_is_read_from_its_line() -> None:
    line = "   12.340 s  seven  98 %   (front end 0.8 ms, network 24 ms, level -31 dB)"
    assert parsed(line) == {
        "detection": "seven", "seconds": 12.34, "score": 98.0, "frame_ms": 0.8,
        "network_ms": 24.0, "level": -31.0,
    }  # fmt: skip
    assert parsed("# tinykws 0.1.0: listening") is None


def test_a_summary_counts_what_is_equal_and_what_is_right() -> None:
    outcomes = [
        Outcome("a.wav", "one", "one", 0, 0, 600, 90_000),
        Outcome("b.wav", "two", "one", 0, 0, 700, 90_000),
        Outcome("c.wav", "one", "one", 3, 2, 650, 90_000),
    ]
    found = summary(outcomes, [])
    assert json.loads(json.dumps(found)) == found
    assert (found["clips"], found["right"], found["frame_us"]) == (3, 2, 650)
    assert found["features_equal"] == found["scores_equal"] == 2
    assert [o["clip"] for o in found["different"]] == ["c.wav"]
    assert [o["clip"] for o in found["missed"]] == ["b.wav"]
    assert "c.wav: 3 features, 2 scores" in told(found) and "66.67%" in told(found)

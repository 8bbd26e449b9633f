"""Cables that damage, hosts that vanish, programs that are killed: the board and the tool go on."""

from __future__ import annotations

import json
import os
import random
import select
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import serial

from tests.tools.board.cable import board_socket, each_packet, usb_port
from tools.board import ports, requests
from tools.board.__main__ import main
from tools.board.connect import connected
from tools.board.errors import LinkError, PortError, RefusedError
from tools.board.link import Link
from tools.board.packet import Decoder, Packet, encode
from train.data.verdicts import read_table

SECONDS = 20.0
Capture = pytest.CaptureFixture[str]


def answers(url: str) -> bool:
    """A new host gets what it asks for at its first try."""
    with board_socket(url) as board:
        board.sendall(encode(Packet(requests.REPEAT, 7, b"still there")))
        decoder = Decoder()
        while received := board.recv(4096):
            for found in decoder.feed(received, 0.0):
                if isinstance(found, Packet):
                    return found == Packet(requests.REPEAT, 7, b"still there")
    return False


@pytest.mark.parametrize("seed", range(3))
def test_after_garbage_it_answers_at_once(board: str, seed: int) -> None:
    with board_socket(board) as garbage:
        garbage.sendall(random.Random(seed).randbytes(5000) + b"\0")
    assert answers(board)


@pytest.mark.parametrize("length", [1, 5, 300])
def test_a_host_that_vanishes_inside_a_packet(board: str, length: int) -> None:
    with board_socket(board) as vanishing:
        vanishing.sendall(encode(Packet(requests.REPEAT, 1, bytes(range(256)) * 2))[:length])
    assert answers(board)


def test_what_a_vanished_host_asked_for_ends(board: str, tmp_path: Path) -> None:
    """It recorded and watched without end; the next one is not flooded."""
    with board_socket(board) as vanishing:
        for request in (
            Packet(requests.SOURCE, 1, b"\0"),
            Packet(requests.WATCH, 2, b"\1"),
            Packet(requests.RECORD, 3, b"\xff" * 4),
        ):
            vanishing.sendall(encode(request))
        assert vanishing.recv(100)
    with connected(board) as link:
        assert link.request(requests.REPEAT, b"calm") == b"calm"
        assert not link.unasked


def test_the_board_listens_again_after_injected_audio(board: str) -> None:
    assert main(["bench", "--runs", "1", "--board", board]) == 0
    with connected(board) as link, pytest.raises(RefusedError, match="only with source"):
        link.request(requests.AUDIO, bytes(6))


def test_garbage_is_counted(board: str) -> None:
    with connected(board) as link:
        before = int(requests.info(link, requests.COUNTERS)["damaged"])
        damaged = bytearray(encode(Packet(requests.REPEAT, 1, b"abc")))
        damaged[7] ^= 4
        link.write(bytes(damaged))
        assert int(requests.info(link, requests.COUNTERS)["damaged"]) == before + 1


def test_anything_comes_back_from_repeat(board: str) -> None:
    with connected(board) as link:
        chance = random.Random(0)
        for length in (0, 1, 2, 253, 254, 255, 508, 509, 510, 511, 512, *range(20, 500, 43)):
            for data in (bytes(length), b"\xff" * length, chance.randbytes(length)):
                assert link.request(requests.REPEAT, data) == data


def test_what_it_refuses_has_a_reason(board: str) -> None:
    with connected(board) as link:
        requests.source(link, requests.MICROPHONE)
        for kind, data in (
            (requests.INFO, b"\x63"), (requests.INFO, b""), (0x55, b""),
            (requests.AUDIO, bytes(6)), (requests.SOURCE, b"\3"), (requests.WATCH, b"\2"),
        ):  # fmt: skip
            with pytest.raises(RefusedError, match=r"refused: [a-z]"):
                link.request(kind, data)
        requests.source(link, requests.ON_REQUEST)
        with pytest.raises(RefusedError, match="window"):
            requests.scores(link)


def test_a_usb_port(board: str, capsys: Capture) -> None:
    with usb_port(board) as port:
        assert main(["selftest", "--board", port]) == 0
        assert "right" in capsys.readouterr().out
        with connected(port):
            assert main(["info", "--board", port]) == 1
    error = capsys.readouterr().err
    assert "in use by another program" in error and error.count("\n") == 1


class DamageEvery:
    """Of the first byte that comes after so and so many."""

    def __init__(self, every: int) -> None:
        self.every, self.passed, self.count = every, 0, 0

    def __call__(self, passing: bytes) -> bytes:
        before, self.passed = self.passed, self.passed + len(passing)
        if before // self.every == self.passed // self.every:
            return passing
        self.count += 1
        return b"!" + passing[1:]


def test_a_cable_that_damages_bytes(board: str, clips: Path, capsys: Capture) -> None:
    """Many times in each clip, both ways: requests are sent again until all is well."""
    to_board, from_board = DamageEvery(3_000), DamageEvery(2_000)
    with usb_port(board, to_board, from_board) as port:
        command = ["replay", str(clips), "--clips", "2", "--board", port, "--json"]
        assert main(command) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["clips"] == found["features_equal"] == found["scores_equal"] == 2
    assert to_board.count >= 10 and from_board.count >= 2


def test_audio_that_never_arrives_ends_in_one_line(board: str) -> None:
    without_audio = each_packet(lambda packet: None if packet.type == requests.AUDIO else packet)
    silent = pytest.raises(LinkError, match="no reply to request 0x03")
    with usb_port(board, without_audio) as port, connected(port) as link, silent:
        requests.inject_alone(link, np.zeros(2000, np.int16))


def test_samples_that_are_not_the_next_are_refused(board: str) -> None:
    with connected(board) as link:
        requests.inject_alone(link, np.zeros(100, np.int16))
        with pytest.raises(LinkError, match="accepted 100 samples, expected 200 to 500"):
            requests.inject(link, np.zeros(300, np.int16), 200)


def test_firmware_of_another_version_is_refused(board: str, capsys: Capture) -> None:
    spoken, other = (f"protocol={n}\n".encode() for n in (requests.PROTOCOL, 1))

    def older(packet: Packet) -> Packet:
        return replace(packet, data=packet.data.replace(spoken, other))

    with usb_port(board, from_board=each_packet(older)) as port:
        assert main(["selftest", "--board", port]) == 1
    error = capsys.readouterr().err
    assert (
        "runs another version of the firmware; upload it again" in error and error.count("\n") == 1
    )


def test_an_unplugged_board(board: str, capsys: Capture) -> None:
    with usb_port(board) as port:
        plugged = serial.serial_for_url(port, timeout=0)
        link = Link(plugged, port)
        assert link.request(requests.REPEAT, b"here") == b"here"
    with pytest.raises(PortError, match="plug the board in again"):
        link.request(requests.REPEAT, b"here?", seconds=SECONDS)
    plugged.close()


def test_a_port_where_nobody_answers() -> None:
    host, device = os.openpty()
    with serial.serial_for_url(os.ttyname(device), timeout=0) as port:
        link = Link(port, "nobody")
        with pytest.raises(LinkError, match="no reply"):
            link.request(requests.INFO, b"\0", seconds=0.05, attempts=2)
    sent = list(Decoder().feed(os.read(host, 4096), 0.0))
    assert [p.number for p in sent if isinstance(p, Packet)] == [1, 2]
    os.close(host)
    os.close(device)


def test_many_requests_at_once_are_answered_in_order(board: str) -> None:
    with connected(board) as link:
        numbers = [link.send(requests.REPEAT, bytes([i])) for i in range(20)]
        assert [link.reply(n) for n in numbers] == [bytes([i]) for i in range(20)]
        for _ in range(240):  # past the last number
            assert link.request(requests.REPEAT) == b""


def test_a_request_that_got_lost_is_known_from_the_next_reply(board: str) -> None:
    """Not only when its time has run out."""
    lost = encode(Packet(requests.REPEAT, 1, b"lost"))

    def damage(passing: bytes) -> bytes:
        return passing.replace(lost, lost[:-2] + b"!\0")

    with usb_port(board, to_board=damage) as port, ports.opened(port) as opened:
        link = Link(opened, port)
        first, second = (link.send(requests.REPEAT, data) for data in (b"lost", b"found"))
        assert link.reply(first, seconds=1e9) is None
        assert link.reply(second) == b"found"


def start_recording(speech: Path, folder: Path, count: int) -> subprocess.Popen[str]:
    """The tool as a program of its own, with the emulator's folder below `folder`."""
    temporary = folder / "tmp"
    temporary.mkdir()
    return subprocess.Popen(
        [sys.executable, "-m", "tools.board", "record", "--label", "two", "--count", str(count),
         "--board", "emulator", "--microphone", str(speech), str(folder / "clips")],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | {"TMPDIR": str(temporary), "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip


def running_in(folder: Path) -> list[int]:
    """Processes that work in a folder, or below."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cwd"):
        try:
            if path.readlink().is_relative_to(folder):
                found.append(int(path.parent.name))
        except OSError:
            continue  # it has ended
    return found


def has_ended(process: int) -> bool:
    try:
        number = os.pidfd_open(process)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([number], [], [], SECONDS)[0])
    finally:
        os.close(number)


linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@linux
def test_control_c_keeps_what_was_recorded(emulates: None, speech: Path, tmp_path: Path) -> None:
    with start_recording(speech, tmp_path, 100) as tool:
        assert tool.stdout and tool.stderr
        assert "1 of 100" in tool.stdout.readline() and "2 of 100" in tool.stdout.readline()
        assert running_in(tmp_path / "tmp")
        tool.send_signal(signal.SIGINT)
        rest, error = tool.communicate(timeout=SECONDS)
    assert tool.returncode == 130
    assert "of 100 clips of 'two'" in rest and "Traceback" not in rest + error
    assert error.endswith("stopped; recorded clips are kept\n")
    assert len(list((tmp_path / "clips").rglob("*.wav"))) >= 2
    assert not list((tmp_path / "clips").rglob("*.part"))
    assert not running_in(tmp_path / "tmp") and not list((tmp_path / "tmp").iterdir())


@linux
def test_control_c_keeps_every_clip_that_was_announced(
    emulates: None, speech: Path, tmp_path: Path
) -> None:
    """Files and rows agree, whenever it comes."""
    kitchen = tmp_path / "kitchen"
    command = [sys.executable, "-m", "tools.board", "watch", "--save", str(kitchen),
               "--board", "emulator", "--microphone", str(speech)]  # fmt: skip
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as tool:
        assert tool.stdout
        clips = (line for line in tool.stdout if line.rstrip().endswith("detection"))
        printed = [next(clips) for _ in range(2)]
        tool.send_signal(signal.SIGINT)
        rest, error = tool.communicate(timeout=60)
    assert tool.returncode == 130 and error.endswith("stopped; saved clips are kept\n")
    rows = [clip.file for clip in read_table(kitchen)]
    assert rows[:2] == [line.split()[0] for line in printed]
    assert rows == sorted(path.name for path in kitchen.glob("*.wav"))
    assert f"{len(rows)} clips are in {kitchen}" in rest and "--review" in rest


def test_a_reader_that_has_seen_enough(emulates: None, speech: Path, tmp_path: Path) -> None:
    with start_recording(speech, tmp_path, 100) as tool:
        assert tool.stdout and tool.stderr and "1 of 100" in tool.stdout.readline()
        tool.stdout.close()
        assert "Traceback" not in tool.stderr.read()
    assert tool.returncode == 0 and not running_in(tmp_path / "tmp")


@linux
def test_told_to_end_it_ends_the_emulator(emulates: None, speech: Path, tmp_path: Path) -> None:
    with start_recording(speech, tmp_path, 100) as tool:
        assert tool.stdout and "1 of 100" in tool.stdout.readline()
        tool.terminate()
        tool.communicate(timeout=SECONDS)
    assert tool.returncode == 130 and not list((tmp_path / "tmp").iterdir())


@linux
def test_killed_it_leaves_no_emulator_behind(emulates: None, speech: Path, tmp_path: Path) -> None:
    with start_recording(speech, tmp_path, 100) as tool:
        assert tool.stdout and "1 of 100" in tool.stdout.readline()
        left = running_in(tmp_path / "tmp")
        tool.kill()
    assert len(left) == 1 and has_ended(left[0])

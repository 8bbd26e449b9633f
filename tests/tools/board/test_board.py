"""The tool and an emulated board: every command, real replies."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from scipy.signal import correlate

from convert.options import BUNDLE
from tests.tools.board.cable import each_packet, usb_port
from tools.board import requests
from tools.board.__main__ import main
from tools.board.packet import Packet
from train.data import verdicts
from train.data.entry import Entry
from train.data.sources import folder

MANIFEST = json.loads((BUNDLE / "manifest.json").read_text())
DECISION_MS = MANIFEST["detector"]["decision_ms"]
FRAMES, KEPT = 49, MANIFEST["stream"]["step_frames"]  # the board keeps the frames of a step
Capture = pytest.CaptureFixture[str]


def told(capsys: Capture, *arguments: str) -> object:
    """What a command prints as JSON, once it went well."""
    assert main([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_info(board: str, capsys: Capture) -> None:
    found = told(capsys, "info", "--board", board)
    assert isinstance(found, dict)
    assert found["versions"]["board"] == "emulator"
    assert found["versions"]["model"] == MANIFEST["model"]
    assert found["versions"]["frontend_config"] == MANIFEST["frontend_config"]
    assert found["sizes"] and int(found["counters"]["packets"]) > 0
    assert found["labels"]["0"].split()[0] == MANIFEST["labels"][0]
    assert main(["info", "--board", board]) == 0
    printed = capsys.readouterr().out
    assert all(f"  {key} " in printed for page in found.values() for key in page)


def test_selftest(board: str, capsys: Capture) -> None:
    found = told(capsys, "selftest", "--board", board)
    assert isinstance(found, dict) and found["frontend"] and found["engine"]
    assert list(found["scores"]) == MANIFEST["labels"]


def test_threshold(board: str, capsys: Capture) -> None:
    before = told(capsys, "threshold", "--board", board)
    assert isinstance(before, dict) and list(before) == MANIFEST["labels"]
    changed = told(capsys, "threshold", "seven", "75", "--board", board)
    assert changed == before | {"seven": 192} == told(capsys, "threshold", "--board", board)
    everything = told(capsys, "threshold", "all", "100", "--board", board)
    assert isinstance(everything, dict)
    assert set(everything.values()) == {254, requests.NEVER}
    assert everything["silence"] == requests.NEVER
    assert main(["threshold", "all", "70.3", "--board", board]) == 0
    assert "silence  never" in capsys.readouterr().out


def test_bench(board: str, capsys: Capture) -> None:
    found = told(capsys, "bench", "--runs", "3", "--board", board)
    assert isinstance(found, dict) and 0 < found["share_of_real_time"] < 1
    frame, network = found["frame_us"]["median"], found["network_us"]["median"]
    assert 100 < frame < 5_000 and 1_000 < network < 200_000
    decisions = 1000 / DECISION_MS
    assert found["share_of_real_time"] == pytest.approx((50 * frame + decisions * network) / 1e6)


@pytest.mark.parametrize("count", [20, pytest.param(200, marks=pytest.mark.slow)])
def test_replay_is_equal_bit_for_bit(
    count: int, board: str, clips: Path, tmp_path: Path, capsys: Capture
) -> None:
    report = tmp_path / "report.xml"
    found = told(capsys, "replay", str(clips), "--clips", str(count), "--board", board,
                 "--junit", str(report))  # fmt: skip
    assert isinstance(found, dict)
    assert found["clips"] == found["features_equal"] == found["scores_equal"] == count
    assert not found["different"] and not found["left_out"]
    assert found["right"] >= 0.7 * count
    suite = ElementTree.parse(report).getroot()
    assert suite.get("tests") == str(count) and suite.get("failures") == "0"
    assert len(suite) == count and not suite.findall(".//failure")


def test_replay_finds_a_difference(
    board: str, clips: Path, tmp_path: Path, capsys: Capture
) -> None:
    """A board that computes one feature of a thousand otherwise is found out."""

    def another_feature(packet: Packet) -> Packet:
        if packet.type != requests.FEATURES or packet.data[:2] != b"\0\0":
            return packet
        data = bytearray(packet.data)
        data[7] ^= 1
        return Packet(packet.type, packet.number, bytes(data))

    report = tmp_path / "report.xml"
    with usb_port(board, from_board=each_packet(another_feature)) as port:
        command = ["replay", str(clips), "--clips", "2", "--board", port, "--junit", str(report)]
        assert main(command) == 1
    printed = capsys.readouterr().out
    assert "features equal  0 of 2" in printed and "scores equal    2 of 2" in printed
    times = FRAMES // KEPT  # each step is read for itself
    assert printed.count(f"{times} features, 0 scores") == 2
    failures = ElementTree.parse(report).getroot().findall("./testcase/failure")
    assert [f.get("message") for f in failures] == [f"{times} features and 0 scores differ"] * 2


def test_replay_leaves_out_what_is_no_recording(
    board: str, clips: Path, tmp_path: Path, capsys: Capture
) -> None:
    one = next(clips.glob("seven/*/*.wav"))
    (tmp_path / "seven").mkdir()
    (tmp_path / "seven" / "anna_1.wav").write_bytes(one.read_bytes())
    (tmp_path / "seven" / "anna_2.wav").write_bytes(b"no sound")
    found = told(capsys, "replay", str(tmp_path), "--board", board)
    assert isinstance(found, dict) and found["clips"] == 1 and "anna_2" in found["left_out"][0]


def test_record_into_a_training_folder(
    emulates: None, words: list[NDArray[np.int16]], speech: Path, tmp_path: Path, capsys: Capture
) -> None:
    """The board's own microphone: each word is a clip, whole, and nothing is written over."""
    there = tmp_path / "seven" / "anna" / "2.wav"
    there.parent.mkdir(parents=True)
    there.write_bytes(b"precious")
    written = told(capsys, "record", "--label", "seven", "--speaker", "anna", "--count", "4",
                   "--board", "emulator", "--microphone", str(speech), str(tmp_path))  # fmt: skip
    files = [tmp_path / "seven" / "anna" / f"{number}.wav" for number in (1, 3, 4, 5)]
    assert written == list(map(str, files)) and there.read_bytes() == b"precious"
    source = tmp_path.name
    entry = Entry(source, "digits", "seven", f"{source}-anna", files[0])
    assert entry in folder.entries(tmp_path)
    recorded = [soundfile.read(path, dtype="int16") for path in files]
    alike = [[likeness(samples, word) for word in words] for samples, _ in recorded]
    first = int(np.argmax(alike[1]))  # of those after the one in whose middle it may have begun
    for number, (samples, rate) in enumerate(recorded[1:]):
        word = (first + number) % len(words)
        assert rate == 16_000 and alike[1 + number][word] > 0.95
        assert len(words[word]) // 2 < len(samples) < len(words[word]) + rate


def likeness(recorded: NDArray[np.int16], word: NDArray[np.int16]) -> float:
    """The correlation, where the two fit best."""
    a, b = recorded.astype(float), word.astype(float)
    size = 1 << (len(a) + len(b)).bit_length()
    together = np.fft.irfft(np.fft.rfft(a, size) * np.conj(np.fft.rfft(b, size)), size)
    return float(together.max() / np.linalg.norm(a) / np.linalg.norm(b))


def test_record_noise_in_pieces(board: str, tmp_path: Path, capsys: Capture) -> None:
    written = told(capsys, "record", "--label", "noise", "--count", "2", "--seconds", "0.5",
                   "--board", board, str(tmp_path))  # fmt: skip
    assert written == [str(tmp_path / "noise" / "me" / f"{number}.wav") for number in (1, 2)]
    assert all(soundfile.info(path).frames == 8000 for path in tmp_path.glob("noise/me/*.wav"))
    assert not list(tmp_path.rglob("*.part"))


def test_monitor(emulates: None, speech: Path, capsys: Capture) -> None:
    command = ["monitor", "--seconds", "8", "--board", "emulator", "--microphone", str(speech)]
    assert main([*command, "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    # on a busy computer a word may be over before the board is told to report its decisions
    while "ms" not in rows[0]:
        del rows[0]
    decisions = [row for row in rows if "ms" in row]
    detections = [row for row in rows if "detection" in row]
    most = 8000 // DECISION_MS
    assert (
        0.75 * most <= len(decisions) <= most + 2
        and decisions[-1]["ms"] - decisions[0]["ms"] >= 8000
    )
    assert list(decisions[0]["scores"]) == MANIFEST["labels"]
    assert {row["detection"] for row in detections} & {"zero", "one", "two", "three"}
    named = [row["detected"] for row in decisions if row["detected"]]
    assert named == [row["detection"] for row in detections]
    assert all(0 < row["score"] <= 100 and row["network_ms"] > 1 for row in detections)


def test_monitor_without_a_terminal_prints_lines(
    emulates: None, speech: Path, capsys: Capture
) -> None:
    assert main(["monitor", "--seconds", "8", "--board", "emulator",
                 "--microphone", str(speech)]) == 0  # fmt: skip
    printed = capsys.readouterr().out
    assert "\x1b" not in printed and " s  " in printed and " %   (front end " in printed


def test_monitor_on_a_terminal_draws_bars(emulates: None, speech: Path) -> None:
    """In place, at the pace of a real board."""
    reader, terminal = os.openpty()
    command = [sys.executable, "-m", "tools.board", "monitor", "--seconds", "2",
               "--board", "emulator", "--microphone", str(speech)]  # fmt: skip
    with subprocess.Popen(command, stdout=terminal, env=os.environ | {"PYTHONUTF8": "1"}) as tool:
        os.close(terminal)
        drawn = b""
        with contextlib.suppress(OSError):  # the end, as a terminal tells it
            while received := os.read(reader, 4096):
                drawn += received
    os.close(reader)
    assert tool.returncode == 0
    lines = len(MANIFEST["labels"]) + 1
    assert drawn.count(f"\x1b[{lines}A\x1b[J".encode()) >= 8
    assert "█".encode() in drawn and all(label.encode() in drawn for label in MANIFEST["labels"])


def test_watch_saves_what_the_board_detects(
    emulates: None, speech: Path, tmp_path: Path, capsys: Capture
) -> None:
    """Each word as it was heard, with a row that says what the board took it for."""
    kitchen = tmp_path / "kitchen"
    command = ["watch", "--save", str(kitchen), "--seconds", "12", "--speaker", "anna",
               "--near", "40", "--board", "emulator", "--microphone", str(speech)]  # fmt: skip
    assert main([*command, "--json"]) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    clips = verdicts.read_table(kitchen)
    assert [asdict(clip) for clip in clips] == told and len(clips) >= 3
    assert {clip.model for clip in clips} == {MANIFEST["model"]}
    assert {(clip.speaker, clip.said) for clip in clips} == {("anna", "")}
    heard, rate = soundfile.read(speech, dtype="int16")
    for clip in clips:
        samples, at = soundfile.read(kitchen / clip.file, dtype="int16")
        assert at == rate and 1.4 * rate < len(samples) <= 2.05 * rate
        again = np.tile(heard, 2).astype(float)
        start = int(np.argmax(correlate(again, samples.astype(float), "valid")))
        assert likeness(samples, again[start : start + len(samples)].astype(np.int16)) > 0.95
    names = sorted(path.name for path in kitchen.glob("*.wav"))
    assert names == [clip.file for clip in clips] and not list(kitchen.glob("*.part"))


def test_a_folder_of_other_recordings_is_refused(
    emulates: None, clips: Path, capsys: Capture
) -> None:
    assert main(["watch", "--save", str(clips), "--board", "emulator"]) == 1
    assert "contains recordings of another kind" in capsys.readouterr().err
    assert not (clips / verdicts.TABLE).exists()


def test_a_firmware_that_keeps_no_audio_is_named_with_the_remedy(
    board: str, tmp_path: Path, capsys: Capture
) -> None:
    assert main(["watch", "--save", str(tmp_path / "new"), "--board", board]) == 1
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert "keeps no audio" in error and "PLATFORMIO_BUILD_FLAGS=-DKWS_KEEP_AUDIO" in error
    assert not (tmp_path / "new").exists()


def test_the_emulator_is_in_the_list(emulates: None, capsys: Capture) -> None:
    found = told(capsys, "list")
    assert isinstance(found, list) and found[-1]["port"] == "emulator" and found[-1]["board"]
    assert main(["list"]) == 0 and "emulator" in capsys.readouterr().out

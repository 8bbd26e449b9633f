"""The command: lists what is heard, counts against label tracks, plots and recommends."""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from convert.detector import ISOLATED_MS
from tests.firmware.app.scenario import spoken
from tests.firmware.library import LIB
from tests.tools.clips import write_clips
from tools.stream.__main__ import main
from train.data.long.labels import Label, write_track
from train.data.sources import synthetic
from train.settings.words import DIGITS

RATE = 16_000
WORDS = ("three", "eight", "nine")
Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three digits; a minute of noise; both with label tracks."""
    made = tmp_path_factory.mktemp("recordings")
    samples = spoken(*WORDS, gap=1.5)
    loud = np.flatnonzero(np.abs(samples.astype(int)) > 300) / RATE
    groups = np.split(loud, np.flatnonzero(np.diff(loud) > 1.0) + 1)
    assert len(groups) == len(WORDS)
    soundfile.write(made / "words.wav", samples, RATE, subtype="PCM_16")
    write_track(made / "words.txt", [Label(float(g[0]), float(g[-1]), word)
                                     for g, word in zip(groups, WORDS, strict=True)])  # fmt: skip
    noise = np.random.default_rng(0).normal(0, 300, 60 * RATE).astype(np.int16)
    soundfile.write(made / "noise.wav", noise, RATE, subtype="PCM_16")
    write_track(made / "noise.txt", [Label(0.0, 60.0, "noise")])
    return made


def run(capsys: Capture, *arguments: object) -> str:
    assert main([*map(str, arguments), "--bundle", str(LIB / "model")]) == 0
    return capsys.readouterr().out


def test_without_labels_it_lists_what_a_board_prints(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "digits.wav"
    soundfile.write(path, spoken(*DIGITS), RATE, subtype="PCM_16")
    lines = run(capsys, path).splitlines()
    assert [line.split()[2] for line in lines] == list(DIGITS)
    assert all("%   (level -" in line for line in lines)
    rows = json.loads(run(capsys, path, "--json"))["detections"]
    assert [row["label"] for row in rows] == list(DIGITS)
    assert [f"{row['time']:.3f}" for row in rows] == [line.split()[0] for line in lines]
    assert run(capsys, path, "--threshold", 254) == "no word was detected\n"


def test_with_labels_it_counts(folder: Path, capsys: Capture) -> None:
    found = json.loads(run(capsys, folder, "--json"))
    assert (found["all"]["words"], found["all"]["hit"]) == (3, 3)
    assert found["all"]["false_accepts"] == 0
    assert found["kinds"]["noise"]["hours"] * 3600 == pytest.approx(59, abs=0.5)
    assert [one["word"] for one in found["events"]] == list(WORDS)
    assert all(-0.5 < one["latency"] < 1.0 for one in found["events"])
    by_threshold = {one["detector"]["threshold"]: one["rate"] for one in found["curve"]}
    assert by_threshold[100] == 1.0 > by_threshold[254]
    assert found["recommended"]["an_hour"] <= 1.0


def test_the_table_says_the_same(folder: Path, capsys: Capture) -> None:
    text = run(capsys, folder)
    rows = [[c.strip() for c in line.strip("|").split("|")] for line in text.splitlines()]
    everything = next(row for row in rows if row[0] == "all")
    assert everything[1:6] == ["3", "3", "0", "0", "0"]
    assert "The lowest threshold with at most 1 false accept per hour:" in text


def test_another_threshold_is_as_the_curve_says(folder: Path, capsys: Capture) -> None:
    found = json.loads(run(capsys, folder, "--json", "--threshold", 254))
    point = next(p for p in found["curve"] if p["detector"]["threshold"] == 254)
    assert found["all"]["detected"] == point["rate"] < 1.0


def test_words_after_others_can_be_left_out(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "said.wav"
    said = np.concatenate([spoken("three"), spoken("yes", "eight", gap=0.4)])
    soundfile.write(path, said, RATE, subtype="PCM_16")
    for option, words in ("--no-isolated", ["three", "eight"]), ("--isolated", ["three"]):
        lines = run(capsys, path, option).splitlines()
        assert [line.split()[2] for line in lines] == words


def test_many_files_are_heard_by_several_processes(folder: Path, tmp_path: Path) -> None:
    """As a person runs it: another process cannot find what is defined in its main module."""
    for number in range(9):
        for suffix in ("wav", "txt"):
            copy = tmp_path / f"words-{number}.{suffix}"
            copy.write_bytes((folder / f"words.{suffix}").read_bytes())
    command = [sys.executable, "-m", "tools.stream", tmp_path, "--bundle", LIB / "model", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)["all"]
    assert (found["words"], found["hit"]) == (27, 27)


def test_exploring_tries_other_windows_and_more_decisions(folder: Path, capsys: Capture) -> None:
    plain = json.loads(run(capsys, folder, "--json"))
    found = json.loads(run(capsys, folder, "--json", "--explore"))
    assert {one["detector"]["decision_ms"] for one in found["explored"]} == {40, 200}
    assert {one["detector"]["isolated_ms"] for one in found["explored"]} == {0, ISOLATED_MS}
    assert found["all"] == plain["all"] and found["curve"] == plain["curve"]
    own = next(one for one in found["explored"] if one["detector"] == found["detector"])
    assert own["recommended"] == found["recommended"]


def test_the_plot_is_the_same_every_time(folder: Path, tmp_path: Path, capsys: Capture) -> None:
    for name in ("a.svg", "b.svg"):
        run(capsys, folder, "--plot", tmp_path / name)
    drawn = (tmp_path / "a.svg").read_text()
    assert drawn == (tmp_path / "b.svg").read_text()
    assert "false accepts per hour" in drawn


def test_recordings_without_a_track_are_named_and_left_out(
    folder: Path, tmp_path: Path, capsys: Capture
) -> None:
    other = tmp_path / "other.wav"
    soundfile.write(other, spoken("one"), RATE, subtype="PCM_16")
    assert main([str(folder), str(other), "--bundle", str(LIB / "model")]) == 0
    assert "other.wav: there is no label track other.txt" in capsys.readouterr().err


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two keywords and another word, of a voice that no model has learned from."""
    said = synthetic.entries(1, seed=3, words=("seven", "two", "table"))
    return write_clips(tmp_path_factory.mktemp("strangers") / "clips", said)


def test_words_of_a_folder_are_missed_or_not_at_each_number_of_false_accepts(
    folder: Path, clips: Path, capsys: Capture
) -> None:
    found = json.loads(run(capsys, folder, "--words", clips, "--json"))
    misses = found["misses"]
    levels = [f"words in {folder.name}, {ratio} dB" for ratio in (5, 10, 20)]
    assert {"words alone", *levels} <= set(misses)
    for points in misses.values():
        assert [one["an_hour"] for one in points] == [0.1, 0.5, 1.0, 3.0]
        for one in points:
            low, high = one["interval"]
            assert 0.0 <= low <= one["missed"] <= high <= 1.0
            assert one["hours"] == pytest.approx(found["all"]["hours"])
    assert misses["words alone"][0]["words"] == 2
    assert found["all"]["words"] == 3  # those of the recordings
    assert found["kinds"]["other words"]["hours"] > 0
    text = run(capsys, folder, "--words", clips, "--far")
    assert "| words far away " in text and "proves fewer than" in text


def test_the_rules_are_named(folder: Path, capsys: Capture) -> None:
    ours, theirs = (json.loads(run(capsys, folder, "--json", "--protocol", name))
                    for name in ("tinykws", "mlperf"))  # fmt: skip
    assert (ours["protocol"], theirs["protocol"]) == ("tinykws", "mlperf")
    assert theirs["all"]["hit"] == ours["all"]["hit"]
    assert "rules of mlperf:" in run(capsys, folder, "--protocol", "mlperf")


def test_parts_that_the_bundle_learned_from_do_not_count(folder: Path, tmp_path: Path,
                                                         capsys: Capture) -> None:  # fmt: skip
    whole = json.loads(run(capsys, folder, "--json"))
    learned = tmp_path / "model"
    shutil.copytree(LIB / "model", learned)
    manifest = json.loads((learned / "manifest.json").read_text())
    digest = hashlib.sha256((folder / "noise.wav").read_bytes()).hexdigest()[:32]
    manifest["run"] = {"seed": 0, "long": {"validation": 1, "digests": [digest]}}
    (learned / "manifest.json").write_text(json.dumps(manifest))
    assert main([str(folder), "--json", "--bundle", str(learned)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert 0 < found["kinds"]["noise"]["hours"] < whole["kinds"]["noise"]["hours"] / 2
    assert found["all"]["words"] == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [("nowhere", "manifest.csv"), ("others", "no clip is one of"), ("nobody", "has no clips")],
)
def test_clips_that_cannot_be_used_are_one_line(
    words: str, said: str, folder: Path, clips: Path, tmp_path: Path, capsys: Capture
) -> None:
    table = (clips / "manifest.csv").read_text()
    for name, text in (("others", table.replace(",seven,", ",heaven,").replace(",two,", ",too,")),
                       ("nobody", table.splitlines()[0])):  # fmt: skip
        shutil.copytree(clips, tmp_path / name)
        (tmp_path / name / "manifest.csv").write_text(text)
    asked = [str(folder), "--words", str(tmp_path / words), "--bundle", str(LIB / "model")]
    assert main(asked) == 1
    [error] = [line for line in capsys.readouterr().err.splitlines() if "error" in line]
    assert error.startswith("error: ") and said in error


def test_options_of_words_need_words(folder: Path, capsys: Capture) -> None:
    with pytest.raises(SystemExit):
        main([str(folder), "--far"])
    assert "give --words as well" in capsys.readouterr().err


@pytest.mark.parametrize("what", ["nothing.wav", "empty", "broken"])
def test_errors_are_one_line(folder: Path, what: str, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "words.wav").write_bytes((folder / "words.wav").read_bytes())
    (tmp_path / "broken" / "words.txt").write_text("three\n")
    assert main([str(tmp_path / what), "--bundle", str(LIB / "model")]) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ") and len(error.splitlines()) == 1

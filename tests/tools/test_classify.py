"""What a board would make of recordings: of any rate and format, around their word."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from convert.check import read_bundle, read_manifest
from convert.tflm import scores as golden
from tests.firmware.app.scenario import spoken
from tests.firmware.library import LIB
from tools.classify import main
from train import PROJECT
from train.data.clip import resample
from train.data.load import load
from train.data.placing import placed
from train.data.sources import synthetic
from train.features.binding import Frontend
from train.settings.words import DIGITS

BUNDLE = LIB / "model"
RATE = 16_000
Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten digits, alternately WAV and FLAC, each somewhere in three seconds."""
    made = tmp_path_factory.mktemp("recordings")
    for number, digit in enumerate(DIGITS):
        inside = made / ("wav" if number % 2 else "flac")
        inside.mkdir(exist_ok=True)
        soundfile.write(inside / f"{digit}.{inside.name}", spoken(digit), RATE, subtype="PCM_16")
    return made


def rows(capsys: Capture, *arguments: str) -> list[dict[str, object]]:
    assert main([*arguments, "--bundle", str(BUNDLE), "--json"]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_ten_digits_wherever_they_are_in_their_recordings(folder: Path, capsys: Capture) -> None:
    found = rows(capsys, str(folder))
    assert [Path(str(row["path"])).stem for row in found] == [row["label"] for row in found]
    assert {row["label"] for row in found} == set(DIGITS)


def test_scores_are_those_of_the_golden_arithmetic(folder: Path, capsys: Capture) -> None:
    [row] = rows(capsys, str(folder / "wav" / "seven.wav"))
    source = read_bundle(BUNDLE, read_manifest(BUNDLE))
    window = placed(spoken("seven"), source.config.window, RATE)
    expected = golden(source.content, Frontend(source.config).features(window[np.newaxis]))[0]
    assert row["scores"] == {
        label: (int(score) + 128) / 256
        for label, score in zip(source.labels, expected, strict=True)
    }
    assert row["score"] == max(row["scores"].values())  # type: ignore[attr-defined]


def test_any_rate_and_channel_count(tmp_path: Path, capsys: Capture) -> None:
    samples = np.repeat(spoken("nine"), 3).astype(np.float64) / 32768  # 48 kHz
    soundfile.write(tmp_path / "nine.wav", np.stack([samples, samples], 1), 48_000, "FLOAT")
    assert [row["label"] for row in rows(capsys, str(tmp_path))] == ["nine"]


def test_a_file_that_is_no_recording_is_named_and_skipped(
    folder: Path, tmp_path: Path, capsys: Capture
) -> None:
    text = tmp_path / "text.wav"
    text.write_text("no sound")
    good = folder / "wav" / "one.wav"
    assert main([str(text), str(good), "--bundle", str(BUNDLE)]) == 1
    said = capsys.readouterr()
    assert said.out.split()[0] == "one" and str(good) in said.out
    assert "skipped" in said.err and "text.wav" in said.err
    assert "1 files classified, 1 skipped" in said.err


@pytest.mark.parametrize(("name", "kind"), [("a.ogg", "VORBIS"), ("a.mp3", "MPEG_LAYER_III")])
def test_compressed_recordings_are_read(
    name: str, kind: str, tmp_path: Path, capsys: Capture
) -> None:
    soundfile.write(tmp_path / name, spoken("seven"), RATE, subtype=kind)
    assert [row["label"] for row in rows(capsys, str(tmp_path))] == ["seven"]


def test_a_name_that_the_locale_cannot_encode(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "Größe.wav"
    path.write_bytes((folder / "wav" / "one.wav").read_bytes())
    plain = os.environ | {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "tools.classify", str(path)],
        cwd=PROJECT, env=plain, capture_output=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"one ")


def test_formats_that_nothing_reads_are_counted_as_skipped(
    folder: Path, tmp_path: Path, capsys: Capture
) -> None:
    (tmp_path / "memo.m4a").write_bytes(b"of a phone")
    good = folder / "wav" / "one.wav"
    assert main([str(tmp_path / "memo.m4a"), str(good), "--bundle", str(BUNDLE)]) == 1
    assert "1 files classified, 1 skipped" in capsys.readouterr().err
    (tmp_path / "one.wav").write_bytes(good.read_bytes())
    assert main([str(tmp_path), "--bundle", str(BUNDLE)]) == 1
    said = capsys.readouterr().err
    assert "memo.m4a: unsupported format" in said and "1 files classified, 1 skipped" in said


def test_long_recordings_are_for_another_command(tmp_path: Path, capsys: Capture) -> None:
    soundfile.write(tmp_path / "long.wav", np.tile(spoken("seven"), 4), RATE)
    assert main([str(tmp_path), "--bundle", str(BUNDLE)]) == 0
    said = capsys.readouterr().err
    assert "1 of 1 recordings are longer than 10 s" in said and "python -m tools.stream" in said


def test_the_engine_takes_over_where_files_are_many(
    folder: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = rows(capsys, str(folder / "wav"))
    monkeypatch.setattr("tools.classify.FEW", 1)
    assert rows(capsys, str(folder / "wav")) == few


@pytest.mark.parametrize("name", ["nothing.wav", "empty"])
def test_nothing_to_classify_is_an_error_in_one_line(
    name: str, tmp_path: Path, capsys: Capture
) -> None:
    (tmp_path / "empty").mkdir()
    assert main([str(tmp_path / name), "--bundle", str(BUNDLE)]) == 1
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("error: ")


def test_five_hundred_recordings_of_three_seconds_are_heard_as_well_as_trimmed_ones(
    tmp_path: Path, capsys: Capture
) -> None:
    random = np.random.default_rng(0)
    for number, entry in enumerate(synthetic.entries(50, seed=2)):
        word = resample(load(entry), RATE).samples[:RATE]
        take = random.normal(0, 3, 3 * RATE).astype(np.int16)
        at = random.integers(len(take) - len(word))
        take[at : at + len(word)] = word
        for folder, samples in (("trimmed", word), ("long", take)):
            place = tmp_path / folder / entry.label
            place.mkdir(parents=True, exist_ok=True)
            soundfile.write(place / f"{number}.wav", samples, RATE)
    trimmed, long = (
        np.mean([row["label"] == Path(str(row["path"])).parent.name for row in found])
        for found in (rows(capsys, str(tmp_path / name)) for name in ("trimmed", "long"))
    )
    assert trimmed > 0.8
    assert long > trimmed - 0.01

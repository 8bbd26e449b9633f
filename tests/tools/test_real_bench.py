"""The bench on real recordings, here on synthesized ones: what it counts is what is there."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.tools.clips import write_clips
from tools.bench.__main__ import main
from tools.classify import main as classify
from tools.stream.intervals import poisson_interval
from train.data.load import load
from train.data.sources import synthetic


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`clips`: two voices with manifest.csv. `long`: a digit in silence, labelled and not."""
    folder = tmp_path_factory.mktemp("real")
    write_clips(folder / "clips", synthetic.entries(2, seed=3))
    seven = load(next(e for e in synthetic.entries(1, seed=3) if e.label == "seven"))
    start = 2 * seven.rate
    sound = np.zeros(6 * seven.rate, np.int16)
    sound[start : start + len(seven.samples)] = seven.samples
    end = 2 + len(seven.samples) / seven.rate
    for kind, track in (("speech", f"2.0\t{end}\tseven\n"), ("noise", "")):
        (folder / "long" / kind).mkdir(parents=True)
        soundfile.write(folder / "long" / kind / "one.wav", sound, seven.rate, subtype="PCM_16")
        (folder / "long" / kind / "one.txt").write_text(track)
    return folder


def test_clips_are_counted_as_classify_counts_them(
    recordings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clips = recordings / "clips"
    assert main(["real", "--clips", str(clips), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["clips"]
    assert classify([str(clips), "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    right = sum(Path(row["path"]).name.startswith(row["label"]) for row in rows)
    assert (found["clips"], found["right"]) == (20, right)
    assert found["accuracy"] == right / 20 and len(found["by_speaker"]) == 2
    low, high = found["interval"]
    assert low <= found["accuracy"] <= high


def test_harder_versions_of_the_same_clips(
    recordings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clips = str(recordings / "clips")
    assert main(["real", "--clips", clips, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found["hard"]) == ["at 8 kHz", "in noise, 10 dB SNR", "at -40 dBFS"]
    assert all(0 < share <= 1 for share in found["hard"].values())
    assert main(["real", "--clips", clips]) == 0
    share = 100 * found["hard"]["at 8 kHz"]
    assert f"The same clips at 8 kHz: {share:.1f} %" in capsys.readouterr().out


def test_speakers_of_a_run_and_other_sources_do_not_count(
    recordings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clips = str(recordings / "clips")
    (tmp_path / "split.json").write_text('{"synthetic-3-0": "train", "synthetic-3-1": "test"}')
    assert main(["real", "--clips", clips, "--run", str(tmp_path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["clips"]
    assert list(found["by_speaker"]) == ["synthetic-3-1"] and found["clips"] == 10
    assert main(["real", "--clips", clips, "--source", "elsewhere"]) == 1
    assert "manifest.csv has no source elsewhere" in capsys.readouterr().err
    assert main(["real", "--clips", clips, "--run", clips]) == 1
    assert "is not the folder of a finished run" in capsys.readouterr().err


def test_other_words_are_counted_if_they_are_taken_for_a_keyword(
    recordings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A seven under the name of another word is taken for a keyword, whatever the model."""
    for path in (recordings / "clips").glob("*.wav"):
        (tmp_path / path.name).symlink_to(path)
    table = (recordings / "clips" / "manifest.csv").read_text()
    (tmp_path / "manifest.csv").write_text(table.replace(",digits,seven,", ",unknown,heaven,"))
    assert main(["real", "--clips", str(tmp_path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["clips"]["clips"] == 18
    others = found["others"]
    assert (others["clips"], others["speakers"]) == (2, 2)
    assert others["taken"] >= others["above_threshold"] > 0
    assert others["confusions"][0][:2] == ["heaven", "seven"]


def test_voices_of_an_engine_say_the_words_of_a_bundle_and_words_like_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["real", "--spoken", "espeak", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["clips"]["clips"], len(found["clips"]["by_speaker"])) == (400, 40)
    assert (found["others"]["clips"], found["others"]["speakers"]) == (240, 40)
    assert found["clips"]["accuracy"] > 0.5 > found["others"]["above_threshold"]
    assert found["spoken_by"] == "espeak"
    with pytest.raises(SystemExit):
        main(["real", "--spoken", "espeak", "--clips", "anywhere"])
    assert "give --clips or --spoken, not both" in capsys.readouterr().err


def test_other_words_alone_are_enough(
    recordings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """For a model of other words, every recording is a word to be rejected."""
    table = (recordings / "clips" / "manifest.csv").read_text().splitlines()
    sevens = [table[0], *[line.replace("seven,", "heaven,") for line in table if ",seven," in line]]
    for path in (recordings / "clips").glob("*.wav"):
        (tmp_path / path.name).symlink_to(path)
    (tmp_path / "manifest.csv").write_text("\n".join(sevens).replace(",digits,", ",unknown,"))
    assert main(["real", "--clips", str(tmp_path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert "clips" not in found and found["others"]["clips"] == 2
    (tmp_path / "manifest.csv").write_text(table[0])
    assert main(["real", "--clips", str(tmp_path)]) == 1
    assert "has no clips of speakers" in capsys.readouterr().err


def test_a_word_is_a_hit_where_it_is_labelled_and_a_false_accept_where_it_is_not(
    recordings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["real", "--long", str(recordings / "long"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["long"]
    speech, noise = found["speech"], found["noise"]
    assert (speech["words"], speech["hits"], speech["false_accepts"]) == (1, 1, 0)
    assert (noise["words"], noise["hits"], noise["false_accepts"]) == (0, 0, 1)
    assert noise["false_accepts_per_hour"] == pytest.approx(1 / noise["hours"])
    low, high = noise["interval"]
    assert low < noise["false_accepts_per_hour"] < high


def test_no_event_proves_no_less_than_hours_allow() -> None:
    assert poisson_interval(0) == (0.0, pytest.approx(3.69, abs=0.01))
    low, high = poisson_interval(10)
    assert (low, high) == (pytest.approx(4.80, abs=0.01), pytest.approx(18.39, abs=0.01))


@pytest.mark.parametrize(
    ("made", "said"),
    [("", "expected one folder per kind"), ("speech/one.txt", "contains no recordings")],
)
def test_a_folder_without_recordings_is_refused(
    made: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if made:
        (tmp_path / made).parent.mkdir()
        (tmp_path / made).touch()
    assert main(["real", "--long", str(tmp_path)]) == 1
    assert said in capsys.readouterr().err

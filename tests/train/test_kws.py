"""The command, from synthesized speech to an int8 file; small, but all of it."""

import contextlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.conftest import LEARNED
from train.data.clip import centre, resample
from train.data.entry import Entry
from train.data.load import load
from train.data.sources.synthetic import voices
from train.data.split import SPLITS
from train.features.binding import Frontend
from train.kws import main
from train.models.int8 import Int8Model
from train.settings.frontend import FrontendConfig
from train.settings.words import DIGITS


def test_a_run_describes_itself(run: Path) -> None:
    described = json.loads((run / "run.json").read_text())
    assert len(described["labels"]) == 12
    assert FrontendConfig.from_dict(described["frontend"]).shape == (49, 40)
    speakers = json.loads((run / "split.json").read_text())
    assert len(speakers) == 60 and set(speakers.values()) == {"train", "validation", "test"}
    assert json.loads((run / "settings.json").read_text())["recipe"]["epochs"] == 14


def test_speakers_that_are_held_out_are_development_data(run: Path) -> None:
    """A study chooses by them, so they are no test; split.json calls them one."""
    metrics = json.loads((run / "metrics.json").read_text())
    speakers = json.loads((run / "split.json").read_text())
    assert metrics["judged_on"] == "development"
    held_out = {name for name, split in speakers.items() if split == "test"}
    assert set(metrics["models"]["int8"]["by_speaker"]) == held_out


def test_the_end_of_a_training_names_the_precision_of_each_word(run: Path) -> None:
    log = (run / "log.txt").read_text()
    metrics = json.loads((run / "metrics.json").read_text())["models"]["int8"]
    assert f"{metrics['examples']:,} development windows" in log
    (line,) = (line for line in log.splitlines() if "precision by word, lowest first" in line)
    words = {name: one for name, one in metrics["by_label"].items() if name in DIGITS}
    lowest = min(words, key=lambda word: words[word]["precision"])
    assert f"in %: {lowest} {100 * words[lowest]['precision']:.1f}," in line
    assert all(word in line for word in DIGITS) and "unknown" not in line
    assert "train.test" not in log  # it has no test data


def test_it_learned_and_int8_kept_it(run: Path) -> None:
    metrics = json.loads((run / "metrics.json").read_text())
    models = metrics["models"]
    assert models["float"]["accuracy"] > 0.6  # chance is 0.08
    assert models["int8"]["accuracy"] > models["float"]["accuracy"] - 0.08
    assert metrics["sparsity"] >= 0.495
    assert np.sum(models["int8"]["confusion"]) == models["int8"]["examples"]
    assert models["int8"]["by_snr"]["20"] > models["int8"]["by_snr"]["-5"]
    assert list(models["int8"]["by_level"]) == ["0", "-10", "-20", "-30", "-40", "-50"]
    assert min(models["int8"]["by_level"].values()) > 0.3


def test_a_run_can_be_read_by_people(run: Path) -> None:
    assert "<html" in (run / "report.html").read_text()
    assert "float: epoch 14 of 14" in (run / "log.txt").read_text()
    assert list((run / "tensorboard" / "float").glob("events*"))


def test_a_killed_run_goes_on_and_ends_the_same(run: Path, tmp_path: Path) -> None:
    """Killed while it trains floats, and again while it prunes: no epoch is lost or differs."""
    command = [sys.executable, "-m", "train.kws", *LEARNED, "--run", str(tmp_path)]
    log = tmp_path / "log.txt"
    for reached in ("float: epoch 3 of", "pruning: epoch 1 of"):
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            while process.poll() is None and not (log.exists() and reached in log.read_text()):
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(0.05)
            process.kill()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    assert log.read_text().count("float: epoch 3 of") == 1
    for name in ("metrics.json", "history.json", "model.tflite"):
        assert (tmp_path / name).read_bytes() == (run / name).read_bytes()


def test_the_int8_file_hears_a_voice_with_the_front_end_of_the_run(run: Path) -> None:
    described = json.loads((run / "run.json").read_text())
    config = FrontendConfig.from_dict(described["frontend"])
    model = Int8Model((run / "model.tflite").read_bytes())
    assert model.input_scale == (pytest.approx(config.scale), config.zero_point)
    voice = voices(40)[0]
    heard = 0
    for digit in described["labels"][:10]:
        clip = resample(load(Entry("synthetic", "digits", digit, "a", voice=voice)), 16_000)
        features = Frontend(config).features(centre(clip.samples, config.window)[None])
        heard += described["labels"][int(model.scores(features)[0].argmax())] == digit
    assert heard >= 6


def test_the_same_command_gives_the_same_model_on_a_computer_with_one_core(
    run: Path, tmp_path: Path
) -> None:
    on_one_core = ["taskset", "--cpu-list", str(min(os.sched_getaffinity(0)))]
    command = [sys.executable, "-m", "train.kws", *LEARNED, "--run", str(tmp_path)]
    done = subprocess.run([*on_one_core, *command], check=True, capture_output=True, text=True)
    assert re.search("^float: epoch 14 of 14, validation [0-9.]+ %, ", done.stderr, re.MULTILINE)
    assert "\njudging the int8 file ...\n" in done.stdout
    assert (tmp_path / "metrics.json").read_text() == (run / "metrics.json").read_text()
    assert (tmp_path / "model.tflite").read_bytes() == (run / "model.tflite").read_bytes()


def test_dry_run_trains_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*LEARNED, "--dry-run", "--run", str(tmp_path / "run")]) == 0
    printed = capsys.readouterr().out
    assert "parameters" in printed and "MACs" in printed and "--json prints all settings" in printed
    assert len(printed.splitlines()) < 30 and "epochs" not in printed
    lines = [line for line in reversed(printed.splitlines()) if line]
    cells = {line.split()[0]: line.split()[1:] for line in lines}  # the table; advice is below
    assert cells["clips"] == ["train", "validation", "test"]
    assert sum(map(int, cells["seven"])) == 60 and sum(map(int, cells["unknown"])) == 120
    assert not (tmp_path / "run").exists()


def test_dry_run_counts_minutes_of_long_recordings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "noise").mkdir()
    noise = np.random.default_rng(0).normal(0, 900, 60 * 16_000).astype(np.int16)
    soundfile.write(tmp_path / "noise" / "rain.wav", noise, 16_000)
    changes = ["--set", f"data.long={tmp_path}"]
    found = dry_run(changes, capsys)["long_recordings"]
    assert found["minutes"]["noise_and_music"] == {"train": 0.8, "validation": 0.1, "test": 0.1}
    assert main([*LEARNED, *changes, "--dry-run"]) == 0
    assert re.search(r"noise and music +0\.8 +0\.1 +0\.1\n", capsys.readouterr().out)


def test_dry_run_for_programs_is_one_json_object_and_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "mine"
    (folder / "one" / "anna").mkdir(parents=True)
    (folder / "one" / "anna" / "text.wav").write_text("to be recorded")
    take = np.zeros(48_000, np.int16)
    take[1000:9000] = 9000 * np.sin(np.arange(8000) / 7)
    soundfile.write(folder / "one" / "anna" / "1.wav", take, 16_000)
    found = dry_run(["--data", str(folder)], capsys)
    assert list(found) == [
        "settings", "split", "counts", "left_out", "long", "moved", "cost",
        "near", "indistinguishable",
    ]  # fmt: skip
    assert found["near"] == []  # digits have a list made by hand
    assert found["settings"]["recipe"]["epochs"] == 14
    assert len(found["split"]) == 61 and found["split"]["mine-anna"] in SPLITS
    assert list(found["counts"]) == list(SPLITS)
    for word, clips in {"one": 61, "two": 60, "unknown": 120}.items():
        assert sum(found["counts"][name][word] for name in SPLITS) == clips
    [left_out] = found["left_out"]
    assert left_out["path"].endswith("text.wav") and "not a readable" in left_out["reason"]
    assert (found["long"], found["moved"]) == (1, 1)
    assert found["cost"]["parameters"] > 1000 and found["cost"]["macs"] > 1000


def dry_run(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert main([*LEARNED, *arguments, "--dry-run", "--json"]) == 0
    tree: dict[str, Any] = json.loads(capsys.readouterr().out)
    return tree


def test_the_same_recording_is_not_used_twice_whoever_it_is_said_to_be_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for speaker in ("anna", "ben"):
        (tmp_path / "one" / speaker).mkdir(parents=True)
        for number in (1, 2):
            tone = (9000 * np.sin(np.arange(8000) / (6 + number))).astype(np.int16)
            soundfile.write(tmp_path / "one" / speaker / f"{number}.wav", tone, 16_000)
    found = dry_run(["--data", str(tmp_path)], capsys)
    reasons = [one["reason"] for one in found["left_out"]]
    assert reasons == [
        f"{tmp_path}/one/ben/{n}.wav: the same samples as {tmp_path}/one/anna/{n}.wav"
        for n in (1, 2)
    ]
    assert sum(found["counts"][name]["one"] for name in SPLITS) == 62


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--set", "recipe.epoch=3"], "did you mean epochs?"),
        (["--data", "nowhere"], "manifest.csv"),
        (["--set", "data.synthetic.speakers=1"], "cannot fill train, validation and test"),
        (["--set", "data.synthetic.speakers=0"], "no recordings of zero, one, two"),
        (["--set", "model.budget=63001"], "1 over the 63,000"),
        (
            [*LEARNED, "--set", "data.always_train=nobody"],
            "no clip is of nobody; expected a speaker",
        ),
    ],
)
def test_bad_input_is_one_line(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, "--dry-run"]) == 1
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("error: ") and message in error


def test_sources_mix_and_a_folder_may_have_any_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tone = (9000 * np.sin(np.arange(8000) / 7)).astype(np.int16)
    digits, listed = tmp_path / "digits", tmp_path / "2024: mine #1"
    digits.mkdir()
    listed.mkdir()
    for speaker, level in (("theo", 1), ("lucas", 2)):
        soundfile.write(digits / f"7_{speaker}_0.wav", tone // level, 8_000)
    soundfile.write(listed / "a.wav", tone, 16_000)
    (listed / "manifest.csv").write_text(
        "path,kind,label,speaker,source\na.wav,digits,one,anna,mine\nb.wav,digits,one,ben,mine\n"
    )
    sources = ["--set", f"data.fsdd={digits}", "--data", str(listed)]
    assert main([*LEARNED, *sources, "--dry-run"]) == 0
    printed = capsys.readouterr().out
    clips = [int(n) for n in re.findall(r"([\d,]+) by [\d,]+ speakers?", printed)]
    assert sum(clips) == 60 * 12 + 2 + 1
    assert "1 of the clips could not be used" in printed and "b.wav" in printed


def test_recordings_that_cannot_be_used_are_counted_and_named_and_the_rest_is_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "mine"
    random = np.random.default_rng(0)
    for speaker in ("anna", "ben", "cleo", "dan"):
        for digit in ("zero", "one", "two"):
            (folder / digit / speaker).mkdir(parents=True)
            noise = random.normal(0, 3000, (6000, 2)).astype(np.int16)
            path = folder / digit / speaker / "1.wav"
            soundfile.write(path, noise, 11_025, subtype="PCM_U8")  # odd, but good
    bad = folder / "one" / "anna"
    whole = (bad / "1.wav").read_bytes()
    (bad / "truncated.wav").write_bytes(whole[: len(whole) // 2])
    (bad / "empty.wav").write_bytes(b"")
    (bad / "text.wav").write_text("to be recorded")
    (bad / "locked.wav").symlink_to("nowhere")
    soundfile.write(bad / "nan.wav", np.full(6000, np.nan), 16_000, subtype="FLOAT")
    (folder / "three").mkdir()
    alone = ["--set", "data.synthetic.speakers=0", "--data", str(folder)]
    assert main([*alone, "--dry-run"]) == 0
    printed = capsys.readouterr().out
    assert "6 of the clips could not be used and are left out:" in printed
    for name in ("truncated.wav", "empty.wav", "text.wav", "locked.wav", "nan.wav", "three"):
        assert str(folder) in printed and name in printed
    clips = [int(n) for n in re.findall(r"([\d,]+) by [\d,]+ speakers?", printed)]
    assert sum(clips) == 12
    assert "train has no three, four" in printed


def test_one_speaker_alone_cannot_show_what_strangers_get(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for digit in DIGITS:
        (tmp_path / digit).mkdir()
        tone = (9000 * np.sin(np.arange(8000) / (7 + len(digit)))).astype(np.int16)
        soundfile.write(tmp_path / digit / "anna_1.wav", tone, 16_000)
    alone = ["--set", "data.synthetic.speakers=0", "--data", str(tmp_path)]
    assert main([*alone, "--dry-run"]) == 1
    assert "1 speaker(s) cannot fill train, validation and test" in capsys.readouterr().err
    beside = ["--set", "data.synthetic.speakers=20", "--data", str(tmp_path)]
    learned = [*beside, "--set", f"data.always_train={tmp_path.name}"]
    assert main([*learned, "--dry-run"]) == 0
    printed = capsys.readouterr().out
    assert re.search(rf"{tmp_path.name} +\d+ by 1 speaker +0 by 0 speakers +0 by 0", printed)

"""Other words than digits: which are to be recognized is a setting, for every source."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from train.cache import open_cache
from train.data.corpus import label_names, list_entries, read_corpus
from train.kws import main
from train.settings import Settings, read_settings

WORDS = ["data.words=lights,yes", "data.synthetic.speakers=12", "data.synthetic.other_words=20"]


def settings(*more: str) -> Settings:
    return read_settings("synthetic", [*WORDS, *more])


def test_labels_are_the_words_and_what_is_none_of_them() -> None:
    assert label_names(settings().data) == ["lights", "yes", "unknown", "silence"]


def test_voices_say_the_words_and_others_that_are_not_among_them() -> None:
    found = list_entries(settings())
    said = {kind: {e.label for e in found if e.kind == kind} for kind in ("digits", "unknown")}
    assert said["digits"] == {"lights", "yes"}
    assert len(said["unknown"]) == 19  # twenty, but for yes


def test_recordings_of_digits_are_other_words_then(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    for name in ("lights/anna", "seven/anna", "noise/fan"):
        sound = random.normal(0, 3000, 8000).astype(np.int16)
        (tmp_path / name).mkdir(parents=True)
        soundfile.write(tmp_path / name / "1.wav", sound, 16_000)
    corpus = read_corpus(settings(f"data.folder={tmp_path}"), open_cache())
    pairs = zip(corpus.entries, corpus.labels, strict=True)
    mine = {entry.label: label for entry, label in pairs if entry.path}
    assert mine == {"lights": "lights", "seven": "unknown"}
    assert len(corpus.noises.entries) == 1


def test_a_manifest_needs_no_other_kinds(tmp_path: Path) -> None:
    sound = np.random.default_rng(0).normal(0, 3000, 8000).astype(np.int16)
    soundfile.write(tmp_path / "a.wav", sound, 16_000)
    header = "path,kind,label,speaker,source\n"
    (tmp_path / "manifest.csv").write_text(header + "a.wav,unknown,yes,anna,mine\n")
    entries = list_entries(settings(f"data.manifest={tmp_path}"))
    assert [entry.kind for entry in entries if entry.path] == ["digits"]


def test_a_word_that_nobody_says_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    silent = ["--set", "data.synthetic.speakers=0", "--set", "data.words=lights"]
    assert main([*silent, "--dry-run"]) == 1
    assert "no recordings of lights; give --data FOLDER" in capsys.readouterr().err


def test_a_run_of_other_words(tmp_path: Path) -> None:
    small = [
        "data.words=lights,heating,stop", "data.synthetic.speakers=40",
        "data.synthetic.other_words=3", "data.held_out=1/3", "model.family=tc_resnet",
        "model.budget=9000", "recipe.batch=32", "recipe.epochs=10", "recipe.prune_epochs=2",
        "recipe.quantize_epochs=2",
    ]  # fmt: skip
    arguments = [word for change in small for word in ("--set", change)]
    assert main([*arguments, "--run", str(tmp_path)]) == 0
    assert json.loads((tmp_path / "run.json").read_text())["labels"] == [
        "lights", "heating", "stop", "unknown", "silence",
    ]  # fmt: skip
    found = json.loads((tmp_path / "metrics.json").read_text())["models"]["int8"]
    assert found["accuracy"] > 0.6  # chance is 0.2

"""Who may teach: a run that was trained without the speakers that its pupil is judged on."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.train.small import SMALL
from train.cache import open_cache
from train.data.corpus import Corpus, label_names, read_corpus
from train.errors import DataError
from train.features.blocks import Block
from train.features.examples import Examples
from train.fit.run_files import write_outcomes
from train.fit.runs import read_run
from train.fit.teacher import read_teacher, teacher_scores
from train.kws import main
from train.settings import Settings, read_settings

CHANGES = SMALL[1::2]
Capture = pytest.CaptureFixture[str]


def settings_with(*changes: str) -> Settings:
    return read_settings("synthetic", [*CHANGES, *changes])


def pupil_of(teacher: Path, *changes: str) -> Settings:
    return settings_with(f"recipe.teacher_run={teacher}", *changes)


def corpus_of(settings: Settings) -> Corpus:
    return read_corpus(settings, open_cache())


def speakers(corpus: Corpus, split: str) -> set[str]:
    return {corpus.entries[i].speaker for i in corpus.of(split)}


def teacher_with(folder: Path, *changes: str) -> Path:
    """A finished run's files; nobody asks its model for anything here."""
    settings = settings_with(*changes)
    figures = {"accuracy": 0.9, "examples": 10}
    results: dict[str, Any] = {
        "labels": label_names(settings.data),
        "models": {"float": figures, "int8": figures},
    }
    config = settings.frontend
    write_outcomes(folder, settings, corpus_of(settings), config, b"int8", results, {})
    (folder / "float.h5").write_bytes(b"weights")
    return folder


def test_a_teacher_with_the_same_split_is_accepted(tmp_path: Path) -> None:
    pupil = pupil_of(teacher_with(tmp_path))
    teacher = read_teacher(pupil, corpus_of(pupil))
    assert teacher and teacher.folder == tmp_path


def test_a_teacher_of_test_speakers_is_refused_by_their_names(tmp_path: Path) -> None:
    pupil = pupil_of(teacher_with(tmp_path))
    corpus = corpus_of(pupil)
    one = min(speakers(corpus, "test"))
    for side in ("train", "validation"):
        splits = json.loads((tmp_path / "split.json").read_text())
        (tmp_path / "split.json").write_text(json.dumps(splits | {one: side}))
        with pytest.raises(DataError, match=f"speakers that this run is judged on: {one};"):
            read_teacher(pupil, corpus)


def test_a_teacher_of_speakers_that_are_held_out_is_refused(tmp_path: Path) -> None:
    pupil = pupil_of(teacher_with(tmp_path), "data.held_out=1/2")
    corpus = corpus_of(pupil)
    with pytest.raises(DataError) as error:
        read_teacher(pupil, corpus)
    known = json.loads((tmp_path / "split.json").read_text())
    for name in speakers(corpus, "test"):
        assert (name in str(error.value)) == (known[name] != "test")


def test_a_teacher_of_development_speakers_is_refused(tmp_path: Path) -> None:
    """It may have stopped by them, as the pupil does; it may not have learned from them."""
    pupil = pupil_of(teacher_with(tmp_path))
    corpus = corpus_of(pupil)
    one = min(speakers(corpus, "validation"))
    splits = json.loads((tmp_path / "split.json").read_text())
    (tmp_path / "split.json").write_text(json.dumps(splits | {one: "train"}))
    with pytest.raises(DataError, match=one):
        read_teacher(pupil, corpus)


def test_a_teacher_whose_clips_were_split_knows_every_speaker(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="the same voice"):
        teacher = teacher_with(tmp_path, "data.split=clip")
    pupil = pupil_of(teacher)
    with pytest.raises(DataError, match="judged on"):
        read_teacher(pupil, corpus_of(pupil))


def test_many_names_are_cut(tmp_path: Path) -> None:
    many = "data.synthetic.speakers=60"
    pupil = pupil_of(teacher_with(tmp_path, many), many, "data.held_out=1/2")
    with pytest.raises(DataError, match=r"and [0-9]+ more; give both runs the same"):
        read_teacher(pupil, corpus_of(pupil))


def test_a_teacher_without_a_split_is_refused(tmp_path: Path) -> None:
    pupil = pupil_of(teacher_with(tmp_path))
    for damage in ("{", "[]"):
        (tmp_path / "split.json").write_text(damage)
        with pytest.raises(DataError, match=r"split\.json: .* train the teacher again"):
            read_teacher(pupil, corpus_of(pupil))


def test_a_dry_run_says_so_before_any_work(tmp_path: Path, capsys: Capture) -> None:
    teacher, run = teacher_with(tmp_path / "teacher"), tmp_path / "run"
    command = [*SMALL, "--set", f"recipe.teacher_run={teacher}", "--run", str(run)]
    assert main([*command, "--dry-run"]) == 0
    capsys.readouterr()
    other = ["--set", "data.held_out=1/2"]
    assert main([*command, *other, "--dry-run"]) == main([*command, *other]) == 1
    errors = [line for line in capsys.readouterr().err.splitlines() if "error: " in line]
    assert len(errors) == 2 and all("judged on" in line for line in errors)
    assert not run.exists()


def test_what_it_gave_words_as_a_bonus_is_not_taught(run: Path) -> None:
    """A student gets a bonus of its own; with both, it would hardly ever say `unknown`."""
    plain = read_run(run)
    silence = Block(config=plain.config, seed=0, silences=6)
    examples = Examples(np.empty(0), np.empty(0), [], [silence])
    recipe = replace(plain.settings.recipe, bonus=5)
    generous = replace(plain, settings=replace(plain.settings, recipe=recipe))
    words = len(plain.settings.data.words)
    given, taught = (teacher_scores(one, examples, open_cache()) for one in (plain, generous))
    given, taught = (each / each[:, :1] for each in (given, taught))  # odds against the first word
    np.testing.assert_allclose(taught[:, :words], given[:, :words], rtol=1e-3)
    np.testing.assert_allclose(taught[:, words:], 5 * given[:, words:], rtol=1e-3)

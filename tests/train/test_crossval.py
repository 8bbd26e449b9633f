"""Leaving voices out in turn: small, but with all of the recipe."""

import json
from pathlib import Path
from typing import Any

import pytest

from train.crossval import folds_of, main, page_section, parse, summary, table, words_right
from train.settings.words import DIGITS

SMALL = [
    "--set", "data.synthetic.speakers=14", "--set", "data.synthetic.other_words=1",
    "--set", "augmentation.copies=1", "--set", "model.family=tc_resnet",
    "--set", "model.budget=9000", "--set", "recipe.epochs=1", "--set", "recipe.batch=32",
    "--set", "recipe.prune_epochs=1", "--set", "recipe.quantize_epochs=1",
]  # fmt: skip


def test_each_voice_is_tested_once_by_a_model_that_never_heard_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*SMALL, "--by", "2", "--runs", str(tmp_path)]) == 0
    splits = [json.loads((tmp_path / fold / "split.json").read_text()) for fold in ("1-2", "2-2")]
    tested = [{voice for voice, name in split.items() if name == "test"} for split in splits]
    assert len(tested[0]) == len(tested[1]) == 7 and not tested[0] & tested[1]
    found = json.loads((tmp_path / "crossval.json").read_text())
    folds = [found["folds"][fold]["int8"] for fold in ("1/2", "2/2")]
    assert found["mean"]["int8"] == pytest.approx(sum(folds) / 2)
    assert found["minimum"]["int8"] == min(folds)
    by_word = [found["by_word"][digit] for digit in DIGITS]
    assert sum(by_word) / 10 == pytest.approx(found["mean"]["int8"])  # as many of each digit
    assert "int8 by word: zero" in capsys.readouterr().out


def test_only_digits_count() -> None:
    heard = {digit: {"examples": 10, "recall": 0.9} for digit in DIGITS}
    heard["nine"] = {"examples": 30, "recall": 0.5}
    others = {"unknown": {"examples": 1000, "recall": 0.0}}
    assert words_right({"by_label": heard | others}, DIGITS) == pytest.approx((90 * 0.9 + 15) / 120)


def test_a_table_for_the_page_names_its_command() -> None:
    model = {"by_label": {digit: {"examples": 5, "recall": 0.8} for digit in DIGITS}}
    given = ["--by", "2", "--data", "/somewhere", "--set", "seed=3", "--write"]
    text = page_section(parse(given), {"1/2": {"float": model, "int8": model}}, DIGITS, 3)
    assert text.startswith(
        "`python -m train.crossval --by 2 --preset synthetic --data FOLDER --set seed=3`, seed 3:"
    )
    assert "| 1/2         | 80.0  | 80.0 | 50      |" in text
    assert "zero 80.0, one 80.0" in text and "/somewhere" not in text
    assert "deviation" not in text and "interval" not in text  # of one fold there is none


def test_folds_have_a_deviation_and_an_interval_of_their_mean() -> None:
    def heard(share: float) -> dict[str, Any]:
        return {"int8": {"by_label": {d: {"examples": 5, "recall": share} for d in DIGITS}}}

    result = summary({"a": heard(0.8), "b": heard(0.9), "c": heard(0.85)}, DIGITS)
    assert result["deviation"]["int8"] == pytest.approx(0.05)
    away = 4.302653 * 0.05 / 3**0.5  # Student's t for two degrees of freedom, as tables have it
    assert result["interval"]["int8"] == pytest.approx([0.85 - away, 0.85 + away])
    text = table({"a": heard(0.8), "b": heard(0.9), "c": heard(0.85)}, DIGITS)
    assert "72.58 to 97.42" in text and "± deviation" in text

    result = summary({"a": heard(0.8), "b": heard(1.0)}, DIGITS)
    assert result["interval"]["int8"] == [0.0, 1.0]  # what two folds say, cut to what shares are
    result = summary({"a": heard(0.8)}, DIGITS)
    assert result["deviation"]["int8"] is None and result["interval"]["int8"] is None


def test_a_source_that_is_not_there_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--by", "fsdd"]) == 1
    assert "--by fsdd: not one of synthetic" in capsys.readouterr().err
    assert main(["--by", "1"]) == 1
    assert "--by 1: give at least 2 folds, such as --by 5" in capsys.readouterr().err
    assert main(["--by", "folds"]) == 1
    assert "--by folds: synthetic has no folds; give --by 5" in capsys.readouterr().err
    assert main(["--by", "sources"]) == 1
    assert "--by sources: all speech is synthesized; give rec" in capsys.readouterr().err


def test_sources_are_those_of_recordings(tmp_path: Path) -> None:
    lines = ["path,kind,label,speaker,source", "a.wav,digits,one,anna,theirs",
             "b.wav,digits,two,bert,mine", "c.wav,unknown,yes,carl,others"]  # fmt: skip
    (tmp_path / "manifest.csv").write_text("\n".join(lines) + "\n")
    for clip in "abc":
        (tmp_path / f"{clip}.wav").touch()
    assert folds_of(parse(["--by", "sources", "--data", str(tmp_path)])) == ["mine", "theirs"]


def test_a_side_that_is_empty_in_one_fold_is_told_before_anything_is_trained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    few = ["--set", "data.synthetic.speakers=4", "--by", "4", "--runs", str(tmp_path / "runs")]
    assert main([*SMALL, *few]) == 1
    assert "validation happens to be empty" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()

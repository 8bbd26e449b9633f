"""The model card says what the run measured, and how to make the run again."""

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest

from convert.bundle import model_hash
from convert.card import card, main
from train import kws
from train.cache import open_cache


@pytest.fixture(scope="module")
def text(run: Path) -> str:
    return card(run, open_cache())


def cells(text: str, first: str) -> list[str]:
    """The first row that begins with that cell."""
    row, *_ = re.findall(rf"^\| {re.escape(first)} +\|.*", text, re.MULTILINE)
    return [cell.strip() for cell in row.strip("|").split("|")][1:]


def test_its_figures_are_those_of_the_run(run: Path, text: str) -> None:
    metrics = json.loads((run / "metrics.json").read_text())
    int8 = metrics["models"]["int8"]
    assert cells(text, "int8") == ["development", f"{100 * int8['accuracy']:.1f} %"]
    assert cells(text, "seven")[0] == f"{100 * int8['by_label']['seven']['recall']:.1f} %"
    assert f"{100 * metrics['sparsity']:.1f} %" in cells(text, "zeros")[0]
    assert cells(text, "right") == [f"{100 * share:.1f} %" for share in int8["by_snr"].values()]
    lost = int8["by_level"]["-40"] - int8["by_level"]["0"]
    assert f"at -40 dBFS: {100 * lost:+.1f} points" in text


def test_it_names_the_role_of_its_figures(run: Path, text: str, tmp_path: Path) -> None:
    """Of a run that holds speakers out; of one whose test was looked at; of an old one."""
    assert "figures below are of **development** data (speakers that were held out)" in text
    assert "The run has no test speakers." in text

    tested = Path(shutil.copytree(run, tmp_path / "tested"))
    int8 = json.loads((run / "metrics.json").read_text())["models"]["int8"]
    looks = [
        {"look": look, "date": f"2026-01-0{look}", "model": model, "figures": figures}
        for look, model, figures in (
            (1, model_hash((run / "model.tflite").read_bytes()), int8 | {"accuracy": 0.123}),
            (2, "of another training", int8 | {"accuracy": 0.456}),
        )
    ]
    (tested / "test.json").write_text(json.dumps(looks[:1]))
    assert "`python -m train.test` looked at them once, at 2026-01-01" in card(tested, open_cache())
    (tested / "test.json").write_text(json.dumps(looks))
    of_test = card(tested, open_cache())
    assert "figures below are of the **test** speakers" in of_test
    assert "looked at them 2 times, first at 2026-01-01" in of_test
    assert re.search(r"^\| int8 +\| test +\| 12.3 % \|$", of_test, re.MULTILINE)
    assert "45.6 %" not in of_test

    (tested / "test.json").unlink()
    metrics = json.loads((tested / "metrics.json").read_text())
    del metrics["judged_on"]
    (tested / "metrics.json").write_text(json.dumps(metrics))
    assert "which each training looked at" in card(tested, open_cache())


def test_clips_and_speakers_add_up(run: Path, text: str) -> None:
    split = json.loads((run / "split.json").read_text())
    counts = [re.findall(r"[\d,]+", cell) for cell in cells(text, SYNTHETIC)[1:]]
    assert sum(int(speakers) for _, speakers in counts) == len(split) == 60
    assert sum(int(clips.replace(",", "")) for clips, _ in counts) == 60 * 12


SYNTHETIC = "spoken by espeak-ng on this computer (`synthetic`)"


def test_its_command_makes_the_run_again(
    run: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command = shlex.split(cells(text, "trained by")[0].strip("`"))
    assert command[:3] == ["python", "-m", "train.kws"]
    assert kws.main([*command[3:], "--dry-run", "--json"]) == 0
    settings = json.loads(capsys.readouterr().out)["settings"]
    assert settings == json.loads((run / "settings.json").read_text())


def test_no_path_of_this_computer_is_on_it(run: Path, text: str) -> None:
    assert str(run.parent) not in text and str(Path.home()) not in text


def test_strangers_and_false_accepts_come_first(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    measured = {
        "model": model_hash((run / "model.tflite").read_bytes()),
        "clips": {"clips": 8, "accuracy": 0.75, "interval": [0.5, 1.0], "by_speaker": {"s1": 0.75}},
        "hard": {"in noise, 10 dB SNR": 0.5},
        "long": {"speech": {"hours": 2.0, "false_accepts": 3, "false_accepts_per_hour": 1.5,
                            "interval": [0.31, 4.38]}},
    }  # fmt: skip
    text = card(run, open_cache(), measured)
    assert text.index("## In short") < text.index("## What it is")
    assert cells(text, "strangers: 8 words of 1 speakers") == ["75.0 %", "50.0 % to 100.0 %"]
    assert cells(text, "the same words in noise, 10 dB SNR")[0] == "50.0 %"
    spoken = "false accepts per hour of speech: 3 in 2.00 h"
    assert cells(text, spoken) == ["1.5", "0.3 to 4.4"]

    other = tmp_path / "real.json"
    other.write_text(json.dumps(measured | {"model": "0" * 16}))
    assert main(["--run", str(run), "--real", str(other)]) == 1
    other.write_text("[]")
    assert main(["--run", str(run), "--real", str(other)]) == 1
    assert main(["--run", str(run), "--real", str(tmp_path / "none.json")]) == 1
    errors = capsys.readouterr().err.splitlines()
    assert f"is of model {'0' * 16}, and the run's is" in errors[0]
    assert "is not the output of: tinykws bench real --json" in errors[1]
    assert "cannot be read" in errors[2]


def test_the_same_card_twice(run: Path, text: str) -> None:
    assert card(run, open_cache()) == text


def test_bad_runs_are_one_line(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--run", str(tmp_path)]) == 1
    changed = tmp_path / "run"
    shutil.copytree(run, changed)
    described = json.loads((changed / "run.json").read_text())
    (changed / "run.json").write_text(json.dumps(described | {"data": "other"}))
    assert main(["--run", str(changed)]) == 1
    errors = capsys.readouterr().err.splitlines()
    assert "not a finished run" in errors[0]
    assert "have changed" in errors[-1]

"""Each preset of a published system: its size, and all of its way on a handful of clips."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convert import to_tflm
from convert.inspect import main as inspect
from convert.targets import TARGETS
from convert.targets.firmware import build_firmware
from tests.conftest import usable
from tests.sweep import sweep
from tools.bench.__main__ import main as bench
from tools.bench.presets import changes
from tools.board import golden, requests
from tools.board.connect import connected
from tools.board.emulator import emulator, missing
from train import compare, kws, mistakes
from train.data.corpus import label_names
from train.errors import ConfigError
from train.models.registry import model_of, not_for_boards
from train.settings import PARAMETERS_LIMIT, PRESETS, read_settings

PARAMETERS = {
    "guide": 9_256_204,
    "guide-small": 59_316,
    "guide-mel": 43_932,
    "guide-bilstm": 55_308,
    "guide-patch": 28_956,
    "logmel-cnn": 423_978,
    "spectrogram-cnn": 119_990_274,
    "spectrogram-cnn-small": 1_951_978,
    "cnn-lstm": 21_039_058,
    "cnn-lstm-small": 2_638_930,
    "fcnn": 2_143_242,
    "audionet": 1_733_898,
}
COUNTED = ("spectrogram-cnn", "cnn-lstm")  # but not trained here: their small versions are
TRAINED = [name for name in PARAMETERS if name not in COUNTED]
ON_BOARDS = [name for name, count in PARAMETERS.items() if count < PARAMETERS_LIMIT]
# one of each kind: floats alone on MFCCs and mel bands, quantized after training, in training, LSTM
SAMPLE = ("guide", "logmel-cnn", "fcnn", "guide-small", "guide-bilstm")
SHAPES = {  # frames, coefficients
    "guide": (59, 40),
    "guide-mel": (59, 128),
    "logmel-cnn": (101, 64),
    "spectrogram-cnn": (32, 1025),
    "cnn-lstm": (32, 1025),
    "audionet": (200, 20),
}
SMALL = [
    "--set", "data.synthetic.speakers=9", "--set", "data.synthetic.other_words=1",
    "--set", "augmentation.copies=0", "--set", "recipe.epochs=1",
    "--set", "recipe.quantize_epochs=1", "--set", "recipe.batch=32",
]  # fmt: skip
Runs = Callable[[str], Path]


def sampled(names: Iterable[str]) -> list[Any]:
    """The sample always, the others with the slow tests."""
    first = sorted(names, key=lambda name: name not in SAMPLE)
    return sweep(first, sum(name in SAMPLE for name in first))


@pytest.fixture(scope="module")
def run_of(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """The run of a preset, trained when it is first asked for."""
    folder = tmp_path_factory.mktemp("presets")

    def run(preset: str) -> Path:
        if not (folder / preset / "run.json").exists():
            arguments = ["--preset", preset, *SMALL, "--run", str(folder / preset)]
            assert kws.main(arguments) == 0
        return folder / preset

    return run


def test_every_preset_of_a_published_system_is_here() -> None:
    assert {path.stem for path in PRESETS.glob("*.yaml")} == {
        *PARAMETERS,
        "digits",
        "digits-voices",
        "synthetic",
        "typed",
        "esc50",
    }


@pytest.mark.parametrize("preset", PARAMETERS)
def test_its_model_has_the_published_size(preset: str) -> None:
    settings = read_settings(preset, [])
    shape = settings.frontend.shape
    model = model_of(settings.model, shape, len(label_names(settings.data)))
    assert model.count_params() == PARAMETERS[preset]
    assert shape == SHAPES.get(preset, shape)
    over = PARAMETERS[preset] - PARAMETERS_LIMIT + 1
    refused = not_for_boards(model, settings)
    assert f"{over:,} too many for a board" in refused if over > 0 else refused == ""


@pytest.mark.parametrize("preset", sampled(TRAINED))
def test_it_trains_evaluates_and_reports(
    preset: str, run_of: Runs, capsys: pytest.CaptureFixture[str]
) -> None:
    run = run_of(preset)
    metrics = json.loads((run / "metrics.json").read_text())
    assert "<html" in (run / "report.html").read_text()
    assert len(json.loads((run / "history.json").read_text())["float"]) == 1
    assert min(json.loads((run / "time.json").read_text()).values()) > 0
    quantization = read_settings(preset, []).recipe.quantization
    models = {"trained": ["float", "quantized", "int8"], "after": ["float", "int8"]}
    assert list(metrics["models"]) == models.get(quantization, ["float"])
    assert (run / "model.tflite").exists() == (quantization != "none")


@pytest.mark.parametrize("preset", sampled(n for n in TRAINED if n not in ON_BOARDS))
def test_what_no_board_can_have_is_refused_with_the_runs_own_words(
    preset: str, run_of: Runs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = run_of(preset)
    why = json.loads((run / "run.json").read_text())["refused"]
    assert why in (run / "log.txt").read_text() and why in (run / "report.html").read_text()
    capsys.readouterr()
    for refuse in (
        lambda: to_tflm.main(["--run", str(run), "--out", str(tmp_path / "model")]),
        lambda: inspect([str(run)]),
    ):
        assert refuse() == 1
        assert capsys.readouterr().err.strip().splitlines()[-1] == f"error: {run}: {why}"
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize("preset", sampled(ON_BOARDS))
def test_what_fits_a_board_is_proven_and_runs_in_the_emulator(
    preset: str, run_of: Runs, tmp_path: Path
) -> None:
    """The int8 file as somebody else's: after one epoch, no accuracy is there to be kept."""
    usable(TARGETS["cortex-m4f"])
    assert not missing()
    run, bundle = run_of(preset), tmp_path / "model"
    described = json.loads((run / "run.json").read_text())
    front = tmp_path / "frontend.json"
    front.write_text(json.dumps(described["frontend"]))
    given = ["--from-tflite", str(run / "model.tflite"), "--frontend", str(front)]
    given += ["--labels", ",".join(described["labels"])]
    assert to_tflm.main([*given, "--out", str(bundle)]) == 0
    manifest = json.loads((bundle / "manifest.json").read_text())
    assert manifest["parameters"] <= PARAMETERS[preset]  # normalization is folded
    program = build_firmware(tmp_path / "firmware", bundle, None)
    known = golden.read(bundle)
    window = np.random.default_rng(0).normal(0, 3000, known.source.config.window).astype(np.int16)
    _, expected = golden.answers(known, window[None])
    with emulator(firmware=program) as url, connected(url) as link:
        passed = requests.selftest(link)
        requests.inject_alone(link, window)
        found = requests.scores(link).values
    assert passed.frontend and passed.engine
    np.testing.assert_array_equal(found, expected[0])


def test_runs_of_floats_alone_stand_beside_others(
    run_of: Runs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = [str(run_of(preset)) for preset in ("logmel-cnn", "fcnn", "guide")]
    assert compare.main([*runs, "--out", str(tmp_path / "page.html")]) == 0
    said = capsys.readouterr().out
    assert "No int8 file, so compared by the float model: 1 logmel-cnn, 3 guide." in said
    assert mistakes.main([runs[0]]) == 0
    assert "its float model" in capsys.readouterr().out
    assert bench(["presets", *runs]) == 0
    table = capsys.readouterr().out
    assert [line.split(" | ")[0].strip("| ") for line in table.splitlines()[2:5]] == [
        "guide", "logmel-cnn", "fcnn"]  # fmt: skip
    assert "423,978" in table and "99.93 on AudioMNIST" in table
    assert "\nAll with data.synthetic.speakers=9, data.synthetic.other_words=1" in table
    assert table.count("data.synthetic.speakers=9") == 1


def test_changes_of_a_run_with_a_source_left_out_have_its_name() -> None:
    def run(epochs: int, held_out: str = "") -> dict[str, Any]:
        return {"changed": {"recipe.epochs": epochs, "recipe.batch": 32}, "held_out": held_out}

    whole, common = run(12), {"recipe.batch": 32}
    assert changes([whole], [run(12, "fsdd")], common) == ["recipe.epochs=12"]
    assert changes([whole], [run(6, "fsdd"), run(3, "gsc")], common) == [
        "recipe.epochs=12", "fsdd: recipe.epochs=6", "gsc: recipe.epochs=3"]  # fmt: skip


def test_any_run_with_the_same_labels_teaches_another(
    run_of: Runs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The teacher hears two seconds of 40 MFCCs, the pupil one second."""
    pupil = ["--preset", "synthetic", *SMALL, "--set", "recipe.prune_epochs=0",
             "--set", "model.budget=5000"]  # fmt: skip
    assert kws.main([*pupil, "--run", str(tmp_path / "alone")]) == 0
    taught = [*pupil, "--set", f"recipe.teacher_run={run_of('guide')}"]
    assert kws.main([*taught, "--run", str(tmp_path / "taught")]) == 0
    alone, better = (
        json.loads((tmp_path / name / "history.json").read_text())["float"][0]["loss"]
        for name in ("alone", "taught")
    )
    assert alone != better
    other = [*pupil, "--set", f"recipe.teacher_run={run_of('fcnn')}"]
    assert kws.main([*other, "--dry-run"]) == 1
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert "knows zero, one" in said and "give both the same data.words" in said


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["model.budget=63000"], r"parameters are [\d,]+ too many; give smaller layers"),
        (["model.family=tcn"], "budget: 0 is only for families whose layers are given, cnn, fcnn"),
        (["model.layers=8,8,8,8,8,8,8"], "cnn does not fit its input"),
        (["model.activation=loud"], "'loud' is unknown to Keras"),
        (["model.family=cnn_lstm"], "takes 14 frames after its convolutions in 4 equal steps"),
    ],
)
def test_models_that_cannot_be_are_one_line(changes: list[str], message: str) -> None:
    settings = read_settings("guide", changes)
    with pytest.raises(ConfigError, match=message) as caught:
        model_of(settings.model, settings.frontend.shape, 12)
    assert "\n" not in str(caught.value)

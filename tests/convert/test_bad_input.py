"""Whatever is wrong with the input: one line, an exit code, and the old bundle as it was."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convert import check, inspect, to_tflm
from convert.bundle import MANIFEST, write
from tests.convert.models import (
    LABELS,
    dynamic_batch,
    family,
    float_model,
    layers_model,
    looping,
    per_channel_dense,
    rewritten,
    without_softmax,
)
from train.models.keras import keras

layers = keras.layers
ALL = ",".join(LABELS)
GOOD = "tc_resnet"


def with_scales(scale: float, which: str) -> bytes:
    """All of the weights, or the input alone, at this scale."""

    def change(model: Any) -> None:
        for tensor in model.subgraphs[0].tensors:
            given, shape = tensor.quantization.scale, tuple(tensor.shape)
            is_input = shape == (1, 49, 40, 1)
            if given is not None and is_input == (which == "input"):
                tensor.quantization.scale = np.full(len(given), scale, np.float32)

    return rewritten(family(GOOD), change)


def asymmetric_weights() -> bytes:
    def change(model: Any) -> None:
        for tensor in model.subgraphs[0].tensors:
            if tensor.shape is not None and len(tensor.shape) == 4 and tensor.shape[0] > 1:
                tensor.quantization.zeroPoint = np.full(len(tensor.quantization.scale), 3)

    return rewritten(family(GOOD), change)


# what is in the file, the labels, and what the one line says
FILES: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "truncated": (lambda: family(GOOD)[:5000], ALL, "damaged"),
    "nothing": (lambda: b"", ALL, "is not a .tflite file"),
    "random bytes": (lambda: np.random.default_rng(0).bytes(9000), ALL, "is not a .tflite file"),
    "random after the mark": (
        lambda: b"\x1c\0\0\0TFL3" + np.random.default_rng(0).bytes(9000), ALL, "damaged"),
    "too large": (lambda: bytes(17 << 20), ALL, "more than any board can hold"),
    "float": (float_model, ALL, "not full int8"),
    "dynamic batch": (dynamic_batch, ALL, "fixed batch of 1"),
    "unsupported operator": (
        lambda: layers_model(layers.LeakyReLU()), ALL, "operator 1 (LEAKY_RELU)"),
    "operator that could be another": (
        lambda: layers_model(layers.ZeroPadding2D()), ALL, "use padding='same'"),
    "recurrent": (looping, ALL, "CONV_2D over time"),
    "groups": (lambda: layers_model(layers.Conv2D(4, 3, groups=2)), ALL, "has groups"),
    "shape of another front end": (
        lambda: layers_model(shape=(98, 13, 1)), ALL, "the front end makes [1, 49, 40, 1]"),
    "a label too few": (lambda: family(GOOD), "zero,one,two", "for 3 labels"),
    "a label twice": (lambda: family(GOOD), "zero," * 11 + "zero", "each label once"),
    "a label for C to stumble on": (
        lambda: family(GOOD), ALL.replace("zero", 'ze"ro'), "use letters"),
    "scores without softmax": (without_softmax, ALL, "end it in SOFTMAX"),
    "no labels": (lambda: family(GOOD), "", "give --labels"),
    "NaN": (lambda: with_scales(np.nan, "weights"), ALL, "not a positive number"),
    "scale of nothing": (lambda: with_scales(4e-9, "input"), ALL, "has the input scale 4e-09"),
    "weights with a zero point": (asymmetric_weights, ALL, "weights with a zero point"),
    "dense by channel": (per_channel_dense, ALL, "older TensorFlow Lite Micro computes wrongly"),
}  # fmt: skip


@pytest.fixture
def old(bundle: Path, tmp_path: Path) -> Path:
    shutil.copytree(bundle, tmp_path / "model")
    return tmp_path / "model"


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def refused(command: list[str], old: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """The one line of the error."""
    before = contents(old)
    capsys.readouterr()
    assert to_tflm.main([*command, "--out", str(old)]) == 1
    lines = [line for line in capsys.readouterr().err.splitlines() if line.strip()]
    assert contents(old) == before
    assert [path.name for path in old.parent.iterdir() if path.name.startswith(".")] == []
    assert lines[-1].startswith("error: ")
    return lines[-1]


@pytest.mark.parametrize("what", FILES)
def test_a_bad_file_is_refused(
    what: str, old: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content, labels, message = FILES[what]
    file = tmp_path / "given.tflite"
    file.write_bytes(content())
    said = refused(["--from-tflite", str(file), "--labels", labels], old, capsys)
    assert message in said


def test_no_file(old: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = refused(["--from-tflite", "nowhere.tflite", "--labels", ALL], old, capsys)
    assert "nowhere.tflite: cannot be read" in said


@pytest.mark.parametrize(
    ("text", "message"),
    [("{", "is not JSON"), ("[]", "expected fields"), ('{"hop": 161}', "the front end makes"),
     ('{"hops": 320}', "hops: not a front-end field")],
)  # fmt: skip
def test_a_bad_front_end(
    text: str, message: str, old: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, config = tmp_path / "given.tflite", tmp_path / "frontend.json"
    file.write_bytes(family(GOOD))
    config.write_text(text)
    command = ["--from-tflite", str(file), "--labels", ALL, "--frontend", str(config)]
    assert message in refused(command, old, capsys)


def broken(run: Path, tmp_path: Path, change: Callable[[Path], object]) -> list[str]:
    copy = tmp_path / "run"
    shutil.copytree(run, copy)
    change(copy)
    return ["--run", str(copy)]


def relabel(run: Path) -> None:
    described = json.loads((run / "run.json").read_text())
    described["labels"].pop()
    (run / "run.json").write_text(json.dumps(described))


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


RUNS: dict[str, tuple[Callable[[Path], object], str]] = {
    "unfinished": (lambda run: (run / "model.tflite").unlink(), "model.tflite is missing"),
    "labels of another": (relabel, "for 11 labels"),
    "no JSON": (lambda run: (run / "run.json").write_text("zero"), "is not JSON"),
    "model of another": (
        lambda run: (run / "model.tflite").write_bytes(family(GOOD)), "accuracy"),
    "settings of another": (
        lambda run: edit(run / "settings.json", '"budget": 12000', '"budget": 9000'),
        "cannot be run"),
    "settings damaged": (lambda run: (run / "settings.json").write_text("{"), "does not describe"),
    "weights damaged": (lambda run: (run / "quantized.h5").write_bytes(b"0"), "cannot be run"),
    "float model missing": (lambda run: (run / "float.h5").unlink(), "float.h5 is missing"),
    "metrics of nothing": (
        lambda run: (run / "metrics.json").write_text('{"models": []}'), "has no models"),
}  # fmt: skip


@pytest.mark.parametrize("what", RUNS)
def test_a_bad_run_is_refused(
    what: str, run: Path, old: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change, message = RUNS[what]
    assert message in refused(broken(run, tmp_path, change), old, capsys)


def test_an_output_that_cannot_be_written(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "thesis.txt").write_text("mine")
    (tmp_path / "extension").mkdir()
    (tmp_path / "extension" / "manifest.json").write_text('{"manifest_version": 3}')
    for out, message in (
        (tmp_path / "file", "is not a directory"),
        (tmp_path / "file" / "model", "cannot be written"),
        (tmp_path / "folder", "not part of a bundle"),
        (tmp_path / "extension", "not part of a bundle"),
        (Path("/proc/model"), "cannot be written"),
        (tmp_path / ("x" * 300), "cannot be"),
    ):
        assert to_tflm.main(["--run", str(run), "--out", str(out)]) == 1
        assert message in capsys.readouterr().err.splitlines()[-1]
    assert (tmp_path / "folder" / "thesis.txt").read_text() == "mine"


def test_what_is_not_of_the_bundle_is_never_replaced(
    run: Path, old: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (old / "library.json").write_text("mine")
    assert "contains library.json" in refused(["--run", str(run)], old, capsys)
    (old / "library.json").unlink()
    inside = ["--run", str(run), "--tflite", str(old / "phone.tflite")]
    assert "lies in the bundle's folder" in refused(inside, old, capsys)
    phone = tmp_path / "phone.tflite"
    phone.write_bytes(b"mine")
    onnx = ["--run", str(run), "--out", str(old), "--onnx", str(tmp_path / "phone")]
    assert to_tflm.main(onnx) == 0 and phone.read_bytes() == b"mine"


def test_ctrl_c_while_swapping_brings_the_old_bundle_back(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, rename = contents(old), Path.rename

    def interrupted(self: Path, target: Path) -> Path:
        if Path(target) == old and not self.name.endswith("-old"):
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write({MANIFEST: "{}"}, old)
    assert contents(old) == before
    assert [path.name for path in old.parent.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize("command", [inspect.main, check.main])
def test_inspect_and_check_say_it_in_one_line(
    command: Callable[[list[str]], int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "manifest.json").write_text("{}")
    for path in (tmp_path, tmp_path / "nowhere"):
        assert command([str(path)]) == 1
        error = capsys.readouterr().err
        assert error.startswith("error: ") and error.count("\n") == 1

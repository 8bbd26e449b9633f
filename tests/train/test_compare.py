"""Invented runs side by side: what is said of them, and what is not."""

import contextlib
import io
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.train.pages.test_report import Page
from train.compare import contend, main
from train.fit.runs import read_run
from train.judge.comparison import about_tests, front, tables
from train.judge.latency import NANO, estimate, instructions_per_mac
from train.models.keras import keras, quiet
from train.pages.charts import minus
from train.pages.html import ABSENT
from train.settings import Settings, to_tree

LABELS = ["yes", "no", "silence"]
WINDOWS = 1_000  # of each invented test, 100 of them silence
HOSTILE = "<script>alert(1)</script>"


def invented(
    folder: Path, accuracy: float, width: int = 4, data: str = "aaaa", **changes: Any
) -> Path:
    """A run's folder; `changes` are of the int8 model's metrics."""
    folder.mkdir(parents=True)
    layers = keras.layers
    model = keras.Sequential([layers.Input((49, 40, 1)), layers.Flatten(), layers.Dense(width)])
    with quiet():  # of a warning that this is an old format
        model.save(folder / "float.h5", save_format="h5")
    (folder / "model.tflite").write_bytes(bytes(1_000 * width))
    int8 = {
        "accuracy": accuracy,
        "examples": WINDOWS,
        "by_source": {"studio": {"accuracy": accuracy, "examples": 800},
                      HOSTILE: {"accuracy": 0.5, "examples": 100}},
        "by_label": {name: {"precision": accuracy - at / 10} for at, name in enumerate(LABELS)},
        "by_speaker": {name: {"accuracy": accuracy, "examples": 450} for name in ("ann", "bob")},
        "by_snr": {"20": accuracy - 0.05, "0": accuracy - 0.2},
        "by_level": {"0": accuracy, "-40": accuracy - 0.01},
    } | changes  # fmt: skip
    settings = to_tree(Settings())
    settings["model"]["family"] = "tcn"
    trees = {
        "run": {"labels": LABELS, "frontend": settings["frontend"], "seed": 0, "data": data},
        "settings": settings,
        "metrics": {
            "labels": LABELS,
            "models": {
                "float": {"accuracy": accuracy + 0.004},
                "quantized": {"accuracy": accuracy + 0.002},
                "int8": {name: value for name, value in int8.items() if value is not None},
            },
            "sparsity": 0.5,
        },
    }
    for name, tree in trees.items():
        (folder / f"{name}.json").write_text(json.dumps(tree))
    return folder


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Small; large and as good; large and worse; older and judged on other windows."""
    folder = tmp_path_factory.mktemp("runs")
    return [
        invented(folder / "small", 0.950),
        invented(folder / "large", 0.956, width=16),
        invented(folder / "worse", 0.900, width=16),
        invented(folder / "older", 0.990, data="bbbb", by_level=None),
    ]


@pytest.fixture(scope="module")
def printed(runs: list[Path], tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """What the command says, and the page."""
    page = tmp_path_factory.mktemp("page") / "compare.html"
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        assert main([*map(str, runs), "--out", str(page)]) == 0
    return text.getvalue(), page.read_text()


def row(text: str, title: str, name: str) -> dict[str, str]:
    """The cells of a run in a table of the terminal, by heading."""
    lines = text[text.index(f"\n{title}\n") :].split("\n\n")[1].splitlines()
    heading, found = (
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in (lines[0], next(line for line in lines if f" {name} " in line))
    )
    return dict(zip(heading, found, strict=True))


def test_size_is_that_of_the_files_and_latency_an_estimate(printed: tuple[str, str]) -> None:
    text, _ = printed
    found = row(text, "Size and speed", "large")
    assert found["MACs"] == f"{49 * 40 * 16:,}"
    assert found["parameters"] == f"{49 * 40 * 16 + 16:,}"
    assert found["int8 bytes"] == "16,000"
    assert found["Nano 33 BLE, ms"] == f"{1e3 * 49 * 40 * 16 * 1.16 / 64e6:.1f}"
    assert "estimates" in text
    assert estimate("transformer", 1_000, NANO) is None


def test_estimates_rest_on_the_figures_of_the_documents() -> None:
    """docs/results.md is written by the command that train.judge.latency names."""
    page = (Path(__file__).parents[2] / "docs" / "results.md").read_text()
    for family, targets in instructions_per_mac().items():
        for target, each in targets.items():
            found = re.search(
                rf"^\| {family}, .* \| {target} +\| +[\d,]+ \| +([\d.]+) ", page, re.M
            )
            assert found and float(found[1]) == each, (family, target)


def test_what_chance_explains_is_said_to_be_so(printed: tuple[str, str]) -> None:
    text, _ = printed
    against = {
        name: row(text, "Accuracy", name)["against the best"]
        for name in ("small", "large", "worse", "older")
    }
    assert against["large"] == "best"
    assert against["small"].startswith(minus("-0.60 (")) and "within chance" in against["small"]
    assert against["worse"].startswith(minus("-5.60 (")) and "chance" not in against["worse"]
    assert against["older"] == "not comparable"
    # exact interval of 900 of 1,000
    assert row(text, "Accuracy", "worse")["95 % interval"] == "88.0 to 91.8"


def test_only_what_chance_does_not_explain_has_a_mark(printed: tuple[str, str]) -> None:
    text, _ = printed
    noise = {name: row(text, "In noise", name)["0 dB"] for name in ("small", "large", "worse")}
    assert noise == {"small": "75.0", "large": "75.6", "worse": "70.0 ↓"}
    assert row(text, "By source", "worse")["studio"] == "90.0 ↓"
    assert row(text, "By source", "older")["studio"] == "99.0"  # better, but of another test


def test_an_older_run_lacks_what_it_did_not_measure(printed: tuple[str, str]) -> None:
    text, _ = printed
    assert row(text, "By level", "older")[minus("-40 dBFS")] == ABSENT
    assert row(text, "By level", "small")[minus("-40 dBFS")] == "94.0"


def test_precision_is_that_of_words_alone(printed: tuple[str, str]) -> None:
    text, _ = printed
    found = row(text, "Precision by word", "small")
    assert found == {"run": "1 small", "judged on": "A", "yes": "95.0", "no": "85.0"}


def test_development_is_not_compared_with_test(tmp_path: Path) -> None:
    """Of the same recordings and as many windows, but others."""
    old, new = invented(tmp_path / "old", 0.9), invented(tmp_path / "new", 0.9)
    metrics = json.loads((new / "metrics.json").read_text())
    (new / "metrics.json").write_text(json.dumps(metrics | {"judged_on": "development"}))
    contenders = contend([read_run(old), read_run(new)])
    assert [one.letter for one in contenders] == ["A", "B"]
    said = "\n".join(about_tests(contenders))
    assert "A: 1,000 test windows" in said and "B: 1,000 development windows" in said


def test_runs_on_different_windows_are_not_compared(printed: tuple[str, str]) -> None:
    text, page = printed
    tests = {name: row(text, "Accuracy", name)["judged on"] for name in ("small", "large", "older")}
    assert tests == {"small": "A", "large": "A", "older": "B"}
    for said in ("only runs with the same letter can be", "B has the speakers of A, but different"):
        assert said in text and said in page


def test_the_front_is_of_runs_on_the_same_windows(runs: list[Path]) -> None:
    contenders = contend([read_run(run) for run in runs])
    assert [one.name for one in front(contenders, "macs")] == ["1 small", "2 large"]
    fronts = {cells[0]: cells[-1] for cells in tables(contenders)[0].rows[1:]}
    assert fronts["1 small"] == "MACs, parameters"
    assert fronts["3 worse"] == fronts["4 older"] == ABSENT


def test_the_page_has_the_same_tables_and_needs_no_other_file(printed: tuple[str, str]) -> None:
    text, page = printed
    parsed = Page(page)
    assert not re.search(r"https?:|url\(|@import", page)
    assert HOSTILE not in page and HOSTILE in parsed.words
    assert len(parsed.values("aria-labelledby")) == 4  # charts
    ids = parsed.values("id")
    assert len(set(ids)) == len(ids)
    cells = re.findall(r"\| ([^|]+?) +(?=\|)", text)
    assert {cell for cell in cells if not cell.startswith("-")} <= set(parsed.words)


def test_the_same_page_twice(runs: list[Path], printed: tuple[str, str], tmp_path: Path) -> None:
    assert main([*map(str, runs), "--out", str(tmp_path / "deep" / "page.html")]) == 0
    assert (tmp_path / "deep" / "page.html").read_text() == printed[1]


BAD = {
    "no run": (lambda run: shutil.rmtree(run), "not a finished run"),
    "unfinished": (lambda run: (run / "metrics.json").unlink(), "metrics.json is missing"),
    "no JSON": (lambda run: (run / "run.json").write_text("{"), "does not describe a run"),
    "no numbers": (
        lambda run: (run / "metrics.json").write_text('{"models": {"int8": {"accuracy": "good"}}}'),
        "no int8 model"),
    "strange settings": (
        lambda run: (run / "settings.json").write_text('{"sed": 1}'), "did you mean seed"),
    "no model": (lambda run: (run / "float.h5").write_text("weights"), "float.h5: is not a valid"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_a_bad_run_is_one_line(
    what: str, runs: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad, (change, message) = tmp_path / "bad", BAD[what]
    shutil.copytree(runs[0], bad)
    change(bad)
    page = tmp_path / "page.html"
    assert main([str(runs[1]), str(bad), "--out", str(page)]) == 1
    (error,) = capsys.readouterr().err.splitlines()
    assert error.startswith("error: ") and str(bad) in error and message in error
    assert not page.exists()


def test_a_page_that_cannot_be_written(
    runs: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("mine")
    assert main([str(runs[0]), "--out", str(tmp_path / "file" / "page.html")]) == 1
    assert "give --out" in capsys.readouterr().err

"""The report of invented runs: whole, safe, the same every time."""

import base64
import dataclasses
import io
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from train.pages.charts import round_ticks
from train.pages.html import ABSENT
from train.pages.report import Missed, ReportContent, write_report

DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
LABELS = [*DIGITS, "unknown", "silence"]
HOSTILE = "<script>alert(1)</script>"
VOID = {"meta", "input", "link", "br", "img", "hr"}
RATE = 16_000


def model(accuracy: float, seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    confusion = rng.poisson(0.6, (len(LABELS), len(LABELS)))
    confusion[np.diag_indices(len(LABELS))] = 100
    confusion[3, 8], confusion[11, 4] = 23, 0
    speakers = {f"speaker-{i:02}": float(rng.integers(70, 100)) / 100 for i in range(30)}
    return {
        "accuracy": accuracy,
        "examples": 1298,
        "by_label": {
            label: {
                "precision": accuracy - i / 200,
                "recall": accuracy - i / 150,
                "f1": accuracy - i / 170,
                "examples": 100 + i,
            }
            for i, label in enumerate(LABELS)
        },
        "by_source": {
            "fsdd": {"accuracy": 0.913, "examples": 300},
            "audiomnist": {"accuracy": 0.981, "examples": 998},
        },
        "by_speaker": {
            HOSTILE: {"accuracy": 0.125, "examples": 8},
            **{name: {"accuracy": share, "examples": 40} for name, share in speakers.items()},
        },
        "by_snr": {
            str(snr): accuracy - 0.02 * 1.6 ** (4 - i)
            for i, snr in enumerate((-5, 0, 5, 10, 15, 20))
        },
        "by_level": {str(level): accuracy + 0.0007 * level for level in (-50, -40, -20, 0)},
        "confusion": confusion.tolist(),
        "calibration": {
            "error": 0.0312,
            "bins": [
                {"confidence": 0.15, "accuracy": 0.0, "examples": 0},
                *(
                    {
                        "confidence": i / 10 + 0.05,
                        "accuracy": min(1, i / 9.5 + 0.06 * accuracy),
                        "examples": 4**i // 256 + 3,
                    }
                    for i in range(4, 10)
                ),
            ],
        },
    }


def stage(epochs: int, loss: float) -> list[dict[str, float]]:
    return [
        {
            "loss": loss / (1 + i / 3) + 0.1,
            "accuracy": 1 - loss / (3 + i),
            "validation_loss": loss / (1 + i / 4) + 0.17,
            "validation_accuracy": 0.97 - loss / (3 + i),
            "learning_rate": 2e-3 * (1 - i / epochs),
        }
        for i in range(epochs)
    ]


def clip(i: int) -> Missed:
    tone = 9000 * np.sin(np.arange(RATE) * (0.05 + i / 1000))
    label, predicted = LABELS[i % 7], LABELS[i % 7 + 1 + i % 4]
    score = 0.99 - 0.7 * (i * 37 % 100) / 100
    speaker = HOSTILE if i == 0 else f"speaker-{i:02}"
    return Missed(
        tone.astype(np.int16), RATE, label, label, predicted, score, "fsdd", speaker, f"a&b/{i}.wav"
    )


def invented(clips: int = 5) -> ReportContent:
    return ReportContent(
        title="Run digits",
        summary=[("model", "ds_cnn"), ("parameters", "50,825"), ("MACs", "3,112,448")],
        settings={
            "seed": 7,
            "data": {"synthetic": {"speakers": 120}, "manifest": "", "unknown": True},
            "recipe": {"epochs": 30, "learning_rate": 0.002},
        },
        metrics={
            "labels": LABELS,
            "sparsity": 0.5014,
            "models": {
                "float": model(0.9746, 1),
                "quantized": model(0.9715, 2),
                "int8": model(0.9707, 3),
            },
        },
        history={"float": stage(30, 2.0), "pruning": stage(6, 0.3), "quantized": stage(4, 0.2)},
        missed=[clip(i) for i in range(clips)],
        splits="      train: 9,102 clips of 42 speakers\n       test: 1,298 clips of 9 speakers\n",
    )


def written(content: ReportContent, folder: Path) -> str:
    path = folder / "report.html"
    write_report(path, content)
    return path.read_bytes().decode()


class Page(HTMLParser):
    """Tags that close in order; their attributes, and the text of the cells and the headings."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []  # tag, name, value
        self.tags: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attributes]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.words.append(data.strip())

    def values(self, name: str) -> list[str]:
        return [value for _, found, value in self.attributes if found == name]


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    return written(invented(), tmp_path_factory.mktemp("report"))


@pytest.fixture(scope="module")
def page(text: str) -> Page:
    return Page(text)


def test_it_needs_no_other_file(text: str, page: Page) -> None:
    assert text.startswith("<!DOCTYPE html>\n")
    assert text.endswith("</html>\n") and not text.endswith("\n\n")
    assert not re.search(r"https?:|url\(|@import|=\"//", text)
    assert "link" not in page.tags
    assert all(value.startswith("data:audio/wav;base64,") for value in page.values("src"))
    ids = page.values("id")
    assert len(set(ids)) == len(ids)
    assert {value.removeprefix("#") for value in page.values("href")} <= set(ids)
    assert set(page.values("for")) <= set(ids)
    assert {i for value in page.values("aria-labelledby") for i in value.split()} <= set(ids)


def test_a_name_is_never_markup(text: str, page: Page) -> None:
    assert HOSTILE not in text
    assert page.tags.count("script") == 1  # the filter's
    assert page.words.count(HOSTILE) == 2  # its row of speakers and its missed clip
    assert "a&amp;b/0.wav" in text


def test_false_accepts_come_first_with_the_word_that_was_said(tmp_path: Path) -> None:
    missed = dataclasses.replace(clip(1), label="three", word="three", predicted="nine", score=0.99)
    accepted = dataclasses.replace(
        missed, label="unknown", word="bed", predicted="seven", score=0.41
    )
    rejected = dataclasses.replace(missed, label="unknown", word="cat", predicted="silence")
    content = dataclasses.replace(invented(), missed=[missed, rejected, accepted])
    page = Page(written(content, tmp_path))
    assert page.values("data-word") == ["bed", "three", "cat"]
    assert "bed, recognized as seven" in page.values("aria-label")


def test_the_precision_of_each_word_stands_by_the_accuracy(tmp_path: Path) -> None:
    """Of the int8 model, the lowest first; of unknown and silence there is none."""
    by_label = {
        "one": {"precision": 0.991}, "two": {"precision": 0.59}, "unknown": {"precision": 0.1},
        "six": {"precision": 0.0},
    }  # fmt: skip
    confusion = [[9, 0, 0, 0], [0, 9, 0, 0], [1, 1, 1, 0], [1, 0, 0, 0]]  # nothing is a six
    int8 = {"accuracy": 0.917, "by_label": by_label, "confusion": confusion}
    floats = {"accuracy": 0.92, "by_label": {"one": {"precision": 0.5}}}
    metrics = {"labels": list(by_label), "models": {"float": floats, "int8": int8}}
    text = written(dataclasses.replace(invented(), metrics=metrics), tmp_path)
    words = re.search(r'<p class="words">.*?</p>', text, re.DOTALL)
    assert words and text.index("headlines") < words.start() < text.index("<nav")
    shares = re.findall(r"<span>(\w+) <b>([^<]+)</b>", words[0])
    assert shares == [("two", "59.0"), ("one", "99.1"), ("six", ABSENT)]


def test_every_missed_clip_can_be_heard(tmp_path: Path) -> None:
    content = invented(clips=5)
    sounds = Page(written(content, tmp_path)).values("src")
    by_score = sorted(content.missed, key=lambda one: -one.score)
    assert len(sounds) == 5
    for sound, one in zip(sounds, by_score, strict=True):
        wav = base64.b64decode(sound.partition(",")[2], validate=True)
        samples, rate = soundfile.read(io.BytesIO(wav), dtype="int16")
        assert rate == RATE
        np.testing.assert_array_equal(samples, one.samples)


def test_many_missed_clips_stay_a_small_file(tmp_path: Path) -> None:
    text = written(invented(clips=300), tmp_path)
    assert len(text) < 5_000_000
    assert text.count("<audio") == 100
    assert "200 more" in text


def test_the_same_content_gives_the_same_bytes(text: str, tmp_path: Path) -> None:
    assert written(invented(), tmp_path) == text


def test_the_numbers_are_the_given_ones(text: str, page: Page) -> None:
    for word in ("97.46", "97.07", "\N{MINUS SIGN}0.39", "50.1", "1,298", "50,825", "3.12"):
        assert word in page.words
    plain = re.sub(r"<[^>]+>", " ", text)
    assert re.search(r"nine\s+109\s+92.6\s+91.1\s+91.8", plain)  # int8: recall 0.9707 - 9 / 150
    assert re.search(r"fsdd\s+91.3\s+91.3\s+91.3\s+300", plain)
    assert re.search(r"&lt;/script&gt;\s+12.5\s+12.5\s+12.5\s+8\s+speaker", plain)  # worst first
    int8 = invented().metrics["models"]["int8"]
    row = r"\s+".join(str(count) for count in int8["confusion"][3])
    assert re.search(rf"three\s+{row}\s", plain)
    assert re.search(rf"{100 * int8['by_snr']['20']:.1f}\s", plain)
    assert re.search(rf"\N{{MINUS SIGN}}50\s[^-]*{100 * int8['by_level']['-50']:.1f}\s", plain)
    assert "epochs: <code>30</code>" in text


def section_names(page: Page) -> list[str]:
    return [value for tag, name, value in page.attributes if (tag, name) == ("section", "id")]


def test_sections_in_order(page: Page) -> None:
    assert section_names(page) == [
        "summary", "noise", "levels", "learning", "confusion", "labels", "sources", "speakers",
        "calibration", "missed", "splits", "settings",
    ]  # fmt: skip


def test_missing_parts_are_left_out(tmp_path: Path) -> None:
    empty = ReportContent("Nothing", [], {}, {}, {}, [], "")
    assert section_names(Page(written(empty, tmp_path))) == []

    float_only = {"labels": LABELS, "models": {"float": {"accuracy": 0.5, "examples": 10}}}
    page = Page(written(dataclasses.replace(empty, metrics=float_only), tmp_path))
    assert "50.00" in page.words and "int8 accuracy" not in page.words
    assert "sparsity" not in page.words

    models = {"float": model(1.0, 1), "quantized": {}, "int8": model(1.0, 2)}
    models["int8"] |= {
        "by_snr": {},
        "by_level": {},
        "calibration": {"error": None, "bins": []},
        "confusion": [],
    }
    history = {"float": stage(1, 1.0), "pruning": [], "quantized": stage(2, float("nan"))}
    some = dataclasses.replace(empty, metrics={"labels": LABELS, "models": models}, history=history)
    page = Page(written(some, tmp_path))
    assert "0.00" in page.words  # the difference
    assert "quantized" in page.words and "pruning" not in page.words
    assert section_names(page) == [
        "noise", "levels", "learning", "confusion", "labels", "sources", "speakers", "calibration",
    ]  # fmt: skip


def test_false_accepts_are_counted_before_and_after_mining(tmp_path: Path) -> None:
    def counted(rate: float) -> dict[str, dict[str, float]]:
        one = {"hours": 0.5, "false_accepts": round(rate / 2), "per_hour": rate}
        return {"unknown": one, "silence": one | {"per_hour": 0.0}}

    models = {
        "float": {"train": counted(84.0), "validation": counted(62.0)},
        "mined": {"train": counted(12.0), "validation": counted(38.0)},
        "int8": {"validation": counted(40.0)},
    }
    content = invented()
    metrics = content.metrics | {"long": {"threshold": 0.8, "models": models}}
    text = written(dataclasses.replace(content, metrics=metrics), tmp_path)
    assert section_names(Page(text))[3:5] == ["learning", "long"]
    plain = re.sub(r"<[^>]+>", " ", text)
    assert re.search(r"unknown, train \(0\.50 h\)\s+unknown, validation", plain)
    assert re.search(r"float\s+84\.0\s+62\.0\s+0\.0\s+0\.0\s+mined\s+12\.0\s+38\.0", plain)
    assert re.search(rf"int8\s+{ABSENT}\s+40\.0", plain)


def test_a_file_name_that_is_not_utf8(tmp_path: Path) -> None:
    odd = dataclasses.replace(clip(1), path="\udcff.wav")
    assert r"\udcff.wav" in written(dataclasses.replace(invented(), missed=[odd]), tmp_path)


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (0.87, 1, [0.85, 0.9, 0.95, 1]),
        (0.3, 0.3, [0.27, 0.28, 0.29, 0.3]),
        (0, 2.31, [0, 0.5, 1, 1.5, 2, 2.5]),
    ],
)
def test_ticks_are_round_and_enclose(low: float, high: float, ticks: list[float]) -> None:
    assert round_ticks(low, high) == ticks

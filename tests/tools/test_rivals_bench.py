"""Detectors of others and bundles are judged by the same rules on the same recordings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.firmware.library import LIB
from tests.tools.clips import write_clips
from tools.bench.__main__ import main
from tools.bench.rivals import RIVALS, fired
from train.data.sources import synthetic

RATE = 16_000
Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`clips`: a wake word and another word of two voices. `long`: half a minute of noise."""
    made = tmp_path_factory.mktemp("rivals")
    write_clips(made / "clips", synthetic.entries(2, seed=3, words=("seven", "table")))
    (made / "long" / "noise").mkdir(parents=True)
    noise = np.random.default_rng(0).normal(0, 300, 30 * RATE).astype(np.int16)
    soundfile.write(made / "long" / "noise" / "a.wav", noise, RATE, subtype="PCM_16")
    (made / "long" / "noise" / "a.txt").touch()
    return made


def asked(folder: Path, *more: str) -> list[str]:
    return ["rivals", "--clips", str(folder / "clips"), "--long", str(folder / "long"), *more]


def test_a_bundle_is_a_row(folder: Path, capsys: Capture) -> None:
    bundle = ["--word", "seven", "--bundle", str(LIB / "model")]
    assert main(asked(folder, *bundle, "--json")) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {(row["words"], row["an_hour"]) for row in rows} == {
        (words, rate) for words in ("words alone", "words in noise, 10 dB") for rate in (0.5, 1.0)
    }
    for row in rows:
        assert row["model"].startswith("tinykws ") and row["number"] == 2
        low, high = row["interval"]
        assert low <= row["missed"] <= high
        # 30 s of noise, and two clips with pauses; the first second has no window
        assert 30 < row["hours"] * 3600 < 45
    assert main(asked(folder, *bundle, "--protocol", "mlperf")) == 0
    text = capsys.readouterr().out
    assert "rules of mlperf" in text and "proves fewer than" in text
    assert "| words alone " in text and "| other words " in text


def test_a_score_fires_once_and_again_after_a_second() -> None:
    times = np.arange(0.1, 3.0, 0.1)
    scores = np.where((times > 0.95) & (times < 2.5), 0.9, 0.1)
    assert [round(one.time, 1) for one in fired(times, scores, 0.5, "alexa")] == [1.0, 2.0]
    assert fired(times, scores, 0.95, "alexa") == []


class Loudness:
    """Stands for the packages of both rivals: a chunk is its own feature, its level the score."""

    Model = str

    @classmethod
    def from_builtin(cls, _model: str = "") -> Loudness:
        return cls()

    def process_streaming(self, chunk: bytes) -> list[Any]:
        """Of the features: the chunk. Of openWakeWord's model: its score."""
        if isinstance(chunk, bytes):
            return [np.frombuffer(chunk, np.int16)]
        return [self.process_streaming_prob(chunk)]

    def process_streaming_prob(self, samples: np.ndarray) -> float:
        return float(np.abs(samples.astype(float)).mean() / 32768)

    MicroWakeWord = MicroWakeWordFeatures = OpenWakeWord = OpenWakeWordFeatures = property(
        lambda _self: Loudness
    )


@pytest.mark.parametrize(("name", "chunk"), [("microWakeWord", 0.01), ("openWakeWord", 0.08)])
def test_a_rival_hears_every_chunk_and_its_score_has_the_time_of_its_end(
    name: str, chunk: float
) -> None:
    """However the samples are cut into pieces."""
    samples = np.zeros(2 * RATE, np.int16)
    samples[RATE:] = 16_384
    pieces = np.split(samples, [100, 20_000, 20_001])
    scored = list(RIVALS[name].score(Loudness(), "alexa", pieces))
    assert [time for time, _ in scored] == pytest.approx(np.arange(1, 2 / chunk + 1) * chunk)
    loud = next(time for time, score in scored if score > 0.2)
    assert 1.0 < loud <= 1.0 + chunk
    assert max(score for _, score in scored) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--word", "nonsense"], "nobody can be compared on nonsense; run: pip install"),
        (["--word", "table", "--bundle", str(LIB / "model")], "its words are "),
        (["--word", "six", "--bundle", str(LIB / "model")], "has no clips of six"),
    ],
)
def test_what_cannot_be_compared_is_one_line(
    more: list[str], said: str, folder: Path, capsys: Capture
) -> None:
    assert main(asked(folder, *more)) == 1
    lines = capsys.readouterr().err.splitlines()
    assert said in lines[-1] and lines[-1].startswith("error: ")
    assert all(line.startswith("left out: ") for line in lines[:-1])


def test_recordings_without_label_tracks_are_one_line(folder: Path, tmp_path: Path,
                                                      capsys: Capture) -> None:  # fmt: skip
    soundfile.write(tmp_path / "a.wav", np.zeros(RATE, np.int16), RATE)
    bundle = ["--word", "seven", "--bundle", str(LIB / "model")]
    asked_for = ["rivals", "--clips", str(folder / "clips"), "--long", str(tmp_path), *bundle]
    assert main(asked_for) == 1
    assert "has no label tracks" in capsys.readouterr().err

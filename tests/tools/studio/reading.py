"""What a page heard and computed, and what the firmware on this computer makes of it."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.firmware.app.scenario import inject, play, request
from tests.firmware.library import LIB
from tools.board import golden
from train.data.placing import placed
from train.features.binding import Frontend

SOURCE, WATCH = 2, 9
NOBODY = 255  # where a decision detected no word
ZERO = -128  # int8 score of nobody
FROM_PAGE = """() => studio.listening.decisions.map((d) => ({
    ms: d.ms, level: d.level, ran: d.ran, word: d.word, score: d.score,
    scores: [...d.scores], features: [...d.features],
}))"""
HEARD = """() => {
    const bytes = new Uint8Array(studio.listening.heard().buffer);
    let text = "";
    for (const byte of bytes) text += String.fromCharCode(byte);
    return btoa(text);
}"""


@dataclass(frozen=True)
class Decision:
    ms: int
    level: int  # dB
    ran: bool  # the network
    word: int  # a label, or NOBODY
    scores: tuple[int, ...]


def heard_by(page: Any) -> NDArray[np.int16]:
    """The samples that the page's C was given."""
    return np.frombuffer(base64.b64decode(page.evaluate(HEARD)), "<i2").astype(np.int16)


def decisions_of(page: Any) -> tuple[list[Decision], NDArray[np.int8]]:
    """With the features [decisions, frames, coefficients] of each."""
    found = page.evaluate(FROM_PAGE)
    decisions = [
        Decision(d["ms"], d["level"], d["ran"], d["word"] if d["word"] >= 0 else NOBODY,
                 tuple(d["scores"]))
        for d in found
    ]  # fmt: skip
    return decisions, np.array([d["features"] for d in found], np.int8).reshape(-1, 49, 40)


def words_on(page: Any) -> list[str]:
    """The list of detections, the oldest first."""
    words: list[str] = page.locator("#detections .name").all_inner_texts()
    return words[::-1]


def by_firmware(program: Path, samples: NDArray[np.int16]) -> tuple[list[Decision], list[str]]:
    """Every decision, and the words of the serial port."""
    heard = play(program, request(WATCH, b"\1"), request(SOURCE, b"\1"), inject(samples))
    decisions = [
        Decision(int.from_bytes(data[:4], "little"), data[4] - 256 * (data[4] > 127), bool(data[5]),
                 data[6], tuple(np.frombuffer(data[7:], np.int8).tolist()))
        for data in heard.replies(WATCH) if data
    ]  # fmt: skip
    return decisions, heard.words()


def by_python(
    samples: NDArray[np.int16], decisions: list[Decision]
) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """Features and scores of each decision's window, as training and the golden model have them."""
    bundle = golden.read(LIB / "model")
    config = bundle.source.config
    seen = config.fft_size + (config.frames - 1) * config.hop  # the rest of a window has no frame
    ends = [d.ms * config.sample_rate // 1000 for d in decisions]
    windows = np.stack(
        [np.pad(samples[end - seen : end], (0, config.window - seen)) for end in ends]
    )
    return Frontend(config).features(windows), golden.answers(bundle, windows)[1]


def best_label(samples: NDArray[np.int16]) -> str:
    """What a board makes of a clip in a window around its word."""
    bundle = golden.read(LIB / "model")
    config = bundle.source.config
    window = placed(samples, config.window, config.sample_rate)
    return bundle.source.labels[int(golden.answers(bundle, window[None])[1].argmax())]


def assert_same_bits(page: Any, program: Path) -> list[str]:
    """Page, firmware and Python agree on everything; returns the words."""
    samples = heard_by(page)
    decisions, features = decisions_of(page)
    expected, words = by_firmware(program, samples)
    assert decisions == expected
    assert words_on(page) == words
    right_features, right_scores = by_python(samples, decisions)
    np.testing.assert_array_equal(features, right_features)
    for decision, scores in zip(decisions, right_scores, strict=True):
        assert decision.scores == (tuple(scores.tolist()) if decision.ran else (ZERO,) * 12)
    return words

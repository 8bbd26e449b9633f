"""Windows of long recordings in training: drawn by chance, then those mistaken for words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.train.long import RATE, said, settings_for, streams_of
from train.features.binding import Frontend
from train.features.streams import Streams
from train.fit.feed import Feed, one_hot
from train.fit.lesson import Lesson, with_long
from train.fit.log import RunLog
from train.fit.mining import MINED, Scores, false_accepts, hard_windows, train_mined
from train.fit.stage import Workplace
from train.fit.windows import MOST_DRAWS, LongWindows
from train.models.keras import keras
from train.settings import Settings, read_settings
from train.settings.frontend import FrontendConfig

LABELS = ["zero", "one", "unknown", "silence"]
WORDS, UNKNOWN, SILENCE = 2, 2, 3
SENTENCES = ("please turn the heating down a little", "what is the weather like in the mountains")


def drawable(frames: int = 400, variants: int = 2) -> Streams:
    random = np.random.default_rng(1)
    features = random.integers(-60, 60, (variants, frames, 40)).astype(np.int8)
    starts = np.arange(frames - 48)
    labels = np.where(starts < frames // 2, UNKNOWN, SILENCE).astype(np.int32)
    return Streams(features, starts, labels, 49, 0.02, np.array([frames]))


def windows(count: int, **more: object) -> LongWindows:
    long = LongWindows(drawable(), count, one_hot(np.arange(4, dtype=np.int32), 4),
                       np.ones(4, np.float32))  # fmt: skip
    return replace(long, **more)


def feed(count: int = 60) -> Feed:
    random = np.random.default_rng(2)
    labels = np.arange(count, dtype=np.int32) % 4
    features = random.integers(-60, 60, (count, 49, 40)).astype(np.int8)
    return Feed(features, one_hot(labels, 4), np.ones(count, np.float32), scale=0.02)


def lesson_with(settings: Settings, place: Workplace) -> Lesson:
    long = windows(40)
    return Lesson(settings, replace(feed(), long=long), feed(20), place, {},
                  streams={"train": long.streams, "validation": long.streams})  # fmt: skip


def test_an_epoch_has_every_clip_and_windows_that_no_other_epoch_has() -> None:
    taught = replace(feed(), long=windows(20))

    def seen(epoch: int) -> np.ndarray:
        return np.concatenate([batch for batch, *_ in taught.epoch(16, (0, epoch))])

    stored = feed().features.astype(np.float32)[..., None] * np.float32(0.02)
    for epoch in (1, 2):
        flat = {one.tobytes() for one in seen(epoch)}
        assert {one.tobytes() for one in stored} < flat
        assert len(flat) > 75 and taught.size == 80 and taught.steps(16) == 5
    np.testing.assert_array_equal(seen(1), seen(1))
    assert len({one.tobytes() for one in seen(1)} & {one.tobytes() for one in seen(2)}) < 70


def test_a_window_says_that_no_word_is_spoken_and_counts_like_its_label() -> None:
    clips = replace(feed(), weights=np.array([1, 2, 3, 5] * 15, np.float32))
    settings = read_settings("synthetic", ["data.words=zero,one", "data.long_share=0.25"])
    taught = with_long(settings, clips, drawable())
    assert taught.long and taught.long.count == 20
    for _, targets, weights, possible in taught.epoch(16, (0, 0)):
        label = targets.argmax(axis=1)
        np.testing.assert_allclose(weights, np.array([1, 2, 3, 5])[label])
        assert possible.all()
    assert with_long(settings, clips, None) is clips


def test_hard_windows_come_back_near_their_place_but_not_too_often() -> None:
    positions = windows(100, hard=np.array([50, 300]), hard_share=0.5).draw((0, 1)).positions
    near = (abs(positions[:, None] - [50, 300]) <= 5).any(axis=1)
    hard = 2 * MOST_DRAWS
    assert near[:hard].all() and near[hard:].mean() < 0.3
    positions = windows(20, hard=np.array([0, 351]), hard_share=0.5).draw((0, 1)).positions
    assert (positions[:10] <= 5).sum() + (positions[:10] >= 346).sum() == 10


def matched(word: np.ndarray, config: FrontendConfig) -> Scores:
    """Takes for `one` whatever has the features of this sound, anywhere in the window."""
    pattern = Frontend(config).stream_features(word).astype(float)
    size = len(pattern)

    def score(features: np.ndarray) -> np.ndarray:
        away = [abs(features[:, i : i + size] - pattern).mean(axis=(1, 2))
                for i in range(features.shape[1] - size + 1)]  # fmt: skip
        likeness = np.exp(-np.min(away, axis=0) / 5)
        scores = np.zeros((len(features), len(LABELS)), np.float32)
        scores[:, 1], scores[:, UNKNOWN] = likeness, 1 - likeness
        return scores

    return score


@pytest.fixture
def planted(tmp_path: Path) -> tuple[Streams, Scores, float]:
    """Sentences with a word-like sound in their midst, at a time in seconds."""
    before, behind = (said(sentence, 3) for sentence in SENTENCES)
    word = said("wonder", 5)
    word = word[np.flatnonzero(abs(word) > 2000)[0] :][: RATE // 4]
    at = -(-len(before) // 320) * 320  # on a hop
    samples = np.concatenate([before, np.zeros(at - len(before), np.int16), word, behind, behind])
    soundfile.write(tmp_path / "talk.wav", samples, RATE)
    settings = settings_for(tmp_path, "data.words=zero,one")
    streams = streams_of(settings, "train")
    assert streams
    return streams, matched(word, settings.frontend), at / RATE


def test_mining_finds_the_place_that_is_like_a_word_and_only_once(
    planted: tuple[Streams, Scores, float],
) -> None:
    streams, score, at = planted
    (hard,) = hard_windows(score, streams, WORDS)
    assert at - 0.75 <= streams.starts[hard] * streams.hop <= at


def test_a_place_is_one_false_accept_however_many_windows_hold_it(
    planted: tuple[Streams, Scores, float],
) -> None:
    streams, score, _ = planted
    found = false_accepts(score, streams, LABELS, WORDS)
    assert list(found) == ["unknown"] and found["unknown"]["false_accepts"] == 1
    assert found["unknown"]["per_hour"] == pytest.approx(1 / found["unknown"]["hours"])
    nothing = false_accepts(lambda f: np.zeros((len(f), 4), np.float32), streams, LABELS, WORDS)
    assert nothing["unknown"]["false_accepts"] == 0


def test_training_with_hard_windows_resumes_with_the_same_bytes(tmp_path: Path) -> None:
    settings = read_settings("synthetic", [
        "data.words=zero,one", "data.long=a", "recipe.hard_share=0.5", "recipe.mine_epochs=3",
        "recipe.batch=20",
    ])  # fmt: skip

    def model() -> keras.Model:
        keras.utils.set_random_seed(1)
        inputs = keras.Input((49, 40, 1))
        outputs = keras.layers.Dense(4, "softmax")(keras.layers.Flatten()(inputs))
        return keras.Model(inputs, outputs)

    def mined(name: str, stop_after: int = 0) -> list[np.ndarray]:
        place = Workplace(tmp_path / name, "test", Stopping(tmp_path / name, stop_after))
        learner, lesson = model(), lesson_with(settings, place)
        train_mined(learner, lesson)
        assert len(lesson.history[MINED]) == 3
        assert set(lesson.false_accepts) == {"float", MINED}
        assert lesson.train.long and len(lesson.train.long.hard)  # also for later stages
        return learner.get_weights()

    whole = mined("whole")
    with pytest.raises(KeyboardInterrupt):
        mined("stopped", stop_after=2)
    assert all((a == b).all() for a, b in zip(whole, mined("stopped"), strict=True))
    said_so = (tmp_path / "whole" / "log.txt").read_text()
    assert "places are like a keyword to the float model" in said_so and "remain after" in said_so


class Stopping(RunLog):
    """Ctrl-C after some epochs."""

    def __init__(self, run: Path, epochs: int) -> None:
        super().__init__(run)
        self.epochs = epochs

    def note(self, text: str) -> None:
        super().note(text)
        if self.epochs and text.startswith(f"{MINED}: epoch {self.epochs} "):
            raise KeyboardInterrupt

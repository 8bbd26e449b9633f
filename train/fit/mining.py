"""Hard negatives: where a model takes a long recording for a keyword. They come back more often."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from train.data.corpus import label_names
from train.features.streams import Streams
from train.fit.checkpoint import Progress, load, save
from train.fit.lesson import Lesson
from train.fit.stage import predict, run_stage
from train.models.keras import keras

EVERY = 5  # frames from one scored window to the next
ACCEPTED = 0.8  # score of a keyword, without a bonus, that counts as a false accept
HARD = 0.3  # score of a keyword from which a window is hard: near misses are worth learning too
APART = 1.0  # seconds; hits that are closer are one event
MOST = 4000  # hard windows
CHUNK = 10_000  # windows whose features are in memory at the same time
RATE = 1 / 4  # of the initial learning rate, for the stage `mined`
FLOAT, MINED = "float", "mined"
Scores = Callable[[NDArray[np.int8]], NDArray[np.float32]]
Tree = dict[str, Any]


def train_mined(model: keras.Model, lesson: Lesson) -> None:
    """Looks for hard windows with the float model; later stages draw them more often. Counts false
    accepts before and after."""
    recipe, log = lesson.settings.recipe, lesson.place.log
    if not lesson.streams:
        return
    count_false_accepts(FLOAT, model, lesson)
    long = lesson.train.long
    if not recipe.hard_share or long is None:
        return
    hard = _remembered(model, lesson, long.streams)
    log.say(f"hard windows: {len(hard):,} places are like a keyword to the float model")
    lesson.train = replace(
        lesson.train, long=replace(long, hard=hard, hard_share=recipe.hard_share)
    )
    if not recipe.mine_epochs or not len(hard):
        return
    stage = lesson.stage(MINED, recipe.mine_epochs, recipe.learning_rate * RATE)
    lesson.history[MINED] = run_stage(model, stage, lesson.train, lesson.validation, lesson.place)
    remain = len(hard_windows(_scores(model, lesson), long.streams, _words(lesson)))
    log.say(f"hard windows: {remain:,} remain after training with them")
    count_false_accepts(MINED, model, lesson)


def _words(lesson: Lesson) -> int:
    return len(lesson.settings.data.words)


def _scores(model: keras.Model, lesson: Lesson) -> Scores:
    return lambda features: predict(model, features, lesson.train.scale)


def _remembered(model: keras.Model, lesson: Lesson, streams: Streams) -> NDArray[np.int64]:
    """The hard windows, found once: a resumed run learns from exactly the same ones."""
    path = lesson.place.folder / "checkpoints" / "hard.npz"
    if known := load(path, lesson.place.identity):
        return known.variables[0]
    hard = hard_windows(_scores(model, lesson), streams, _words(lesson))
    save(path, Progress(lesson.place.identity, finished=True, variables=[hard]))
    return hard


def hard_windows(score: Scores, streams: Streams, words: int) -> NDArray[np.int64]:
    """Positions in `starts` of windows that are taken for a keyword, as recorded or in the first
    of the other surroundings: the highest scores first, and one for each event."""
    positions = scored_positions(streams)
    variants = range(min(2, len(streams.features)))
    each = [keyword_scores(score, streams, positions, words, variant) for variant in variants]
    best = np.max(each, axis=0)
    order = np.argsort(-best, kind="stable")
    order = order[best[order] >= HARD]
    near = round(APART / streams.hop)
    taken = np.zeros(int(streams.ends[-1]) + near, bool)  # frames near a chosen window
    chosen = []
    for position in positions[order]:
        start = int(streams.starts[position])
        if not taken[start]:
            taken[max(0, start - near) : start + near] = True
            chosen.append(position)
    return np.array(chosen[:MOST], np.int64)


def scored_positions(streams: Streams) -> NDArray[np.int64]:
    return streams.every(EVERY * streams.hop)


def keyword_scores(
    score: Scores, streams: Streams, positions: NDArray[np.int64], words: int, variant: int = 0
) -> NDArray[np.float32]:
    """The highest score of a keyword in each window; keywords are the first `words` labels."""
    found = [np.empty(0, np.float32)]
    for first in range(0, len(positions), CHUNK):
        starts = streams.starts[positions[first : first + CHUNK]]
        features = streams.windows(np.full(len(starts), variant), starts)
        found.append(score(features)[:, :words].max(axis=1))
    return np.concatenate(found)


def count_false_accepts(name: str, model: keras.Model, lesson: Lesson) -> None:
    """Counts in all recordings as they are, and remembers it for the run's metrics."""
    score = _scores(model, lesson)
    lesson.false_accepts[name] = {
        split: false_accepts(score, streams, label_names(lesson.settings.data), _words(lesson))
        for split, streams in lesson.streams.items()
    }
    for split, found in lesson.false_accepts[name].items():
        rates = ", ".join(f"{one['per_hour']:.1f} in {label}" for label, one in found.items())
        lesson.place.log.say(
            f"{name}: false accepts per hour of long recordings ({split}): {rates}"
        )


def false_accepts(score: Scores, streams: Streams, labels: list[str], words: int) -> Tree:
    """By label: hours, and events in which a window has a keyword's score of at least ACCEPTED. A
    board smooths scores, so it has fewer; these numbers are for comparing models."""
    positions = scored_positions(streams)
    scores = keyword_scores(score, streams, positions, words)
    found = {}
    for number, label in enumerate(labels):
        kind = streams.labels == number
        if not kind.any():
            continue
        hits = np.sort(streams.starts[positions[(scores >= ACCEPTED) & kind[positions]]])
        events = int(len(hits) > 0) + int((np.diff(hits) * streams.hop > APART).sum())
        hours = float(kind.sum()) * streams.hop / 3600
        found[label] = {"hours": hours, "false_accepts": events, "per_hour": events / hours}
    return found

"""What the stages of a training share: feeds, validation data, and the place of checkpoints."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from train.cache import Cache, key_of, write_whole
from train.data.corpus import Corpus, label_names
from train.data.entry import Entry
from train.data.long.recordings import SOURCE
from train.errors import DataError
from train.features.examples import Examples, make_examples, standardized
from train.features.streams import Streams, make_streams
from train.fit.feed import Feed, Floats, balanced_weights, cautious, one_hot, possible_labels
from train.fit.log import RunLog
from train.fit.run_files import OUTCOMES
from train.fit.stage import History, Stage, Workplace
from train.fit.teacher import read_teacher, teacher_digest, teacher_scores
from train.fit.windows import LongWindows
from train.settings import Settings, to_tree
from train.settings.frontend import FrontendConfig

JUDGED_EVERY = 0.5  # seconds from one validation window of a long recording to the next


@dataclass
class Lesson:
    """What all stages of a training share."""

    settings: Settings
    train: Feed
    validation: Feed
    place: Workplace
    history: dict[str, History]
    teacher: Floats | None = None  # scores of the training examples by another run
    streams: dict[str, Streams] = field(default_factory=dict)  # of long recordings, by split
    false_accepts: dict[str, Any] = field(default_factory=dict)  # in these, by model

    def stage(self, name: str, epochs: int, rate: float, settled: int = 0) -> Stage:
        recipe = self.settings.recipe
        return Stage(
            name=name,
            epochs=epochs,
            batch=recipe.batch,
            learning_rate=rate,
            optimizer=recipe.optimizer,
            momentum=recipe.momentum,
            schedule=recipe.schedule,
            patience=recipe.patience,
            settled=settled,
            seed=self.settings.seed,
        )


def prepare(
    settings: Settings, corpus: Corpus, cache: Cache, log: RunLog
) -> tuple[Lesson, FrontendConfig]:
    """The lesson and the front end; from here on the run's folder belongs to this training."""
    run = log.path.parent
    config = standardized(settings, corpus, cache)
    teacher = read_teacher(settings, corpus)
    identity = key_of(
        to_tree(settings), corpus.fingerprint, config.to_dict(), teacher_digest(teacher)
    )
    clear_another_run(run, identity, log)
    examples = make_examples(settings, corpus, config, "train", cache)
    seen = make_examples(settings, corpus, config, "validation", cache)
    long = _streams(settings, corpus, config, cache)
    lesson = Lesson(
        settings,
        with_long(settings, training_feed(settings, examples, config), long.get("train")),
        plain_feed(settings, with_windows(seen, long.get("validation")), config),
        Workplace(run, identity, log),
        {},
        teacher_scores(teacher, examples, cache) if teacher else None,
        long,
    )
    return lesson, config


def _streams(
    settings: Settings, corpus: Corpus, config: FrontendConfig, cache: Cache
) -> dict[str, Streams]:
    """Training recordings in several surroundings, those for validation as they are."""
    variants = {"train": settings.augmentation.copies, "validation": 0}
    made = {
        name: make_streams(settings, corpus, config, name, count, cache)
        for name, count in variants.items()
    }
    return {name: streams for name, streams in made.items() if streams}


def with_long(settings: Settings, feed: Feed, streams: Streams | None) -> Feed:
    """Adds windows of long recordings to each epoch. One counts as much as an average example of
    its label, so the label as a whole counts more than without them."""
    share = settings.data.long_share
    count = round(share / (1 - share) * len(feed.features))
    if not streams or not count:
        return feed
    labels, smoothing = len(label_names(settings.data)), settings.recipe.label_smoothing
    targets = one_hot(np.arange(labels, dtype=np.int32), labels, smoothing)
    of = feed.targets.argmax(axis=1)
    numbers = np.bincount(of, minlength=labels)
    sums = np.bincount(of, feed.weights, minlength=labels)
    weights = np.where(numbers, sums / np.maximum(1, numbers), feed.weights.mean())
    return replace(feed, long=LongWindows(streams, count, targets, weights.astype(np.float32)))


def with_windows(examples: Examples, streams: Streams | None) -> Examples:
    """Adds fixed windows of long recordings, as a source of their own."""
    if not streams:
        return examples
    chosen = streams.every(JUDGED_EVERY)
    starts = streams.starts[chosen]
    entry = Entry(SOURCE, "noise", SOURCE, SOURCE)
    return replace(
        examples,
        features=np.concatenate(
            [examples.features, streams.windows(np.zeros_like(starts), starts)]
        ),
        labels=np.concatenate([examples.labels, streams.labels[chosen]]),
        entries=[*examples.entries, *[entry] * len(chosen)],
    )


def plain_feed(settings: Settings, examples: Examples, config: FrontendConfig) -> Feed:
    labels = len(label_names(settings.data))
    weights = balanced_weights(examples.labels, examples.sources)
    if not settings.recipe.balance:
        weights = np.ones_like(weights)
    return Feed(
        features=examples.features,
        targets=one_hot(examples.labels, labels),
        weights=cautious(
            weights, examples.labels, len(settings.data.words), settings.recipe.caution
        ),
        scale=config.scale,
    )


def training_feed(settings: Settings, examples: Examples, config: FrontendConfig) -> Feed:
    """Adds what only training has: smoothed labels, distortion and undetermined labels."""
    count = len(label_names(settings.data))
    targets = one_hot(examples.labels, count, settings.recipe.label_smoothing)
    words = len(settings.data.words)
    possible = possible_labels(examples.labels, examples.sources, words, count)
    feed = replace(
        plain_feed(settings, examples, config), targets=targets, ranges=settings.augmentation
    )
    if not settings.recipe.balance:
        return feed
    targets = targets * possible
    targets /= targets.sum(axis=1, keepdims=True)
    return replace(feed, targets=targets, possible=possible)


def clear_another_run(run: Path, identity: str, log: RunLog) -> None:
    """Removes the progress of other settings or data, which must not be mistaken for ours."""
    marker = run / "checkpoints" / "identity"
    if marker.exists() and marker.read_text() != identity:
        log.say(f"{run} held a run with other settings or recordings; starting from the beginning")
        for name in ("checkpoints", "tensorboard"):
            shutil.rmtree(run / name, ignore_errors=True)
        for name in OUTCOMES:
            (run / name).unlink(missing_ok=True)
    try:
        write_whole(marker, identity.encode())
    except OSError as error:
        raise DataError(
            f"{run}: cannot be written ({error.strerror}); choose another --run"
        ) from error

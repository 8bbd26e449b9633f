"""Teaches a finished run one more voice: a few more epochs of int8 training on the new clips and on
some of its own, so that no other voice is forgotten."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from train.cache import Cache, key_of
from train.data.corpus import Corpus
from train.features.examples import Examples, make_examples
from train.fit import recipe
from train.fit.bonus import give, take_back
from train.fit.feed import Feed
from train.fit.lesson import plain_feed, training_feed
from train.fit.stage import History, Stage, Workplace, run_stage
from train.models.keras import keras
from train.models.registry import model_of
from train.settings import Settings, to_tree
from train.settings.frontend import FrontendConfig

WINDOWS = 1500  # windows of the new clips and their copies; 30 clips have 50 each
SHARE = 0.5  # most new windows, as a share of the replayed ones: otherwise a small run would forget
MOST_COPIES = 49  # per clip
REPLAYED = 1500  # of the run's own clips, each as recorded and as one copy
EPOCHS = 8
RATE = 1 / 4  # of the initial learning rate of float training
STAGE = "personal"


@dataclass(frozen=True)
class Base:
    """A finished run, and what it was trained on."""

    run: Path
    settings: Settings
    corpus: Corpus
    config: FrontendConfig  # at the input scale of its int8 file
    labels: tuple[str, ...]

    def fresh_model(self) -> keras.Model:
        return model_of(self.settings.model, self.config.shape, len(self.labels))


def learn(base: Base, clips: Corpus, place: Workplace, cache: Cache) -> tuple[keras.Model, History]:
    """The run's quantized model after training on the `train` clips; deterministic."""
    config = base.config.replace(zero_point=0)  # as float training uses features
    replayed = _replayed(base, config, cache)
    windows = min(WINDOWS, int(SHARE * len(replayed.labels)))
    examples = joined(_new(base, clips, windows, config, cache), replayed)
    seen = make_examples(base.settings, base.corpus, config, "validation", cache)
    recipe.fix_seeds(base.settings.seed)
    quantized = recipe.continue_quantized(base.fresh_model(), base.run / "quantized.h5")
    take_back(quantized, base.settings)
    history = _train(
        quantized,
        training_feed(base.settings, examples, config),
        plain_feed(base.settings, seen, config),
        base.settings,
        place,
    )
    give(quantized, base.settings)
    return quantized, history


def identity_of(base: Base, clips: Corpus) -> str:
    """A hash that changes with everything that `learn` depends on."""
    weights = (base.run / "quantized.h5").read_bytes()
    return key_of(
        key_of(weights.hex()), to_tree(base.settings), base.corpus.fingerprint, clips.fingerprint,
        [WINDOWS, SHARE, MOST_COPIES, REPLAYED, EPOCHS, RATE],
    )  # fmt: skip


def examples_of(base: Base, clips: Corpus, cache: Cache) -> Examples:
    """Clips as they were recorded, for the int8 file."""
    settings = _with(base.settings, 0, silence=False)
    everything = replace(clips, splits=["test"] * len(clips.splits))
    return make_examples(settings, everything, base.config, "test", cache)


def _new(base: Base, clips: Corpus, windows: int, config: FrontendConfig, cache: Cache) -> Examples:
    """The same number of windows from few clips as from many, in noises of the run and the user."""
    copies = min(MOST_COPIES, max(1, windows // len(clips.of("train")) - 1))
    return make_examples(_with(base.settings, copies, silence=False), clips, config, "train", cache)


def _replayed(base: Base, config: FrontendConfig, cache: Cache) -> Examples:
    """Training clips of the run, chosen by their hashes, and silence."""
    corpus = base.corpus
    drawn = sorted(corpus.of("train"), key=lambda i: corpus.digests[i])[:REPLAYED]
    splits = [""] * len(corpus.splits)
    for i in drawn:
        splits[i] = "train"
    settings = _with(base.settings, 1, base.settings.data.silence)
    return make_examples(settings, replace(corpus, splits=splits), config, "train", cache)


def _with(settings: Settings, copies: int, silence: bool) -> Settings:
    return replace(
        settings,
        data=replace(settings.data, silence=silence),
        augmentation=replace(settings.augmentation, copies=copies),
    )


def joined(first: Examples, second: Examples) -> Examples:
    return Examples(
        np.concatenate([first.features, second.features]),
        np.concatenate([first.labels, second.labels]),
        first.entries + second.entries,
        first.blocks + second.blocks,
    )


def _train(
    quantized: keras.Model, feed: Feed, validation: Feed, settings: Settings, place: Workplace
) -> History:
    """Freezes the input's range, so that the front end stays the same, also on boards."""
    weights = quantized.weights
    ranges = [w for w in weights if recipe.RANGE.search(w.name) and recipe.INPUT in w.name]
    kept = [weight.numpy() for weight in ranges]

    def restore() -> None:
        for weight, value in zip(ranges, kept, strict=True):
            weight.assign(value)

    stage = Stage(
        name=STAGE,
        epochs=EPOCHS,
        batch=settings.recipe.batch,
        learning_rate=settings.recipe.learning_rate * RATE,
        settled=EPOCHS,  # keep the last epoch: validation does not contain the new voice
        seed=settings.seed,
    )
    return run_stage(quantized, stage, feed, validation, place, after_epoch=restore)

"""One stage of training: epochs with a progress bar, interruptible and resumable."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from train.fit.checkpoint import Progress, assign, load, save, values
from train.fit.feed import Feed, Floats, as_floats
from train.fit.log import RunLog
from train.models.keras import keras, tf
from train.spread.progress import is_shown, tqdm

History = list[dict[str, float]]
Step = Callable[[Floats, Floats, Floats, Floats], Any]
TINY = 1e-30  # lower limit of a score in the loss; float32 goes down to 1e-38
MOST_FLOATS = 1 << 26  # of one layer's outputs at a time, when scoring
PLATEAU = 4  # epochs without a better validation loss before the rate is halved


@dataclass(frozen=True, kw_only=True)
class Stage:
    name: str
    epochs: int
    batch: int
    learning_rate: float
    optimizer: str = "adam"
    momentum: float = 0.0  # only for sgd
    schedule: str = "cosine"
    patience: int = 0
    settled: int = 0  # epochs before the best one can be chosen, because pruning must be complete
    seed: int = 0


@dataclass(frozen=True)
class Workplace:
    """Where stages save their progress, and what identifies the run that it belongs to."""

    folder: Path
    identity: str
    log: RunLog
    seconds: dict[str, float] = field(default_factory=dict)  # per stage, without interruptions

    def checkpoint(self, stage: Stage) -> Path:
        return self.folder / "checkpoints" / f"{stage.name}.npz"


def run_stage(
    model: keras.Model,
    stage: Stage,
    feed: Feed,
    validation: Feed,
    place: Workplace,
    after_epoch: Callable[[], None] = lambda: None,
) -> History:
    """Trains the model, resuming after the last finished epoch, and restores the best weights."""
    optimizer = _optimizer(stage)
    optimizer.build(model.trainable_variables)
    model.optimizer = optimizer  # where pruning finds the step
    variables = [*model.variables, *optimizer.variables]
    path = place.checkpoint(stage)
    progress = load(path, place.identity) or Progress(place.identity)
    if progress.variables:
        assign(variables, progress.variables)
    step = _make_step(model, optimizer)
    bar = tqdm(
        total=stage.epochs, initial=len(progress.history), desc=f"{stage.name:>9}", unit="epoch"
    )
    while not progress.finished:
        rate = rate_of(stage, progress.history)
        optimizer.learning_rate.assign(rate)
        seed = (stage.seed, len(progress.history), *stage.name.encode())
        began = time.monotonic()
        _reseed(model, seed)
        figures = _epoch(step, feed, stage.batch, seed)
        after_epoch()
        figures |= _validate(model, validation) | {"learning_rate": rate}
        progress.history.append(figures)
        if _is_best(progress.history, stage.settled):
            progress.best = values(model.variables)
        progress.finished = _is_over(stage, progress.history)
        progress.variables = values(variables)
        progress.seconds += time.monotonic() - began
        save(path, progress)
        _record(place, stage, progress.history)
        if not is_shown():
            _say_epoch(stage, progress.history, time.monotonic() - began)
        bar.set_postfix_str(f"validation {100 * figures['validation_accuracy']:.1f} %")
        bar.update()
    bar.close()
    assign(model.variables, progress.best)
    place.seconds[stage.name] = round(progress.seconds, 1)
    return progress.history


def _optimizer(stage: Stage) -> Any:
    if stage.optimizer == "sgd":
        return keras.optimizers.SGD(stage.learning_rate, momentum=stage.momentum)
    return keras.optimizers.Adam(stage.learning_rate)


def _reseed(model: keras.Model, seed: tuple[int, ...]) -> None:
    """Makes dropout depend only on seed, stage and epoch, like the feed, so that a resumed stage
    has lost no random state."""
    layers = [layer for layer in model.submodules if isinstance(layer, keras.layers.Dropout)]
    for number, layer in enumerate(layers):
        drawn = np.random.default_rng((*seed, number)).integers(2**31)
        layer._random_generator._generator.reset_from_seed(int(drawn))


def _record(place: Workplace, stage: Stage, history: History) -> None:
    """Writes the epoch to the log and for TensorBoard."""
    figures = ", ".join(f"{name} {value:.4g}" for name, value in history[-1].items())
    place.log.note(f"{stage.name}: epoch {len(history)} of {stage.epochs}: {figures}")
    writer = tf.summary.create_file_writer(str(place.folder / "tensorboard" / stage.name))
    with writer.as_default(step=len(history)):
        for name, value in history[-1].items():
            tf.summary.scalar(name, value)
    writer.close()


def _say_epoch(stage: Stage, history: History, seconds: float) -> None:
    """Prints a line if there is no progress bar."""
    right = 100 * history[-1]["validation_accuracy"]
    done = f"{stage.name}: epoch {len(history)} of {stage.epochs}"
    print(f"{done}, validation {right:.1f} %, {seconds:.1f} s", file=sys.stderr, flush=True)


def rate_of(stage: Stage, history: History) -> float:
    """The learning rate of the next epoch, which depends only on the history."""
    if stage.schedule == "cosine":
        return stage.learning_rate * 0.5 * (1 + math.cos(math.pi * len(history) / stage.epochs))
    if stage.schedule == "plateau":
        return stage.learning_rate * 0.5 ** (_standstill(history) // PLATEAU)
    return stage.learning_rate


def _standstill(history: History) -> int:
    """Number of epochs without improvement of the validation loss."""
    best, waited = math.inf, 0
    for figures in history:
        waited += figures["validation_loss"] >= best
        best = min(best, figures["validation_loss"])
    return waited


def _is_best(history: History, settled: int) -> bool:
    losses = [figures["validation_loss"] for figures in history]
    return len(losses) <= settled + 1 or losses[-1] < min(losses[settled:-1])


def _is_over(stage: Stage, history: History) -> bool:
    if len(history) >= stage.epochs:
        return True
    losses = [figures["validation_loss"] for figures in history[stage.settled :]]
    since_best = len(losses) - 1 - int(np.argmin(losses)) if losses else 0
    return bool(stage.patience) and since_best >= stage.patience


def _make_step(model: keras.Model, optimizer: Any) -> Step:
    def step(features: Any, targets: Any, weights: Any, possible: Any) -> Any:
        with tf.GradientTape() as tape:
            scores = model(features, training=True)
            loss = tf.reduce_mean(weights * cross_entropy(targets, scores, possible))
            if model.losses:
                loss += tf.add_n(model.losses)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        right = tf.reduce_sum(tf.cast(tf.argmax(scores, 1) == tf.argmax(targets, 1), tf.float32))
        return tf.stack([loss * tf.cast(tf.shape(scores)[0], tf.float32), right])

    graph: Step = tf.function(step)
    return graph


def cross_entropy(targets: Any, scores: Any, possible: Any) -> Any:
    """The cross-entropy of each example among its possible labels. Down to TINY a wrong label has a
    gradient, however confident the model was; below that, the loss stays finite."""
    among = tf.reduce_sum(scores * possible, axis=1)
    likelihoods = tf.reduce_sum(targets * tf.math.log(tf.maximum(scores, TINY)), axis=1)
    return tf.math.log(tf.maximum(among, TINY)) - likelihoods


def _epoch(
    step: Step,
    feed: Feed,
    batch: int,
    seed: tuple[int, ...],
) -> dict[str, float]:
    sums, count = np.zeros(2), 0
    batches = tqdm(feed.epoch(batch, seed), "    epoch", feed.steps(batch), leave=False)
    for one in batches:
        sums += step(*map(tf.constant, one)).numpy()
        count += len(one[0])
    return {"loss": float(sums[0] / count), "accuracy": float(sums[1] / count)}


def _validate(model: keras.Model, validation: Feed) -> dict[str, float]:
    scores = predict(model, validation.features, validation.scale)
    likelihood = (validation.targets * np.log(np.maximum(scores, 1e-7))).sum(axis=1)
    right = scores.argmax(axis=1) == validation.targets.argmax(axis=1)
    return {
        "validation_loss": float(-(validation.weights * likelihood).mean()),
        "validation_accuracy": float(right.mean()),
    }


def predict(model: keras.Model, features: Any, scale: float) -> Floats:
    """Scores [n, labels] of int8 features, a thousand at a time, or fewer if memory is limited."""
    largest = max(
        math.prod(tensor.shape[1:])
        for layer in model.layers
        for tensor in tf.nest.flatten(layer.output)
    )
    count = min(1000, max(1, MOST_FLOATS // largest))
    scores = [
        model.predict_on_batch(as_floats(features[start : start + count], scale))
        for start in range(0, len(features), count)
    ]
    return np.concatenate(scores)

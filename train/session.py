"""A session: from a corpus and a fresh model to the files of a run."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from train import recipe
from train.cache import Cache, key_of, write_whole
from train.corpus import Corpus, label_names
from train.data.clip import DataError
from train.dataset import Examples, make_examples, make_hard_test, standardized
from train.evaluate import Int8Model, metrics
from train.features.config import FrontendConfig
from train.feed import Feed, balanced_weights, cautious, one_hot, possible_labels
from train.keras import keras
from train.log import RunLog
from train.models.registry import Cost
from train.report import Missed, ReportContent, write_report
from train.settings import Settings, to_tree
from train.stage import Workplace, predict
from train.teacher import read_teacher, teacher_digest, teacher_scores
from train.workers import kept_processes

SNRS = (20.0, 15.0, 10.0, 5.0, 0.0, -5.0)  # dB
LEVELS = (0.0, -10.0, -20.0, -30.0, -40.0, -50.0)  # dBFS
TIME = "time.json"  # of a run: seconds by stage
MISSED = 100  # misclassified windows that the report plays, the surest first
OUTCOMES = (
    "run.json", "settings.json", "split.json", "metrics.json", "history.json", "model.tflite",
    "float.h5", "quantized.h5", "report.html", "conversion.md", TIME,
)  # fmt: skip
Scores = Callable[[NDArray[np.int8]], NDArray[np.float32]]


@dataclass(frozen=True)
class Bench:
    """What a model is tested on: features at one int8 scale."""

    settings: Settings
    corpus: Corpus
    cache: Cache
    config: FrontendConfig

    def clean(self) -> Examples:
        return make_examples(self.settings, self.corpus, self.config, "test", self.cache)

    def test(self, scores: Scores) -> dict[str, Any]:
        """All metrics of a model that gives scores in 0 to 1."""
        labels = label_names(self.settings.data)
        examples = self.clean()
        found = metrics(scores(examples.features), examples, labels)
        with kept_processes():
            found["by_snr"] = {f"{snr:g}": self._hard(scores, snr=snr) for snr in SNRS}
            found["by_level"] = {f"{level:g}": self._hard(scores, level=level) for level in LEVELS}
        return found

    def _hard(self, scores: Scores, **how: float) -> float:
        examples = make_hard_test(self.settings, self.corpus, self.config, self.cache, **how)
        return float((scores(examples.features).argmax(axis=1) == examples.labels).mean())


def train_and_test(
    settings: Settings,
    corpus: Corpus,
    model: keras.Model,
    spent: Cost,
    cache: Cache,
    log: RunLog,
    refused: str = "",
) -> dict[str, Any]:
    """Trains, tests and writes the run; returns its metrics. `refused` says why no board can have
    it, if so."""
    run = log.path.parent
    lesson, config = prepare(settings, corpus, cache, log)
    bench = Bench(settings, corpus, cache, config)
    results: dict[str, Any] = {"labels": label_names(settings.data), "models": {}}

    def tested(name: str, keras_model: keras.Model) -> None:
        log.note(f"testing the {name} model")
        results["models"][name] = bench.test(lambda f: predict(keras_model, f, config.scale))

    def judge(features: NDArray[np.int8]) -> NDArray[np.float32]:
        return predict(model, features, config.scale)

    recipe.train_float(model, lesson)
    tested("float", model)
    recipe.save_float(model, run / "float.h5")  # now: pruning shares some of its layers
    content = None
    if settings.recipe.quantization == "trained":
        quantized = recipe.quantize(recipe.prune(model, lesson), lesson)
        tested("quantized", quantized)
        recipe.save_quantized(quantized, run / "quantized.h5")
        content = recipe.to_tflite(quantized)
    elif settings.recipe.quantization == "after":
        pruned, seen = recipe.prune(model, lesson), lesson.train.features
        content = recipe.to_tflite(pruned, lambda: recipe.representative(seen, config.scale))
    if content:
        int8 = Int8Model(content)
        scale, zero_point = int8.input_scale
        at_scale = config.replace(scale=scale, zero_point=zero_point)
        bench, judge = Bench(settings, corpus, cache, at_scale), int8.likelihoods
        log.note("testing the int8 file")
        results["models"]["int8"] = bench.test(judge)
        results["sparsity"] = recipe.int8_sparsity(content)
    write_time(run, lesson.place.seconds)
    write_outcomes(run, bench, content, results, lesson.history, **_refusal(refused))
    summary = [("firmware", refused)] if refused else []
    report_on(run, bench, judge, spent, results, lesson.history, summary)
    return results


def prepare(
    settings: Settings, corpus: Corpus, cache: Cache, log: RunLog
) -> tuple[recipe.Lesson, FrontendConfig]:
    """What there is to learn, and the front end; the run's folder is ours from here on."""
    run = log.path.parent
    config = standardized(settings, corpus, cache)
    teacher = read_teacher(settings)
    identity = key_of(
        to_tree(settings), corpus.fingerprint, config.to_dict(), teacher_digest(teacher)
    )
    clear_another_run(run, identity, log)
    examples = make_examples(settings, corpus, config, "train", cache)
    lesson = recipe.Lesson(
        settings,
        training_feed(settings, examples, config),
        plain_feed(settings, make_examples(settings, corpus, config, "validation", cache), config),
        Workplace(run, identity, log),
        {},
        teacher_scores(teacher, examples, cache) if teacher else None,
    )
    return lesson, config


def _refusal(refused: str) -> dict[str, str]:
    """What run.json says of it, and what convert.to_tflm repeats."""
    return {"refused": refused} if refused else {}


def write_time(run: Path, seconds: Mapping[str, float]) -> None:
    """How long each stage took. In a file of its own: the others are the same every time."""
    write_whole(run / TIME, (json.dumps(dict(seconds), indent=2) + "\n").encode())


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
    """With what only training has: smoothed labels, distortion, labels that are left open."""
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
    """Progress of other settings or data is of no use here, and must not be taken for ours."""
    marker = run / "checkpoints" / "identity"
    if marker.exists() and marker.read_text() != identity:
        log.say(f"{run} held a run with other settings or data; it starts anew")
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


def write_outcomes(
    run: Path,
    bench: Bench,
    content: bytes | None,
    results: dict[str, Any],
    history: dict[str, Any],
    **more: Any,
) -> None:
    """Everything needed to reproduce and convert it; `more` is what run.json says besides."""
    settings, corpus = bench.settings, bench.corpus
    speakers = {e.speaker: s for e, s in zip(corpus.entries, corpus.splits, strict=True)}
    described = {
        "labels": results["labels"],
        "frontend": bench.config.to_dict(),
        "seed": settings.seed,
        "data": corpus.fingerprint,
        **more,
    }
    if content:
        write_whole(run / "model.tflite", content)
    files = {
        "settings.json": to_tree(settings),
        "split.json": dict(sorted(speakers.items())),
        "metrics.json": results,
        "history.json": history,
        "run.json": described,  # the last: with it a run is finished
    }
    for name, tree in files.items():
        write_whole(run / name, (json.dumps(tree, indent=2) + "\n").encode())


def report_on(
    run: Path,
    bench: Bench,
    judge: Scores,
    spent: Cost,
    results: dict[str, Any],
    history: dict[str, Any],
    more: Sequence[tuple[str, str]] = (),
) -> None:
    settings = bench.settings
    summary = [
        ("family", settings.model.family),
        ("parameters", f"{spent.parameters:,}"),
        ("multiplications (MACs) a window", f"{spent.macs:,}"),
        ("largest activations", f"{spent.largest_pair:,} bytes in and out of a layer"),
        ("data", f"{len(bench.corpus.entries):,} clips, fingerprint {bench.corpus.fingerprint}"),
        ("left out", f"{len(bench.corpus.rejected):,} clips that could not be used"),
        *more,
    ]
    content = ReportContent(
        title=run.name,
        summary=summary,
        settings=to_tree(settings),
        metrics=results,
        history=history,
        missed=_missed(bench, judge, results["labels"]),
        splits=bench.corpus.table,
    )
    write_report(run / "report.html", content)


def _missed(bench: Bench, judge: Scores, labels: list[str]) -> list[Missed]:
    """Test windows that the model takes for something else, the surest first."""
    examples = bench.clean()
    scores = judge(examples.features)
    wrong = np.flatnonzero(scores.argmax(axis=1) != examples.labels)
    wrong = wrong[np.argsort(-scores[wrong].max(axis=1), kind="stable")][:MISSED]
    return [
        Missed(
            samples=examples.window(int(i)),
            rate=bench.config.sample_rate,
            label=labels[examples.labels[i]],
            predicted=labels[int(scores[i].argmax())],
            score=float(scores[i].max()),
            source=entry.source if (entry := examples.entries[i]) else "silence",
            speaker=entry.speaker if entry else "nobody",
            path=str(entry.path) if entry and entry.path else "synthesized",
        )
        for i in wrong
    ]

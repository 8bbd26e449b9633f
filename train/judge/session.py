"""A session: from a corpus and a fresh model to the files of a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from train.cache import Cache
from train.data.corpus import Corpus, label_names
from train.features.examples import Examples, make_examples, make_hard_test
from train.fit import recipe
from train.fit.lesson import prepare
from train.fit.log import RunLog
from train.fit.run_files import write_outcomes, write_time
from train.fit.stage import predict
from train.judge.metrics import metrics
from train.models.int8 import Int8Model
from train.models.keras import keras
from train.models.registry import Cost
from train.pages.report import Missed, ReportContent, write_report
from train.settings import Settings, to_tree
from train.settings.frontend import FrontendConfig
from train.spread.workers import kept_processes

SNRS = (20.0, 15.0, 10.0, 5.0, 0.0, -5.0)  # dB
LEVELS = (0.0, -10.0, -20.0, -30.0, -40.0, -50.0)  # dBFS
MISSED = 100  # misclassified windows that the report plays, the surest first
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
    write_outcomes(
        run,
        settings,
        corpus,
        bench.config,
        content,
        results,
        lesson.history,
        **_refusal(refused),
    )
    summary = [("firmware", refused)] if refused else []
    report_on(run, bench, judge, spent, results, lesson.history, summary)
    return results


def _refusal(refused: str) -> dict[str, str]:
    """What run.json says of it, and what convert.to_tflm repeats."""
    return {"refused": refused} if refused else {}


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
        *[("long clips", line) for line in bench.corpus.lengths.lines],
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

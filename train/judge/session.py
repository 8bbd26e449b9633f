"""A session turns a corpus and an untrained model into the files of a run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from train.cache import Cache
from train.data.corpus import Corpus, label_names
from train.data.long.collection import as_tree, in_words
from train.features.streams import make_streams
from train.fit import mining, recipe
from train.fit.bonus import give, with_bonus
from train.fit.lesson import prepare
from train.fit.log import RunLog
from train.fit.run_files import write_outcomes, write_time
from train.fit.stage import predict
from train.fit.thresholds import without_bonus
from train.judge.evaluation import Evaluation, Scores, missed
from train.models.cost import Cost
from train.models.int8 import Int8Model
from train.models.keras import keras
from train.pages.report import ReportContent, write_report
from train.settings import Settings, to_tree
from train.settings.frontend import FrontendConfig


def train_and_judge(
    settings: Settings,
    corpus: Corpus,
    model: keras.Model,
    spent: Cost,
    cache: Cache,
    log: RunLog,
    refused: str = "",
) -> dict[str, Any]:
    """Trains, judges on development data and writes the run; returns its metrics. `refused` says
    why the model is not for boards, if it is not."""
    run = log.path.parent
    lesson, config = prepare(settings, corpus, cache, log)
    evaluation = Evaluation(settings, corpus, cache, config)
    results: dict[str, Any] = {
        "labels": label_names(settings.data),
        "judged_on": evaluation.role,
        "models": {},
    }

    def judged(name: str, keras_model: keras.Model) -> None:
        log.say(f"judging the {name} model ...")
        results["models"][name] = evaluation.judge(lambda f: predict(keras_model, f, config.scale))

    def judge(features: NDArray[np.int8]) -> NDArray[np.float32]:
        return predict(model, features, config.scale)

    recipe.train_float(model, lesson)
    mining.train_mined(model, lesson)
    with with_bonus(model, settings):
        judged("float", model)
        recipe.save_float(model, run / "float.h5")  # now: pruning shares some of its layers
    content = None
    if settings.recipe.quantization == "trained":
        quantized = recipe.quantize(recipe.prune(model, lesson), lesson)
        give(quantized, settings)
        judged("quantized", quantized)
        recipe.save_quantized(quantized, run / "quantized.h5")
        content = recipe.to_tflite(quantized)
    elif settings.recipe.quantization == "after":
        pruned, seen = recipe.prune(model, lesson), lesson.train.features
        give(pruned, settings)
        content = recipe.to_tflite(pruned, lambda: recipe.representative(seen, config.scale))
    if content:
        int8 = Int8Model(content)
        scale, zero_point = int8.input_scale
        at_scale = config.replace(scale=scale, zero_point=zero_point)
        evaluation, judge = Evaluation(settings, corpus, cache, at_scale), int8.likelihoods
        log.say("judging the int8 file ...")
        results["models"]["int8"] = evaluation.judge(judge)
        results["sparsity"] = recipe.int8_sparsity(content)
        lesson.false_accepts |= _of_int8(settings, corpus, at_scale, cache, judge)
    if lesson.false_accepts:
        results["long"] = {"threshold": mining.ACCEPTED, "models": lesson.false_accepts}
    write_time(run, lesson.place.seconds)
    write_outcomes(
        run,
        settings,
        corpus,
        evaluation.config,
        content,
        results,
        lesson.history,
        **_refusal(refused),
        **_long(corpus),
    )
    summary = [("firmware", refused)] if refused else []
    report_on(run, evaluation, judge, spent, results, lesson.history, summary)
    return results


def _refusal(refused: str) -> dict[str, str]:
    """The description in run.json, which convert.to_tflm repeats."""
    return {"refused": refused} if refused else {}


def _of_int8(
    settings: Settings, corpus: Corpus, config: FrontendConfig, cache: Cache, judge: Scores
) -> dict[str, Any]:
    """False accepts in the validation part of long recordings; all of them would take minutes."""
    streams = make_streams(settings, corpus, config, "validation", 0, cache)
    if not streams:
        return {}
    labels, words = label_names(settings.data), len(settings.data.words)

    is_word = np.arange(len(labels)) < words

    def plain(features: NDArray[np.int8]) -> NDArray[np.float32]:
        return without_bonus(judge(features), is_word, settings.recipe.bonus)

    return {"int8": {"validation": mining.false_accepts(plain, streams, labels, words)}}


def _long(corpus: Corpus) -> dict[str, Any]:
    """The description in run.json: minutes, speakers, licences."""
    found = as_tree(corpus.long)
    return {"long_recordings": found} if found else {}


def report_on(
    run: Path,
    evaluation: Evaluation,
    judge: Scores,
    spent: Cost,
    results: dict[str, Any],
    history: dict[str, Any],
    more: Sequence[tuple[str, str]] = (),
) -> None:
    settings, corpus = evaluation.settings, evaluation.corpus
    summary = [
        ("family", settings.model.family),
        ("parameters", f"{spent.parameters:,}"),
        ("multiplications (MACs) per window", f"{spent.macs:,}"),
        ("largest activations", f"{spent.largest_pair:,} bytes in and out of a layer"),
        ("data", f"{len(corpus.entries):,} clips, fingerprint {corpus.fingerprint}"),
        ("left out", f"{len(corpus.rejected):,} clips that could not be used"),
        *[("long clips", line) for line in corpus.lengths.lines],
        *[("long recordings", line) for line in in_words(corpus.long)],
        *more,
    ]
    content = ReportContent(
        title=run.name,
        summary=summary,
        settings=to_tree(settings),
        metrics=results,
        history=history,
        missed=missed(evaluation, judge, results["labels"]),
        splits=corpus.table,
    )
    write_report(run / "report.html", content)

"""From a user's clips to a run adapted to the voice, evaluated on clips it was not trained on."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from convert.bundle import model_hash
from tools.personalize.base import MARK, check_free, newest_base, read_base
from tools.personalize.judge import Right, before_and_after, changed, right
from train.cache import Cache, open_cache
from train.data import own_clips
from train.data.corpus import Corpus
from train.data.corrections import check_learnable, write_corrections
from train.data.verdicts import has_table, read_table, told
from train.fit import recipe
from train.fit.lesson import clear_another_run
from train.fit.log import RunLog
from train.fit.personal import STAGE, Base, examples_of, identity_of, learn
from train.fit.run_files import write_outcomes
from train.fit.stage import Workplace, predict
from train.judge.evaluation import Evaluation
from train.judge.metrics import metrics
from train.judge.session import report_on
from train.models.int8 import Int8Model
from train.models.keras import keras
from train.models.registry import cost


def personalize(folder: Path, run: Path | None) -> Path:
    """Returns the folder of the new run, which is next to the old one."""
    start = time.monotonic()
    cache = open_cache()
    base = read_base(run or newest_base(), cache)
    judged = has_table(folder)
    if judged:
        check_learnable(folder, base.labels)
    place = write_corrections(folder, base.config) if judged else folder
    clips = own_clips.read_own_clips(
        place, base.corpus, base.settings.data, base.config, cache, judged
    )
    log = RunLog(base.run.parent / f"{base.run.resolve().name}-{folder.resolve().name}")
    new = log.path.parent
    check_free(new)
    identity = identity_of(base, clips)
    clear_another_run(new, identity, log)
    if judged:
        log.say(f"{folder}: {told(read_table(folder))}")
    log.say(own_clips.describe(place, clips, () if judged else base.settings.data.words))
    quantized, history = learn(base, clips, Workplace(new, identity, log), cache)
    results = _finish(base, clips, quantized, {STAGE: history}, cache, log)
    log.say(before_and_after(results[STAGE], base.run.name, base.settings.data.words))
    log.say(f"{new}: trained and evaluated in {time.monotonic() - start:.0f} s")
    return new


def _finish(
    base: Base,
    clips: Corpus,
    quantized: keras.Model,
    history: dict[str, Any],
    cache: Cache,
    log: RunLog,
) -> dict[str, Any]:
    """Writes the files of the new run; returns its metrics."""
    run = log.path.parent
    content = recipe.to_tflite(quantized)
    recipe.save_quantized(quantized, run / "quantized.h5")
    plain = recipe.without_quantizers(quantized, base.fresh_model())
    recipe.save_float(plain, run / "float.h5")
    evaluation = Evaluation(base.settings, base.corpus, cache, base.config)
    log.note("testing")
    old = (base.run / "model.tflite").read_bytes()
    int8 = {"before": Int8Model(old), "after": Int8Model(content)}
    test = evaluation.clean()
    scores = int8["after"].likelihoods(test.features)
    seen = test.features.astype(np.int16) - base.config.zero_point
    keras_scores = {
        name: predict(model, seen, base.config.scale)
        for name, model in (("float", plain), ("quantized", quantized))
    }
    results = {
        "labels": list(base.labels),
        "judged_on": evaluation.role,
        "models": {
            name: metrics(found, test, base.labels)
            for name, found in (keras_scores | {"int8": scores}).items()
        },
        "sparsity": recipe.int8_sparsity(content),
        STAGE: {
            "test": {name: right(model, test, base.labels) for name, model in int8.items()},
            "changed": changed(int8["before"], int8["after"], test),
            "own": _own(base, clips.only(clips.of("test")), int8, cache),
            "all": _own(base, clips, {"before": int8["before"]}, cache),
        },
    }
    mark = {
        "base": base.run.resolve().name,
        "model": model_hash(old),
        "clips": clips.fingerprint,
    }
    said = [("personalized", f"{len(clips.of('train')):,} clips of {clips.entries[0].source}")]
    report_on(run, evaluation, int8["after"].likelihoods, cost(plain), results, history, said)
    write_outcomes(
        run, base.settings, base.corpus, base.config, content, results, history, **{MARK: mark}
    )
    return results


def _own(base: Base, clips: Corpus, models: dict[str, Int8Model], cache: Cache) -> dict[str, Right]:
    """Returns results by model; empty without clips."""
    if not clips.entries:
        return {}
    examples = examples_of(base, clips, cache)
    return {name: right(model, examples, base.labels) for name, model in models.items()}

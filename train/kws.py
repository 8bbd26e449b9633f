"""`python -m train.kws`: train a keyword model, from recordings to an int8 file.

Without arguments it trains on synthesized speech, which needs no data and no network.
It reports figures for development data; test speakers are left to train.test.
If it is stopped, run it again to resume.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

from train import RUNS
from train.cache import key_of, open_cache
from train.command import CommandParser, as_called, run_command
from train.data.corpus import Corpus, describe, label_names, read_corpus
from train.data.overview import as_tree, near_table, near_tree, word_table, words_like
from train.data.voices.near import Neighbourhood
from train.errors import ClusterError, CompilerError, ConfigError, DataError, TrackError
from train.fit.log import RunLog
from train.fit.run_folder import check_run_folder, claimed
from train.fit.teacher import read_teacher
from train.options import scale_options, settings_of, training_options
from train.pages.precision import worst_first
from train.settings import Settings, read_settings, to_tree
from train.settings.words import SILENCE
from train.spread.cluster import cluster_at
from train.spread.tracking import open_tracker
from train.spread.workers import helped_by


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    return run_command(
        lambda: _kws(options),
        (ConfigError, DataError, CompilerError, ClusterError, TrackError),
        "run the same command again to resume after the last finished epoch",
    )


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser(
        prog="python -m train.kws",
        description=__doc__,
        epilog="example: python -m train.kws --preset digits --data my-recordings "
        "--set model.family=tc_resnet --set recipe.epochs=10",
    )
    training_options(parser)
    scale_options(parser, "features are computed")
    parser.add_argument(
        "--run",
        type=Path,
        help="the run's folder: new, empty, or that of the run to resume (default: in build/runs)",
    )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="print the cost, clips per word and split, rejected clips, and words that sound like "
        "the keywords, without training",
    )
    parser.add_argument(
        "--json", action="store_true", help="with --dry-run: print this and all settings as JSON"
    )
    return parser


def _kws(options: argparse.Namespace) -> int:
    if options.json and not options.dry_run:
        raise ConfigError("--json: needs --dry-run; a run writes settings.json, metrics.json")
    settings = settings_of(options)
    run = options.run or _run_folder(options.preset, settings)
    check_run_folder(run, settings)
    tracker = open_tracker(options.mlflow)
    mine = nullcontext() if options.dry_run else claimed(run)
    with mine, cluster_at(options.scheduler) as cluster, helped_by(cluster):
        done = _run(settings, run, options)
    if tracker and not options.dry_run:
        print(tracker.track(run))
    return done


def _run_folder(preset: str, settings: Settings) -> Path:
    """One folder per preset and set of changes, so that no run overwrites another."""
    name = Path(preset).stem
    changed = settings != read_settings(preset, [])
    return RUNS / (f"{name}-{key_of(to_tree(settings))[:6]}" if changed else name)


def _run(settings: Settings, run: Path, options: argparse.Namespace) -> int:
    # TensorFlow takes seconds to import, so only after the settings have been checked
    from train.fit.recipe import fix_seeds
    from train.judge.session import train_and_judge
    from train.models.registry import cost, model_of, not_for_boards

    start = time.monotonic()
    fix_seeds(settings.seed)  # before the model's initial weights are drawn
    labels = label_names(settings.data)
    model = model_of(settings.model, settings.frontend.shape, len(labels))
    refused = not_for_boards(model, settings)
    spent = cost(model)
    summary = (
        f"{settings.model.family}: {spent.parameters:,} parameters, {spent.macs:,} MACs, "
        f"largest activations {spent.largest_pair:,} bytes in and out of a layer"
    )
    summary += f"\n{refused}" if refused else ""
    cache = open_cache()
    corpus = read_corpus(settings, cache)
    read_teacher(settings, corpus)  # reject an unsuitable teacher before the work starts
    if options.dry_run:
        found = {**asdict(spent), **({"refused": refused} if refused else {})}
        _preview(settings, corpus, summary, found, words_like(settings.data, cache), options.json)
        return 0
    log = RunLog(run)
    log.say(summary)
    log.say(describe(corpus, settings.data.words))
    _log_rejected(log, corpus)
    results = train_and_judge(settings, corpus, model, spent, cache, log, refused)
    seconds = time.monotonic() - start
    _say_results(log, results, seconds, refused, settings.data.held_out)
    return 0


def _preview(
    settings: Settings,
    corpus: Corpus,
    summary: str,
    spent: dict[str, Any],
    alike: Neighbourhood | None,
    as_json: bool,
) -> None:
    """The model that would be trained, its data, and words that sound like the keywords."""
    # silence is generated, so it has no clips
    labels = [label for label in label_names(settings.data) if label != SILENCE]
    if as_json:
        tree = {"settings": to_tree(settings), **as_tree(corpus, labels), "cost": spent}
        print(json.dumps({**tree, **(near_tree(alike) if alike else {})}, indent=2))
        return
    print(summary, word_table(corpus, labels), describe(corpus, settings.data.words), sep="\n")
    if alike and (table := near_table(alike)):
        print(table)
    print("nothing was trained; --json prints all settings and rejected clips")


def _log_rejected(log: RunLog, corpus: Corpus) -> None:
    for rejected in corpus.rejected:
        log.note(f"left out: {rejected.reason}")


def _say_results(
    log: RunLog, results: dict[str, Any], seconds: float, refused: str, held_out: str
) -> None:
    models, run = results["models"], log.path.parent
    shares = [f"{name} {100 * models[name]['accuracy']:.2f} %" for name in ("float", "int8")
              if name in models]  # fmt: skip
    if "sparsity" in results:
        shares[-1] += f"; {100 * results['sparsity']:.1f} % of the weights are zero"
    judged = models.get("int8") or models["float"]
    role = f"{judged['examples']:,} {results['judged_on']} windows"
    log.say(f"accuracy on {role}: {', '.join(shares)} ({seconds:.0f} s)")
    words = ", ".join(f"{word} {share}" for word, share in worst_first(judged))
    log.say(f"precision by word, lowest first, in %: {words}")
    log.say(f"next: open {run / 'report.html'} and listen to what was misrecognized;")
    if refused:
        log.say(f"{refused}; to use it as a teacher: --set recipe.teacher_run={run}")
    else:
        convert = as_called("python -m convert.to_tflm")
        log.say(f"then turn it into firmware: {convert} --run {run}")
    if not held_out:
        log.say(f"last, once every choice is made: {as_called('python -m train.test')} {run}")


if __name__ == "__main__":
    sys.exit(main())

"""`python -m train.kws`: trains a keyword model, from recordings to an int8 file.

Without arguments it trains on speech that it synthesizes; no data and no network are needed.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import time
from pathlib import Path
from typing import Any

from train.command import run_command
from train.data.clip import DataError
from train.dataset import Corpus, label_names, make_examples, read_corpus, standardized
from train.features.compiler import CompilerError
from train.features.config import ConfigError
from train.settings import PRESETS, Settings, read_settings, to_tree
from train.split import SPLITS


def main(arguments: list[str] | None = None) -> int:
    presets = ", ".join(sorted(path.stem for path in PRESETS.glob("*.yaml")))
    parser = argparse.ArgumentParser(prog="python -m train.kws", description=__doc__)
    parser.add_argument("--preset", default="synthetic", help=f"{presets}, or a .yaml file")
    parser.add_argument("--data", help="a folder with manifest.csv and recordings")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="PATH=VALUE",
        help="change one setting, such as recipe.epochs=10 (again for another)",
    )
    parser.add_argument("--run", type=Path, help="the run's folder (default: build/runs/PRESET)")
    parser.add_argument(
        "--dry-run", action="store_true", help="print settings, splits and cost; train nothing"
    )
    options = parser.parse_args(arguments)
    return run_command(
        lambda: _kws(options), (ConfigError, DataError, CompilerError), "the run was not finished"
    )


def _kws(options: argparse.Namespace) -> int:
    settings = read_settings(options.preset, options.set)
    if options.data:
        data = dataclasses.replace(settings.data, manifest=options.data)
        settings = dataclasses.replace(settings, data=data)
    run = options.run or Path("build/runs") / Path(options.preset).stem
    return _run(settings, run, options.dry_run)


def _run(settings: Settings, run: Path, dry: bool) -> int:
    # TensorFlow takes seconds to import: not before the settings are known to be good
    from train.models.registry import build_model, check_deployable, cost
    from train.recipe import fix_seeds

    start = time.monotonic()
    fix_seeds(settings.seed)  # before the model draws its first weights
    labels = label_names(settings)
    model = build_model(
        settings.model.family, settings.frontend.shape, len(labels), settings.model.budget
    )
    check_deployable(model)
    spent = cost(model)
    print(
        f"{settings.model.family}: {spent.parameters:,} parameters, {spent.macs:,} MACs, "
        f"largest layer {spent.largest_pair:,} bytes in and out"
    )
    corpus = read_corpus(settings)
    _print_corpus(corpus)
    if dry:
        print(json.dumps(to_tree(settings), indent=2))
        return 0
    results = _train(settings, corpus, model, run)
    print(
        f"test accuracy: float {100 * results['float']['accuracy']:.2f} %, "
        f"int8 {100 * results['int8']['accuracy']:.2f} % on {results['int8']['examples']:,} "
        f"windows; sparsity {100 * results['sparsity']:.1f} %"
    )
    print(f"the run is in {run} ({time.monotonic() - start:.0f} s); its int8 model is model.tflite")
    return 0


def _print_corpus(corpus: Corpus) -> None:
    for name in SPLITS:
        indices = corpus.of(name)
        speakers = len({corpus.clips[i].speaker for i in indices})
        print(f"{name:>11}: {len(indices):,} clips of {speakers:,} speakers")
    if corpus.rejected:
        print(f"{len(corpus.rejected):,} clips could not be used:")
        for rejected in corpus.rejected[:10]:
            print(f"  {rejected.reason}")


def _train(settings: Settings, corpus: Corpus, model: Any, run: Path) -> dict[str, Any]:
    import numpy as np

    from train import recipe
    from train.evaluate import Int8Model, metrics

    labels = label_names(settings)
    config = standardized(settings, corpus)
    sets = {name: make_examples(settings, corpus, config, name) for name in SPLITS}
    arrays = {
        name: recipe.to_arrays(examples, len(labels), config.scale)
        for name, examples in sets.items()
    }
    fit = (arrays["train"], arrays["validation"], settings.recipe)
    recipe.train_float(model, *fit)
    test = sets["test"]
    right = model.predict(arrays["test"][0], verbose=0).argmax(axis=1)
    results: dict[str, Any] = {"float": metrics(right, test.labels, labels, test.clips)}
    pruned = recipe.prune(model, *fit)
    quantized = recipe.quantize(pruned, *fit)
    content = recipe.to_tflite(quantized)
    int8 = Int8Model(content)
    scale, zero_point = int8.input_scale
    config = config.replace(scale=scale, zero_point=zero_point)
    test = make_examples(settings, corpus, config, "test")
    scores = int8.scores(test.features)
    results["int8"] = metrics(np.argmax(scores, axis=1), test.labels, labels, test.clips)
    results["sparsity"] = recipe.sparsity(pruned)
    _write(
        run, settings, corpus, content, {"labels": labels, "frontend": config.to_dict()}, results
    )
    return results


def _write(
    run: Path,
    settings: Settings,
    corpus: Corpus,
    content: bytes,
    described: dict[str, Any],
    results: dict[str, Any],
) -> None:
    """Everything needed to reproduce and convert it."""
    run.mkdir(parents=True, exist_ok=True)
    speakers = {c.speaker: s for c, s in zip(corpus.clips, corpus.splits, strict=True)}
    files = {
        "settings.json": to_tree(settings),
        "run.json": {**described, "seed": settings.seed, "data": corpus.fingerprint},
        "split.json": dict(sorted(speakers.items())),
        "metrics.json": results,
    }
    for name, tree in files.items():
        (run / name).write_text(json.dumps(tree, indent=2) + "\n")
    (run / "model.tflite").write_bytes(content)


if __name__ == "__main__":
    sys.exit(main())

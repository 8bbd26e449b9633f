"""`python -m train.crossval`: one run per fold, judged on speakers that it was not trained on.

`--by fsdd` leaves out one speaker of that source at a time and trains on everything else;
`--by sources` leaves out one source of recordings at a time, but never synthesized voices;
`--by 5` splits all speakers into five folds; `--by folds` uses the folds that a source defines,
such as those of ESC-50.
If it is stopped, run the same command again to resume.

Reports the mean, the standard deviation over the folds, and the 95 % interval of the mean
(Student's t, which assumes independent folds although they share most of their training data).
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from train.cache import write_whole
from train.command import CommandParser, run_command
from train.data.corpus import how_of, list_entries
from train.data.split import own_folds, split
from train.errors import ClusterError, ConfigError, DataError, JobError, TrackError
from train.judge.statistics import interval_of_mean
from train.options import scale_options, settings_of, training_options
from train.pages.markdown import markdown, write_section
from train.settings import Settings
from train.tune.jobs import Job, finish

PAGE = Path("docs/accuracy.md")
INTERVAL = "95 % interval (t) of mean"


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    return run_command(
        lambda: _crossval(options),
        (ConfigError, DataError, JobError, ClusterError, TrackError),
        "run the same command again to resume",
    )


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = CommandParser(
        prog="python -m train.crossval",
        description=__doc__,
        epilog="example: python -m train.crossval --by 5 --preset digits --data my-recordings",
    )
    training_options(parser)
    scale_options(parser, "folds are trained")
    parser.add_argument(
        "--by",
        required=True,
        help="source whose speakers are left out in turn, `sources`, `folds` or a number of folds",
    )
    parser.add_argument(
        "--runs", type=Path, help="the folder of the runs (default: build/runs/PRESET-by-BY)"
    )
    parser.add_argument(
        "--write", action="store_true", help=f"also write the table to the section for BY of {PAGE}"
    )
    return parser.parse_args(arguments)


def _crossval(options: argparse.Namespace) -> int:
    settings = settings_of(options)
    words = settings.data.words
    folds = folds_of(options)
    _check_splits(settings, folds)
    runs = options.runs or Path("build/runs") / f"{Path(options.preset).stem}-by-{options.by}"
    jobs = [Job(fold, "train.kws", _without(settings, fold), runs / _name(fold)) for fold in folds]
    finish(jobs, options.scheduler, options.mlflow, "folds")
    found = {
        fold: json.loads((runs / _name(fold) / "metrics.json").read_text())["models"]
        for fold in folds
    }
    write_whole(
        runs / "crossval.json", (json.dumps(summary(found, words), indent=2) + "\n").encode()
    )
    print(table(found, words))
    if options.write:
        write_section(
            PAGE,
            f"crossval-{options.by}",
            page_section(options, found, words, settings.seed),
            f"one run per fold, in {runs.name}",
        )
    return 0


def page_section(
    options: argparse.Namespace, found: dict[str, Any], words: Sequence[str], seed: int
) -> str:
    """The command and its results, as text."""
    result, models = summary(found, words), _models(found)
    changes = [f"--set {change}" for change in options.set]
    command = ["python -m train.crossval", f"--by {options.by}", f"--preset {options.preset}"]
    command += ["--data FOLDER"] * bool(options.data) + changes
    rows = [["left out", *models, "windows"]]
    for fold, values in result["folds"].items():
        counts = [_judged(found[fold])["by_label"][word]["examples"] for word in words]
        rows.append([fold, *(f"{100 * v:.1f}" for v in values.values()), f"{sum(counts):,}"])
    rows += [[f"**{name}**", *texts, ""] for name, texts in _spread(result, 1)]
    known = [f"{w} {100 * v:.1f}" for w, v in result["by_word"].items() if v is not None]
    return "\n\n".join(
        [
            f"`{' '.join(command)}`, seed {seed}:",
            markdown(rows),
            f"By word ({models[-1]}): {', '.join(known)}.",
        ]
    )


def folds_of(options: argparse.Namespace) -> list[str]:
    if options.by.isdigit():
        if int(options.by) < 2:
            raise DataError(f"--by {options.by}: give at least 2 folds, such as --by 5")
        return [f"{number}/{options.by}" for number in range(1, int(options.by) + 1)]
    entries = [e for e in list_entries(settings_of(options)) if e.kind == "digits"]
    sources = sorted({entry.source for entry in entries})
    if options.by == "sources":
        if not (recorded := sorted({e.source for e in entries if e.voice is None})):
            raise DataError("--by sources: all speech is synthesized; give recordings with --data")
        return recorded
    if options.by == "folds":
        if not (folds := own_folds(entries)):
            raise DataError(f"--by folds: {', '.join(sources)} has no folds; give --by 5")
        return folds
    if options.by not in sources:
        raise DataError(
            f"--by {options.by}: not one of {', '.join(sources)}, sources, folds, or a number"
        )
    return sorted({entry.speaker for entry in entries if entry.source == options.by})


def _check_splits(settings: Settings, folds: Sequence[str]) -> None:
    """Reports an empty split in any fold before training starts."""
    entries = [entry for entry in list_entries(settings) if entry.kind != "noise"]
    for fold in folds:
        split(entries, how_of(_without(settings, fold)))


def _name(fold: str) -> str:
    return "".join(c if c.isalnum() or c in "-_." else "-" for c in fold)


def _without(settings: Settings, fold: str) -> Settings:
    return dataclasses.replace(settings, data=dataclasses.replace(settings.data, held_out=fold))


def summary(found: dict[str, Any], words: Sequence[str]) -> dict[str, Any]:
    """Over the folds, for words only: mean, standard deviation, 95 % interval of the mean and
    minimum; and the mean per word. A single fold has neither deviation nor interval."""
    folds = {
        fold: {name: words_right(model, words) for name, model in models.items()}
        for fold, models in found.items()
    }
    shares = {name: [fold[name] for fold in folds.values()] for name in _models(found)}
    return {
        "folds": folds,
        "mean": {name: statistics.fmean(values) for name, values in shares.items()},
        "deviation": {
            name: statistics.stdev(values) if len(values) > 1 else None
            for name, values in shares.items()
        },
        "interval": {name: _interval(values) for name, values in shares.items()},
        "minimum": {name: min(values) for name, values in shares.items()},
        "by_word": {
            word: statistics.fmean(_recalls(found, word)) if _recalls(found, word) else None
            for word in words
        },
    }


def _interval(shares: Sequence[float]) -> list[float] | None:
    """Clipped to the range of shares."""
    found = interval_of_mean(shares)
    return [max(0.0, found[0]), min(1.0, found[1])] if found else None


def _spread(result: dict[str, Any], digits: int) -> list[tuple[str, list[str]]]:
    """The rows below the folds: a name, and a text per model."""

    def text(share: float | None) -> str:
        return "" if share is None else f"{100 * share:.{digits}f}"

    rows = [("mean", [text(share) for share in result["mean"].values()])]
    if any(result["interval"].values()):
        ends = result["interval"].values()
        rows += [
            ("± deviation", [text(share) for share in result["deviation"].values()]),
            (INTERVAL, [f"{text(low)} to {text(high)}" for low, high in ends]),
        ]
    return [*rows, ("minimum", [text(share) for share in result["minimum"].values()])]


def words_right(model: dict[str, Any], words: Sequence[str]) -> float:
    """The share of words that were recognized; unknown or silence counts as wrong."""
    labels = [model["by_label"][word] for word in words]
    total = sum(label["examples"] for label in labels)
    return float(sum(label["recall"] * label["examples"] for label in labels) / max(1, total))


def _models(found: dict[str, Any]) -> list[str]:
    return list(next(iter(found.values())))


def _judged(models: dict[str, Any]) -> dict[str, Any]:
    judged: dict[str, Any] = models.get("int8") or models["float"]
    return judged


def _recalls(found: dict[str, Any], word: str) -> list[float]:
    """For the int8 file (or the float model if there is none), per fold that has the word."""
    labels = [_judged(models)["by_label"][word] for models in found.values()]
    return [label["recall"] for label in labels if label["examples"]]


def table(found: dict[str, Any], words: Sequence[str]) -> str:
    """Words recognized, by fold and by word, in percent."""
    result = summary(found, words)
    rows = [
        (fold, [f"{100 * v:.2f}" for v in values.values()])
        for fold, values in result["folds"].items()
    ]
    rows += _spread(result, 2)
    lines = [f"{'words right, %':<26}" + "".join(f"{name:>16}" for name in _models(found))]
    lines += [f"{name:<26}" + "".join(f"{text:>16}" for text in texts) for name, texts in rows]
    known = [(w, v) for w, v in result["by_word"].items() if v is not None]
    lines.append(
        f"{_models(found)[-1]} by word: " + ", ".join(f"{word} {100 * v:.1f}" for word, v in known)
    )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())

"""`python -m train.crossval`: one run for each fold, tested on voices that the run never heard.

`--by fsdd` leaves out one speaker of that source at a time, everything else is in training;
`--by sources` leaves out one source at a time; `--by 5` makes five folds of all speakers;
`--by folds` takes those that a source came with, as ESC-50.
Stopped at any time, the same command goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from train.cache import write_whole
from train.command import run_command
from train.corpus import list_entries
from train.data.clip import DataError
from train.features.config import ConfigError
from train.kws import settings_of, training_options
from train.page import markdown, write_section
from train.split import own_folds

PAGE = Path("docs/accuracy.md")


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    return run_command(
        lambda: _crossval(options),
        (ConfigError, DataError, subprocess.CalledProcessError),
        "the same command goes on where it was",
    )


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m train.crossval",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    training_options(parser)
    parser.add_argument(
        "--by",
        required=True,
        help="a source whose speakers are left out in turn, `sources`, `folds`, or how many folds",
    )
    parser.add_argument(
        "--runs", type=Path, help="the folder of the runs (default: build/runs/PRESET-by-BY)"
    )
    parser.add_argument(
        "--write", action="store_true", help=f"the table into {PAGE}, too, at the place of BY"
    )
    return parser.parse_args(arguments)


def _crossval(options: argparse.Namespace) -> int:
    settings = settings_of(options)
    words = settings.data.words
    folds = _folds(options)
    runs = options.runs or Path("build/runs") / f"{Path(options.preset).stem}-by-{options.by}"
    for number, fold in enumerate(folds, start=1):
        print(f"--- {fold} ({number} of {len(folds)})", flush=True)
        # a process each: TensorFlow gives no memory back
        subprocess.run(_command(options, fold, runs / _name(fold)), check=True)
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
            PAGE, f"crossval-{options.by}", page_section(options, found, words, settings.seed)
        )
    return 0


def page_section(
    options: argparse.Namespace, found: dict[str, Any], words: Sequence[str], seed: int
) -> str:
    """The command, and what it found, for people."""
    result, models = summary(found, words), _models(found)
    changes = [f"--set {change}" for change in options.set]
    command = ["python -m train.crossval", f"--by {options.by}", f"--preset {options.preset}"]
    command += ["--data FOLDER"] * bool(options.data) + changes
    rows = [["left out", *models, "windows"]]
    for fold, values in result["folds"].items():
        counts = [_judged(found[fold])["by_label"][word]["examples"] for word in words]
        rows.append([fold, *(f"{100 * v:.1f}" for v in values.values()), f"{sum(counts):,}"])
    for name in ("mean", "minimum"):
        rows.append([f"**{name}**", *(f"{100 * v:.1f}" for v in result[name].values()), ""])
    known = [f"{w} {100 * v:.1f}" for w, v in result["by_word"].items() if v is not None]
    return "\n\n".join(
        [
            f"`{' '.join(command)}`, seed {seed}:",
            markdown(rows),
            f"By word ({models[-1]}): {', '.join(known)}.",
        ]
    )


def _folds(options: argparse.Namespace) -> list[str]:
    if options.by.isdigit():
        return [f"{number}/{options.by}" for number in range(1, int(options.by) + 1)]
    entries = [e for e in list_entries(settings_of(options)) if e.kind == "digits"]
    sources = sorted({entry.source for entry in entries})
    if options.by == "sources":
        return sources
    if options.by == "folds":
        if not (folds := own_folds(entries)):
            raise DataError(f"--by folds: {', '.join(sources)} came without folds; give --by 5")
        return folds
    if options.by not in sources:
        raise DataError(
            f"--by {options.by}: not one of {', '.join(sources)}, sources, folds, or a number"
        )
    return sorted({entry.speaker for entry in entries if entry.source == options.by})


def _name(fold: str) -> str:
    return "".join(c if c.isalnum() or c in "-_." else "-" for c in fold)


def _command(options: argparse.Namespace, fold: str, run: Path) -> list[str]:
    command = [sys.executable, "-m", "train.kws", "--preset", options.preset, "--run", str(run)]
    if options.data:
        command += ["--data", options.data]
    for change in [*options.set, f"data.held_out={fold}"]:
        command += ["--set", change]
    return command


def summary(found: dict[str, Any], words: Sequence[str]) -> dict[str, Any]:
    """Mean and minimum over the folds, of the words alone, and the mean of each word."""
    folds = {
        fold: {name: words_right(model, words) for name, model in models.items()}
        for fold, models in found.items()
    }
    return {
        "folds": folds,
        "mean": {
            name: statistics.fmean(f[name] for f in folds.values()) for name in _models(found)
        },
        "minimum": {name: min(f[name] for f in folds.values()) for name in _models(found)},
        "by_word": {
            word: statistics.fmean(_recalls(found, word)) if _recalls(found, word) else None
            for word in words
        },
    }


def words_right(model: dict[str, Any], words: Sequence[str]) -> float:
    """The share of words that were heard as what they are: unknown or silence is wrong, too."""
    labels = [model["by_label"][word] for word in words]
    total = sum(label["examples"] for label in labels)
    return float(sum(label["recall"] * label["examples"] for label in labels) / max(1, total))


def _models(found: dict[str, Any]) -> list[str]:
    return list(next(iter(found.values())))


def _judged(models: dict[str, Any]) -> dict[str, Any]:
    judged: dict[str, Any] = models.get("int8") or models["float"]
    return judged


def _recalls(found: dict[str, Any], word: str) -> list[float]:
    """Of the int8 file, or of floats where there is none, in each fold that has the word."""
    labels = [_judged(models)["by_label"][word] for models in found.values()]
    return [label["recall"] for label in labels if label["examples"]]


def table(found: dict[str, Any], words: Sequence[str]) -> str:
    """Words heard right, by fold and by word, in percent."""
    result = summary(found, words)
    rows: list[tuple[str, Sequence[float]]] = [
        (fold, list(values.values())) for fold, values in result["folds"].items()
    ]
    rows += [(name, list(result[name].values())) for name in ("mean", "minimum")]
    lines = [f"{'words right, %':<24}" + "".join(f"{name:>11}" for name in _models(found))]
    lines += [f"{name:<24}" + "".join(f"{100 * v:>11.2f}" for v in values) for name, values in rows]
    known = [(w, v) for w, v in result["by_word"].items() if v is not None]
    lines.append(
        f"{_models(found)[-1]} by word: " + ", ".join(f"{word} {100 * v:.1f}" for word, v in known)
    )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())

"""`python -m train.study`: measure what each choice contributes, by omitting or changing it.

A study is a YAML file: a preset, changes for all of its runs, and tries, each with its own changes.
Each try is trained and judged like any run. The unchanged settings are trained with several seeds,
whose spread shows the effect of chance. If it is stopped, run the same command again to resume.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from train import PROJECT
from train.command import CommandParser, run_command
from train.compare import cost_of
from train.crossval import words_right
from train.errors import ClusterError, ConfigError, DataError, JobError, TrackError
from train.fit.runs import FLOAT, Tree, read_run
from train.fit.runs import Run as Finished
from train.options import scale_options, settings_with
from train.pages.markdown import markdown, write_section
from train.settings import build, read_settings
from train.tune.jobs import Job, finish

STUDIES = PROJECT / "train" / "tune" / "studies"
PAGE = Path("docs/results.md")
BASE = "as it is"


@dataclass(frozen=True, kw_only=True)
class Try:
    name: str
    set: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Study:
    preset: str = "digits"
    set: tuple[str, ...] = ()
    tries: tuple[Try, ...] = ()
    seeds: int = 1
    base_seeds: int = 3
    name: str = ""


@dataclass(frozen=True)
class Run:
    """One training: a try with a seed."""

    name: str
    changes: tuple[str, ...]
    folder: Path


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    return run_command(
        lambda: _study(options),
        (ConfigError, DataError, JobError, ClusterError, TrackError),
        "run the same command again to resume",
    )


def _parser() -> argparse.ArgumentParser:
    names = ", ".join(sorted(path.stem for path in STUDIES.glob("*.yaml")))
    parser = CommandParser(
        prog="python -m train.study",
        description=__doc__,
        epilog="example: python -m train.study unseen --data my-recordings --write",
    )
    parser.add_argument("study", help=f"{names}, or a .yaml file")
    parser.add_argument("--data", help="a folder of recordings, as for train.kws")
    scale_options(parser, "runs are trained")
    parser.add_argument(
        "--runs", type=Path, help="the folder of the runs (default: build/runs/study-NAME)"
    )
    parser.add_argument("--write", action="store_true", help=f"also write the table to {PAGE}")
    return parser


def _study(options: argparse.Namespace) -> int:
    study = read_study(options.study)
    planned = list(runs_of(study, options.runs or Path("build/runs") / f"study-{study.name}"))
    # check all tries first: an error in the last line must not appear hours later
    jobs = [
        Job(
            run.folder.name,
            "train.kws",
            settings_with(study.preset, run.changes, options.data),
            run.folder,
        )
        for run in planned
    ]
    finish(jobs, options.scheduler, options.mlflow, "runs")
    text = table(study, planned)
    print(text)
    if options.write:
        data = " --data FOLDER" if options.data else ""
        command = f"`python -m train.study {study.name}{data} --write`:"
        write_section(PAGE, f"study-{study.name}", f"{command}\n\n{text}", f"{len(planned)} runs")
    return 0


def read_study(name: str) -> Study:
    path = Path(name) if name.endswith(".yaml") else STUDIES / f"{name}.yaml"
    try:
        tree = yaml.safe_load(path.read_text())
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        names = ", ".join(sorted(p.stem for p in STUDIES.glob("*.yaml")))
        raise ConfigError(
            f"{name}: is not a valid study ({error}); choose one of {names}"
        ) from error
    if not isinstance(tree, dict) or not isinstance(tree.get("tries"), list):
        raise ConfigError(f"{path}: expected a preset and a list of tries")
    tries = [build(Try, one, f"tries[{i}]") for i, one in enumerate(tree.pop("tries"))]
    study: Study = build(Study, {**tree, "name": path.stem}, "")
    if study.seeds < 1 or study.base_seeds < 1:
        raise ConfigError(f"{path}: seeds, base_seeds: give at least 1")
    return replace(study, tries=tuple(tries))


def runs_of(study: Study, folder: Path) -> Iterator[Run]:
    for number, one in enumerate((Try(name=BASE), *study.tries)):
        for seed in range(study.seeds if number else study.base_seeds):
            changes = (*study.set, *one.set, f"seed={seed}")
            yield Run(one.name, changes, folder / f"{_file_name(one.name)}-{seed}")


def _file_name(name: str) -> str:
    return "-".join("".join(c if c.isalnum() or c == "_" else " " for c in name).split())


def table(study: Study, runs: Sequence[Run]) -> str:
    """Words recognized, and the difference of each try from the unchanged settings."""
    found: dict[str, list[Finished]] = {}
    for run in runs:
        found.setdefault(run.name, []).append(read_run(run.folder))
    words = read_settings(study.preset, study.set).data.words
    base = statistics.fmean(_right([one.results for one in found[BASE]], words))
    rows = [["", "runs", "parameters", "MACs", "float", "int8", "from as it is", "at 10 dB"]]
    for name, tried in found.items():
        judged, cost = _right([one.results for one in tried], words), cost_of(tried[0])
        floats = _right([one.metrics["models"][FLOAT] for one in tried], words)
        rows.append(
            [
                name,
                str(len(tried)),
                f"{cost.parameters:,}",
                f"{cost.macs:,}",
                _spread(floats),
                "" if tried[0].judged == FLOAT else _spread(judged),
                "" if name == BASE else f"{statistics.fmean(judged) - base:+.1f}",
                _spread([100 * one.results["by_snr"]["10"] for one in tried]),
            ]
        )
    shared = ", ".join(study.set) or "none"
    return (
        f"Preset `{study.preset}` with {shared}. Words recognized, in percent; ± is the standard "
        "deviation over seeds; at 10 dB: of all development clips, in noise.\n\n"
        f"{markdown(rows)}"
    )


def _right(models: Sequence[Tree], words: Sequence[str]) -> list[float]:
    """One value of a model's metrics per run."""
    return [100 * words_right(model, words) for model in models]


def _spread(values: Sequence[float]) -> str:
    mean = f"{statistics.fmean(values):.1f}"
    return mean if len(values) == 1 else f"{mean} ± {statistics.stdev(values):.1f}"


if __name__ == "__main__":
    sys.exit(main())

"""`python -m train.search`: try settings and architectures within budgets, and report the best.

A trial is a short training, judged on validation speakers; test speakers are never looked at. A
model over a budget is rejected before training, at no cost. Trials are chosen by Optuna (TPE) from
a space of settings, a few at a time, so that the same seed gives the same trials on one computer
and on a cluster. Settings given with --set are not searched. If the search is stopped, run the
same command again to resume it; --trials may be larger then.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from train.cache import open_cache, write_whole
from train.command import CommandParser, run_command
from train.data.corpus import Corpus, describe, label_names, read_corpus
from train.errors import ClusterError, CompilerError, ConfigError, DataError, JobError, TrackError
from train.options import scale_options, settings_of, training_options
from train.pages.html import number
from train.settings import Settings, to_tree
from train.spread.cluster import Cluster, cluster_at
from train.spread.tracking import Tracker, open_tracker
from train.tune.jobs import Job, run_jobs
from train.tune.page import write_search_page
from train.tune.proposals import Told, check_installed, propose
from train.tune.space import (
    SPACES,
    Changes,
    Space,
    changed,
    preset_of,
    read_space,
    shortened,
    without,
)
from train.tune.trial import read_trial, trial_identity
from train.tune.trials import Budgets, Trial, best_of

SHORT = 4  # by default a trial runs for 1/SHORT of the preset's epochs
FEWEST_CLIPS, FEWEST_SPEAKERS = 200, 5  # smallest validation split that can rank trials
NAMED = 12  # characters of a trial's identity in its folder name


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    return run_command(
        lambda: _search(options),
        (ConfigError, DataError, CompilerError, JobError, ClusterError, TrackError),
        "run the same command again to resume",
    )


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = CommandParser(
        prog="python -m train.search",
        description=__doc__,
        epilog="example: python -m train.search --preset digits --data my-recordings --trials 40 "
        "--parameters 40000 --macs 3000000 --ram 20000",
    )
    training_options(parser)
    scale_options(parser, "trials are trained")
    add = parser.add_argument
    add("--trials", type=_count, default=20,
        help="total number of trials, including those over budget (default: 20)")  # fmt: skip
    add("--parameters", type=_count, help="budget: fewer parameters than this")
    add("--macs", type=_count, help="budget: at most this many multiplications per window")
    add("--ram", type=_count,
        help="budget: at most this many bytes for the input and output of any one layer, the "
        "minimum that an engine needs")  # fmt: skip
    add("--space", type=Path, default=SPACES / "default.yaml",
        help="a .yaml file of settings, each with a list of choices or {low, high, log, step} "
        "(default: train/tune/spaces/default.yaml, also an example)")  # fmt: skip
    add("--epochs", type=_count,
        help=f"float epochs per trial (default: 1/{SHORT} of the preset's)")  # fmt: skip
    add("--batch", type=_count, default=4,
        help="number of trials chosen together, before any of them is judged; on a cluster, at "
        "least the number of its workers (default: 4)")  # fmt: skip
    add("--folder", type=Path, help="folder for all results (default: build/search/PRESET)")
    return parser.parse_args(arguments)


def _count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text}: expected a whole number above 0")
    return int(text)


def _search(options: argparse.Namespace) -> int:
    check_installed()
    settings = settings_of(options)
    whole = read_space(options.space, settings)
    space = without(whole, options.set)
    if given := [key for key in whole if key not in space]:
        print(f"given by --set, so not searched: {', '.join(given)}")
    epochs = options.epochs or max(1, settings.recipe.epochs // SHORT)
    folder = options.folder or Path("build/search") / Path(options.preset).stem
    budgets = Budgets(options.parameters, options.macs, options.ram)
    tracker = open_tracker(options.mlflow)
    corpus = read_corpus(settings, open_cache())
    print(describe(corpus, settings.data.words))
    warning = too_small(corpus)
    if warning:
        print(f"warning: {warning}", file=sys.stderr)
    search = _Search(settings, space, budgets, epochs, folder, corpus.fingerprint, warning)
    with cluster_at(options.scheduler) as cluster:
        trials: list[Trial] = []
        while len(trials) < options.trials:
            count = min(options.batch, options.trials - len(trials))
            trials += search.batch(trials, count, options.trials, cluster, tracker)
            _write(search, trials, options)
    return _say_best(search, trials)


def too_small(corpus: Corpus) -> str:
    """Why validation is too small to rank trials; empty if it is not."""
    chosen = corpus.of("validation")
    clips, speakers = len(chosen), len({corpus.entries[i].speaker for i in chosen})
    if clips >= FEWEST_CLIPS and speakers >= FEWEST_SPEAKERS:
        return ""
    return (
        f"validation has only {number(clips)} clip{'s' * (clips != 1)} of {number(speakers)} "
        f"speaker{'s' * (speakers != 1)}, so chance decides which trial is best; use at least "
        f"{FEWEST_CLIPS} clips of {FEWEST_SPEAKERS} speakers: raise data.validation, or give more "
        "recordings"
    )


@dataclass(frozen=True)
class _Search:
    """What all trials share."""

    settings: Settings
    space: Space
    budgets: Budgets
    epochs: int  # epochs per trial
    folder: Path
    fingerprint: str  # fingerprint of the data
    warning: str = ""  # if validation is too small to rank trials

    def batch(
        self,
        known: Sequence[Trial],
        count: int,
        total: int,
        cluster: Cluster | None,
        tracker: Tracker | None,
    ) -> list[Trial]:
        """The next trials, all chosen from the results so far and reported in order."""
        told = [Told(trial.proposed, trial.accuracy) for trial in known]
        numbers = range(len(known), len(known) + count)
        proposed = [propose(self.space, told, n, self.settings.seed) for n in numbers]
        trials = [self._trial(n, p) for n, p in zip(numbers, proposed, strict=True)]
        # by folder: two trials may have the same settings
        jobs = {
            trial.folder: Job(
                f"trial {trial.number + 1} of {total}: {trial.about}", "train.tune.trial",
                shortened(self.of(trial.changes), self.epochs), trial.folder,
            )
            for trial in trials
            if not trial.refused and not self._found(trial)
        }  # fmt: skip
        for job in run_jobs(list(jobs.values()), cluster, "trials"):
            if tracker:
                print(tracker.track(job.folder))
        trials = [trial.with_result(self._found(trial)) for trial in trials]
        for trial in trials:
            print(f"trial {trial.number + 1} of {total}: {trial.about}: {trial.outcome}")
        return trials

    def of(self, changes: Changes) -> Settings:
        return changed(self.settings, changes)

    def _trial(self, number: int, proposed: Changes) -> Trial:
        """Its cost, and whether it is within the budgets, before training."""
        from train.models.registry import cost, model_of

        settings = self.of(proposed)
        identity = trial_identity(shortened(settings, self.epochs), self.fingerprint)
        folder = self.folder / "trials" / identity[:NAMED]
        changes = {key: _value(settings, key) for key in proposed}
        labels, model = len(label_names(settings.data)), settings.model
        try:
            spent = cost(model_of(model, settings.frontend.shape, labels))
        except ConfigError as error:
            return Trial(number, proposed, changes, folder, None, str(error))
        return Trial(number, proposed, changes, folder, spent, self.budgets.excess(spent))

    def _found(self, trial: Trial) -> dict[str, object] | None:
        settings = shortened(self.of(trial.changes), self.epochs)
        return read_trial(trial.folder, trial_identity(settings, self.fingerprint))


def _value(settings: Settings, key: str) -> object:
    value: object = settings
    for name in key.split("."):
        value = getattr(value, name)
    return value


def _write(search: _Search, trials: Sequence[Trial], options: argparse.Namespace) -> None:
    """Writes the results after each batch, so that a stopped search keeps them."""
    folder, best = search.folder, best_of(trials)
    tree = {
        "settings": to_tree(search.settings),
        "space": {key: vars(dimension) for key, dimension in search.space.items()},
        "budgets": vars(search.budgets),
        "epochs": search.epochs,
        "batch": options.batch,
        "data": search.fingerprint,
        "best": best.number + 1 if best else None,
        "trials": [trial.tree for trial in trials],
    }
    write_whole(folder / "search.json", (json.dumps(tree, indent=2) + "\n").encode())
    if best:
        preset = yaml.safe_dump(preset_of(search.of(best.changes)), sort_keys=False)
        about = f"# trial {best.number + 1} of train.search: {best.outcome}\n"
        write_whole(folder / "best.yaml", (about + preset).encode())
    page, command = folder / "search.html", _command(folder)
    write_search_page(page, search.budgets, trials, command, search.warning)


def _command(folder: Path) -> str:
    return f"python -m train.kws --preset {shlex.quote(str(folder / 'best.yaml'))}"


def _say_best(search: _Search, trials: Sequence[Trial]) -> int:
    best = best_of(trials)
    if not best:
        raise ConfigError(
            f"none of {len(trials)} trials is within the budgets; raise them, or give a "
            "--space with smaller models"
        )
    refused = sum(bool(trial.refused) for trial in trials)
    print(f"{len(trials)} trials, {refused} of them not trained; all of them: "
          f"{search.folder / 'search.html'}")  # fmt: skip
    print(f"best: trial {best.number + 1}, {best.about}: {best.outcome}")
    if search.warning:
        print(f"warning: {search.warning}", file=sys.stderr)
    for key, value in best.changes.items():
        print(f"  {key}: {value}")
    print(f"to train it in full: {_command(search.folder)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

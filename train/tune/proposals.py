"""Proposes what to try next from the results so far: Optuna's TPE, as a stateless function.

Each proposal depends only on the seed, its number and the results it was given, so a search that is
resumed proposes the same, and so does one whose trials finish in a different order.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from train.cache import key_of
from train.errors import ConfigError
from train.tune.space import Changes, Choice, Range, Space

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution


@dataclass(frozen=True)
class Told:
    """The result of a proposal: its accuracy, or None if it was over a budget."""

    changes: Changes
    accuracy: float | None


def propose(space: Space, told: Sequence[Told], number: int, seed: int) -> Changes:
    import optuna

    distributions = {key: _distribution(dimension) for key, dimension in space.items()}
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about choices that are lists, for example
        sampler = optuna.samplers.TPESampler(seed=int(key_of(seed, number)[:8], 16))
        study = optuna.create_study(direction="maximize", sampler=sampler)
        states = optuna.trial.TrialState
        study.add_trials([
            optuna.trial.create_trial(
                state=states.PRUNED if one.accuracy is None else states.COMPLETE,
                value=one.accuracy, params=one.changes, distributions=distributions,
            )
            for one in told
        ])  # fmt: skip
        return dict(study.ask(distributions).params)


def check_installed() -> None:
    try:
        import optuna  # noqa: F401
    except ImportError as error:
        raise ConfigError(
            f"train.search needs Optuna; run: {sys.executable} -m pip install 'optuna>=5'"
        ) from error


def _distribution(dimension: Choice | Range) -> BaseDistribution:
    from optuna import distributions

    if isinstance(dimension, Choice):
        return distributions.CategoricalDistribution(dimension.values)
    low, high, log, step = dimension.low, dimension.high, dimension.log, dimension.step
    if dimension.whole:
        whole: Any = distributions.IntDistribution(int(low), int(high), log, int(step or 1))
        return whole
    return distributions.FloatDistribution(low, high, log, step)

"""What a search may change: settings by path, each with choices or a range."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from train.errors import ConfigError
from train.settings import Settings, build, put, to_tree

SPACES = Path(__file__).with_name("spaces")
PARTS = ("model", "recipe", "augmentation", "frontend")  # other settings would change validation
# a trial ends after the float stage, and the search sets its length
NOT_IN_TRIALS = ("epochs", "sparsity", "structure", "prune_epochs", "quantize_epochs")
DIGITS = 4  # significant digits of numbers in settings, which people read


@dataclass(frozen=True)
class Choice:
    values: tuple[Any, ...]

    @property
    def ends(self) -> tuple[Any, ...]:
        return self.values


@dataclass(frozen=True)
class Range:
    """Whether values are whole numbers: if both ends are."""

    low: float
    high: float
    log: bool = False
    step: float | None = None

    @property
    def ends(self) -> tuple[Any, ...]:
        return self.low, self.high

    @property
    def whole(self) -> bool:
        return isinstance(self.low, int) and isinstance(self.high, int)


Space = dict[str, Choice | Range]
Changes = dict[str, Any]


def read_space(path: Path, settings: Settings) -> Space:
    """Reads a space; all ends are checked as settings, and a ConfigError says what is wrong."""
    try:
        tree = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read ({str(error).splitlines()[0]})") from error
    if not isinstance(tree, Mapping) or not tree:
        raise ConfigError(f"{path}: expected settings and their choices, see {SPACES.name}/")
    space = {str(key): _dimension(f"{path}: {key}", value) for key, value in tree.items()}
    for key, dimension in space.items():
        part, _, rest = key.partition(".")
        if part not in PARTS or (part == "recipe" and rest in NOT_IN_TRIALS):
            raise ConfigError(
                f"{path}: {key} cannot be searched; a trial is a float training of settings in "
                f"{', '.join(PARTS)}, without recipe.{', recipe.'.join(NOT_IN_TRIALS)}"
            )
        for value in dimension.ends:
            changed(settings, {key: value})
    return space


def without(space: Space, given: Sequence[str]) -> Space:
    """A space without the settings that the user gave with --set, which take precedence."""
    keys = [change.partition("=")[0] for change in given]
    left = {
        name: dimension
        for name, dimension in space.items()
        if not any(name == key or name.startswith(f"{key}.") for key in keys)
    }
    if not left:
        raise ConfigError(
            f"nothing is left to search: --set gives {', '.join(space)}; omit one of them, or "
            "give another --space"
        )
    return left


def _dimension(where: str, value: Any) -> Choice | Range:
    if isinstance(value, list) and value and all(isinstance(v, str | int | float) for v in value):
        return Choice(tuple(value))
    try:
        found = Range(**value)
    except TypeError:
        raise ConfigError(
            f"{where}: expected a list, or low and high, and log or step, got {value!r:.60}"
        ) from None
    numbers = [found.low, found.high, *([found.step] if found.step is not None else [])]
    if not all(isinstance(n, int | float) and not isinstance(n, bool) for n in numbers):
        raise ConfigError(f"{where}: expected numbers, got {value!r:.60}")
    if found.low >= found.high or (found.log and (found.low <= 0 or found.step is not None)):
        raise ConfigError(
            f"{where}: expected low below high, and with log: true low above 0 and no step"
        )
    return found


def changed(settings: Settings, changes: Changes) -> Settings:
    tree = copy.deepcopy(to_tree(settings))
    for key, value in changes.items():
        rounded = float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value
        put(tree, key, rounded)
    result: Settings = build(Settings, tree, "")
    return result


def preset_of(settings: Settings) -> dict[str, Any]:
    """The settings that differ from the defaults, in the form of a preset."""
    return differences(to_tree(settings), to_tree(Settings()))


def differences(tree: Mapping[str, Any], default: Mapping[str, Any]) -> dict[str, Any]:
    """The part of `tree` that differs from `default`."""
    found: dict[str, Any] = {}
    for key, value in tree.items():
        if isinstance(value, Mapping):
            if inner := differences(value, default[key]):
                found[key] = inner
        elif value != default[key]:
            found[key] = list(value) if isinstance(value, tuple) else value
    return found


def shortened(settings: Settings, epochs: int) -> Settings:
    return dataclasses.replace(settings, recipe=dataclasses.replace(settings.recipe, epochs=epochs))

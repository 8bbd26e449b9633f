"""A run's folder: used by one training at a time, and never a folder with other contents."""

from __future__ import annotations

import contextlib
import fcntl
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from train.errors import ConfigError, DataError
from train.fit.run_files import OUTCOMES
from train.fit.runs import read_settings_of
from train.settings import Settings, to_tree

LOCK = ".lock"
MADE_FIRST = {LOCK, "log.txt"}  # all that a training leaves if it is stopped right away
SHOWN = 3  # differing settings listed in a message


def check_run_folder(run: Path, settings: Settings) -> None:
    """It must be new, empty, or contain a run; a finished run must have these settings."""
    try:
        names = {path.name for path in run.iterdir()}
    except FileNotFoundError:
        return
    except NotADirectoryError as error:
        raise ConfigError(f"--run {run}: is not a directory; give another --run") from error
    except OSError as error:
        raise ConfigError(f"--run {run}: cannot be read ({error.strerror})") from error
    if not names <= MADE_FIRST and not _holds_a_run(run, names):
        other = min(names - MADE_FIRST - set(OUTCOMES), default="")
        raise ConfigError(
            f"--run {run}: contains files that are not part of a run ({other}); give another --run"
        )
    if "run.json" in names and (different := _different(run, settings)):
        raise ConfigError(
            f"--run {run}: contains a finished run with other settings ({different}); "
            "give another --run, or delete it"
        )


def _holds_a_run(run: Path, names: set[str]) -> bool:
    """Whether it is a run: finished, or at least with the file that identifies its epochs."""
    return (run / "checkpoints" / "identity").is_file() or {"run.json", "settings.json"} <= names


def _different(run: Path, settings: Settings) -> str:
    """Which settings differ (theirs and ours); empty if none, or if theirs cannot be read."""
    try:
        theirs = dict(_flat(to_tree(read_settings_of(run)), ""))
    except DataError:
        return ""
    ours = dict(_flat(to_tree(settings), ""))
    changed = [f"{key} {theirs.get(key)}, now {ours[key]}"
               for key in ours if theirs.get(key) != ours[key]]  # fmt: skip
    more = f"; and {len(changed) - SHOWN} more" if len(changed) > SHOWN else ""
    return "; ".join(changed[:SHOWN]) + more


def _flat(tree: Any, path: str) -> Iterator[tuple[str, Any]]:
    if not isinstance(tree, dict):
        yield path, list(tree) if isinstance(tree, tuple) else tree
        return
    for name, value in tree.items():
        yield from _flat(value, f"{path}.{name}" if path else name)


@contextlib.contextmanager
def claimed(run: Path) -> Iterator[None]:
    """Locks the folder for this process until it ends in whatever way."""
    fresh = not run.exists()
    try:
        run.mkdir(parents=True, exist_ok=True)
        held = (run / LOCK).open("w")
    except OSError as error:
        raise ConfigError(
            f"--run {run}: cannot be written ({error.strerror}); give another --run"
        ) from error
    with held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ConfigError(
                f"another training is writing to {run}; wait for it, or give another --run"
            ) from error
        try:
            yield
        finally:
            if fresh and [path.name for path in run.iterdir()] == [LOCK]:
                shutil.rmtree(run)  # nothing came of it: leave no trace

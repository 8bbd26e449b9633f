"""`python -m train.tune.trial`: one trial of a search: float training, judged on validation only.

Test speakers are not looked at: once they decide a choice, they no longer represent new speakers.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

from train.cache import key_of, open_cache, write_whole
from train.command import CommandParser, run_command
from train.data.corpus import label_names, read_corpus
from train.errors import CompilerError, ConfigError, DataError
from train.fit.log import RunLog
from train.settings import Settings, read_settings, to_tree

RESULT = "trial.json"


def main(arguments: list[str] | None = None) -> int:
    parser = CommandParser(
        prog="python -m train.tune.trial",
        description=__doc__,
        epilog="example: python -m train.tune.trial --preset my-settings.yaml --run build/trial",
    )
    parser.add_argument("--preset", required=True, help="a preset, or a .yaml file")
    parser.add_argument("--run", type=Path, required=True, help="the trial's folder")
    options = parser.parse_args(arguments)
    return run_command(
        lambda: _trial(read_settings(options.preset, []), options.run),
        (ConfigError, DataError, CompilerError),
        "run the same command again to resume after the last finished epoch",
    )


def _trial(settings: Settings, run: Path) -> int:
    cache = open_cache()
    corpus = read_corpus(settings, cache)
    identity = trial_identity(settings, corpus.fingerprint)
    if read_trial(run, identity):
        return 0

    from train.fit import recipe
    from train.fit.lesson import prepare
    from train.models.registry import model_of

    recipe.fix_seeds(settings.seed)  # before the model's initial weights are drawn
    labels = len(label_names(settings.data))
    shape, wanted = settings.frontend.shape, settings.model
    model = model_of(wanted, shape, labels)
    lesson, _ = prepare(settings, corpus, cache, RunLog(run))
    recipe.train_float(model, lesson)
    result = {
        **_judgement(lesson.history["float"]),
        "windows": len(lesson.validation.features),
        "identity": identity,
    }
    _write(run / "settings.json", to_tree(settings))
    _write(run / "history.json", lesson.history)
    _write(run / RESULT, result)  # last, because it marks a trial as finished
    for name in ("checkpoints", "tensorboard"):
        shutil.rmtree(run / name)
    return 0


def _judgement(history: list[dict[str, float]]) -> dict[str, Any]:
    """The accuracy of the epoch whose weights training keeps."""
    losses = [figures["validation_loss"] for figures in history]
    best = losses.index(min(losses))
    return {
        "accuracy": history[best]["validation_accuracy"],
        "loss": losses[best],
        "epoch": best + 1,
    }


def trial_identity(settings: Settings, fingerprint: str) -> str:
    return key_of(to_tree(settings), fingerprint)


def read_trial(run: Path, identity: str) -> dict[str, Any] | None:
    """The result of a finished trial with these settings and this data, if there is one."""
    try:
        found: dict[str, Any] = json.loads((run / RESULT).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return found if found.get("identity") == identity else None


def _write(path: Path, tree: Any) -> None:
    write_whole(path, (json.dumps(tree, indent=2) + "\n").encode())


if __name__ == "__main__":
    sys.exit(main())

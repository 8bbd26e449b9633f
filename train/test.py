"""`python -m train.test RUN`: judge a run on its test speakers, and record that you did.

The rule: every choice (recordings, settings, family, epochs) is made on development data, which is
what training, train.compare and train.mistakes report. Test data is looked at once, at the end, by
this command only. Each look is recorded in the run's test.json: if you look, change something and
look again, you have made a choice on test data, and the figures no longer apply to new speakers.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from train.cache import open_cache, write_whole
from train.command import CommandParser, run_command
from train.errors import CompilerError, ConfigError, DataError
from train.fit.runs import LOOKS, Run, Tree, read_corpus_of, read_looks, read_run
from train.judge.statistics import interval
from train.pages.html import number, percent
from train.pages.markdown import markdown
from train.settings import TEST


def main(arguments: list[str] | None = None) -> int:
    parser = CommandParser(
        prog="python -m train.test",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="example: python -m train.test build/runs/digits",
    )
    parser.add_argument("run", type=Path, metavar="RUN", help="a run's folder")
    options = parser.parse_args(arguments)
    return run_command(
        lambda: _test(options.run),
        (ConfigError, DataError, CompilerError),
        "test data was not looked at, and nothing was recorded",
    )


def _test(folder: Path) -> int:
    run = read_run(folder)
    if run.settings.data.held_out:
        raise DataError(
            f"{folder}: has no test data: the clips of data.held_out="
            f"{run.settings.data.held_out} are development data, already reported in metrics.json; "
            "train without data.held_out, then test that run"
        )
    own, others = read_looks(folder), _looks_beside(run)
    figures = _figures(run)
    look = {
        "look": len(own) + 1,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "judged": run.judged,
        "model": model_digest(run),
        "data": run.data,
        "figures": figures,
    }
    _record(folder / LOOKS, [*own, look])  # before any figure is shown
    print(*_warning([*own, *others]), *_said(run, figures), sep="\n")
    print(f"look {look['look']} is recorded in {folder / LOOKS}")
    return 0


def _looks_beside(run: Run) -> list[Tree]:
    """Looks by other runs in the same folder at the same test data: choosing among runs by their
    test figures is a choice on test data too."""
    here = run.folder.resolve()
    found: list[Tree] = []
    for path in sorted(here.parent.glob(f"*/{LOOKS}")):
        if path.parent != here:
            found += [look for look in read_looks(path.parent) if look.get("data") == run.data]
    return found


def _figures(run: Run) -> Tree:
    from train.fit.run_scores import judged_scores  # TensorFlow takes seconds to import
    from train.judge.evaluation import Evaluation

    cache = open_cache()
    corpus = read_corpus_of(run.settings, run.data, cache)
    evaluation = Evaluation(run.settings, corpus, cache, run.config, role=TEST)
    return evaluation.judge(lambda features: judged_scores(run, features))


def model_digest(run: Run) -> str:
    """16 hex digits of the hash of the judged file; for int8 the same as in its bundle."""
    return hashlib.sha256(run.judged_file.read_bytes()).hexdigest()[:16]


def _record(path: Path, looks: Sequence[Tree]) -> None:
    try:
        write_whole(path, (json.dumps(looks, indent=2) + "\n").encode())
    except OSError as error:
        raise DataError(
            f"{path}: cannot be written ({error.strerror}), and a look must be recorded; free some "
            "space or give the folder write permission"
        ) from error


def _warning(earlier: Sequence[Tree]) -> list[str]:
    if not earlier:
        return []
    times = f"{number(len(earlier))} time{'s' * (len(earlier) != 1)}"
    last = max(str(look.get("date", "")) for look in earlier)
    return [
        f"*** THIS TEST DATA WAS LOOKED AT {times.upper()} BEFORE, last at {last} ***",
        "Whatever was chosen since then was chosen on test data: these figures flatter.",
        "",
    ]


def _said(run: Run, figures: dict[str, Any]) -> list[str]:
    windows, share = int(figures["examples"]), float(figures["accuracy"])
    speakers = len(figures["by_speaker"])
    low, high = interval(round(share * windows), windows)
    labels = [
        [name, percent(found["precision"]), percent(found["recall"]), number(found["examples"])]
        for name, found in figures["by_label"].items()
    ]
    sources = [
        [name, percent(found["accuracy"]), number(found["examples"])]
        for name, found in figures["by_source"].items()
    ]
    return [
        f"test accuracy ({run.judged}): {percent(share, 2)} % of {number(windows)} windows of "
        f"{number(speakers)} speaker{'s' * (speakers != 1)}, 95 % interval {percent(low)} to "
        f"{percent(high)} %",
        "",
        markdown([["label", "precision, %", "recall, %", "windows"], *labels]),
        "",
        markdown([["source", "right, %", "windows"], *sources]),
        "",
    ]


if __name__ == "__main__":
    sys.exit(main())

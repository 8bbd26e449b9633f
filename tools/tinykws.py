"""`tinykws COMMAND`: every command of the project under one name.

`tinykws COMMAND --help` describes each command.
"""

from __future__ import annotations

import importlib
import importlib.util
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from train.command import OTHER_NAMES, CommandParser

# By group: name, module, description. A module is only imported when its command is used.
COMMANDS = {
    "train": (
        ("train", "train.kws", "train a keyword model, from recordings to an int8 file"),
        ("test", "train.test", "evaluate a finished model on the test speakers, once"),
        ("mistakes", "train.mistakes", "list and group the clips that a model gets wrong"),
        ("compare", "train.compare", "compare runs: accuracy, size, latency, robustness"),
        ("crossval", "train.crossval", "cross-validate: one run per fold, tested on unseen voices"),
        ("search", "train.search", "try settings and architectures under budgets"),
        ("study", "train.study", "measure the effect of single changes, with error bars"),
        ("personalize", "tools.personalize", "adapt a finished run to your own voice"),
        ("data", "train.data.download", "download public data sets into the cache"),
    ),
    "convert": (
        ("convert", "convert.to_tflm", "turn a run into C and C++ for the firmware"),
        ("check", "convert.check", "check that a bundle still matches its model and its run"),
        ("inspect", "convert.inspect", "show the cost of each layer, and memory over time"),
        ("card", "convert.card", "write the model card: data, licences, metrics, weaknesses"),
    ),
    "on boards": (
        ("board", "tools.board", "talk to a board: info, monitor, record, replay and more"),
    ),
    "listen and look": (
        ("classify", "tools.classify", "show what a board would recognize in short recordings"),
        ("stream", "tools.stream", "show what a board detects in long recordings, and how well"),
        ("scenes", "tools.stream.scenes", "make recordings with label tracks for `stream`"),
        ("studio", "tools.studio", "open a browser page to listen, record and compare"),
        ("augment", "tools.augment", "listen to and look at what augmentation does to a clip"),
    ),
    "project": (
        ("demo", "tools.demo", "from scratch to an emulated board that recognizes digits"),
        ("doctor", "tools.doctor", "check this computer for missing tools, and how to get them"),
        ("bench", "tools.bench", "measure the front end, engines, firmware and page"),
        ("completion", "tools.tinykws", "print a completion script: completion bash"),
    ),
}  # fmt: skip
COMPLETION = """\
# eval "$(tinykws completion bash)"
_tinykws() {
    local word="${COMP_WORDS[COMP_CWORD]}"
    if [ "$COMP_CWORD" -eq 1 ]; then
        COMPREPLY=($(compgen -W "@NAMES@" -- "$word"))
    else
        COMPREPLY=()
    fi
}
complete -o default -F _tinykws tinykws"""


def commands() -> dict[str, str]:
    """Maps the names of available commands to modules."""
    found = {name: module for group in COMMANDS.values() for name, module, _ in group}
    return {name: module for name, module in found.items() if importlib.util.find_spec(module)}


def main(arguments: list[str] | None = None) -> int:
    given = sys.argv[1:] if arguments is None else arguments
    known = commands()
    parser = CommandParser(
        prog="tinykws",
        usage="tinykws COMMAND [ARGUMENTS ...]",
        description=_description(known),
        epilog="example: tinykws train --help",
    )
    parser.add_argument("command", metavar="COMMAND", help="one of these")
    name = parser.parse_args(given[:1]).command
    if name not in known:
        parser.error(f"{name}: no such command{_like(name, known)}")
    if name == "completion":
        return _completion(given[1:], known)
    OTHER_NAMES.update({module: f"tinykws {command}" for command, module in known.items()})
    try:
        return _main_of(known[name])(given[1:])
    except ModuleNotFoundError as error:
        if _is_ours(error.name or ""):
            raise
        print(f"error: {error.name} is not installed; run: make setup", file=sys.stderr)
        return 1
    except KeyboardInterrupt:  # before the command itself could handle it
        print("\nstopped", file=sys.stderr)
        return 130


def _description(known: dict[str, str]) -> str:
    lines = [(__doc__ or "").strip()]
    for group, members in COMMANDS.items():
        lines += ["", f"{group}:"]
        lines += [f"  {name:<12} {what}" for name, _, what in members if name in known]
    return "\n".join(lines)


def _like(name: str, known: dict[str, str]) -> str:
    import difflib

    close = difflib.get_close_matches(name, known, 1)
    return f"; did you mean {close[0]}?" if close else "; tinykws --help lists them"


def _main_of(module: str) -> Callable[[list[str]], int]:
    found = importlib.import_module(module)
    if hasattr(found, "__path__"):  # a package: run what `python -m` would
        found = importlib.import_module(f"{module}.__main__")
    main_: Callable[[list[str]], int] = found.main
    return main_


def _is_ours(module: str) -> bool:
    return (Path(__file__).parents[1] / module.partition(".")[0]).is_dir()


def _completion(arguments: list[str], known: dict[str, str]) -> int:
    parser = CommandParser(prog="tinykws completion", description="Print a completion script.")
    parser.add_argument("shell", choices=("bash",), help='then: eval "$(tinykws completion bash)"')
    parser.parse_args(arguments)
    print(COMPLETION.replace("@NAMES@", " ".join(known)))
    return 0


def run() -> int:
    """The console script. SIGTERM acts like Ctrl-C, so that commands clean up."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    return main()


if __name__ == "__main__":
    sys.exit(run())

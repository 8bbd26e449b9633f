"""`python -m tools.board`: talk to a board, real or emulated, over its serial port."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from convert.errors import BundleError, ModelError
from convert.options import bundle_option
from tools.board import commands
from tools.board.errors import BoardError
from train.command import CommandParser, run_command
from train.errors import CompilerError, ConfigError, DataError

ERRORS = (BoardError, BundleError, ModelError, DataError, CompilerError, ConfigError)
Command = Callable[[argparse.Namespace], int]
LEFT: dict[Command, str] = {  # after Ctrl-C
    commands.run_record: "recorded clips are kept",
    commands.run_watch: "saved clips are kept",
}


def main(arguments: list[str] | None = None) -> int:
    parser = CommandParser(prog="python -m tools.board", description=__doc__)
    add = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _simple(add)
    _monitor(
        _command(add, "monitor", commands.run_monitor, "show detections, and scores as live bars")
    )
    text = "save the audio of what the board detects, and nearly, to be reviewed and learned from"
    _watch(_command(add, "watch", commands.run_watch, text))
    text = "send clips through the board and compare the results bit for bit with this computer"
    _replay(_command(add, "replay", commands.run_replay, text))
    text = "record clips with the board's microphone into a training folder"
    _record(_command(add, "record", commands.run_record, text))
    options = parser.parse_args(arguments)
    if options.microphone and options.board != "emulator":
        parser.error("--microphone only works with the emulator; give --board emulator")
    run: Command = options.run
    left = LEFT.get(run, "the board keeps listening")
    return run_command(lambda: _while_read(lambda: run(options)), ERRORS, left)


def _while_read(work: Callable[[], int]) -> int:
    """Exits quietly if the reader of the output closes it, as `head` does."""
    try:
        code = work()
        sys.stdout.flush()  # here, as a failure at exit could not be handled
        return code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # discards remaining output
        return 0


def _command(
    add: argparse._SubParsersAction[CommandParser], name: str, run: Command, text: str
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = add.add_parser(name, help=text, description=text)
    parser.set_defaults(run=run, board=None, microphone=None)
    parser.add_argument("--json", action="store_true", help="print JSON")
    if run is not commands.list_boards:
        parser.add_argument(
            "--board",
            metavar="PORT",
            help="a port, socket://HOST:PORT, or emulator (default: the only board found)",
        )
        parser.add_argument(
            "--microphone",
            type=Path,
            metavar="WAV",
            help="recording to play to the emulated board's microphone, repeatedly",
        )
        bundle_option(parser, "the bundle that the board must be running; any other is rejected")
        if run is not commands.run_replay:  # which always compares with a bundle
            parser.set_defaults(bundle=None)
    return parser


def _simple(add: argparse._SubParsersAction[CommandParser]) -> None:
    _command(
        add,
        "list",
        commands.list_boards,
        "list serial ports and the boards that are probably connected",
    )
    _command(add, "info", commands.info, "show versions, sizes, counters and labels")
    _command(
        add, "selftest", commands.selftest, "check that the board computes the expected results"
    )
    text = "show or set the detection thresholds, until the next reset"
    threshold = _command(add, "threshold", commands.threshold, text)
    threshold.add_argument("label", nargs="?", help="a label, or all (default: show all)")
    threshold.add_argument("percent", nargs="?", type=_number(0, 100), help="0 to 100")
    bench = _command(
        add, "bench", commands.run_bench, "measure the time per frame and per network run"
    )
    bench.add_argument(
        "--runs", type=_whole(1, 10_000), default=10, help="number of runs (default: 10)"
    )


def _monitor(parser: argparse.ArgumentParser) -> None:
    _seconds(parser)


def _seconds(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--seconds",
        type=_number(0.1, 1e9),
        help="stop after this many seconds on the board's clock (default: at Ctrl-C)",
    )


def _watch(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = (
        "The firmware must have been built to keep audio (two seconds, for 33 kB of RAM):\n"
        "  PLATFORMIO_BUILD_FLAGS=-DKWS_KEEP_AUDIO pio run -t upload\n"
        "A clip is saved as WAV, and a row with time, word and score is added to clips.csv, as\n"
        "soon as the board has kept it; Ctrl-C loses nothing. Then review the clips, and learn:\n"
        "  python -m tools.studio --review FOLDER\n"
        "  python -m tools.personalize FOLDER"
    )
    parser.add_argument(
        "--save", type=Path, required=True, metavar="FOLDER",
        help="where clips and their table go: one folder per place, such as kitchen",
    )  # fmt: skip
    parser.add_argument(
        "--near", type=_number(0, 99), default=0, metavar="PERCENT",
        help="save near misses too: words whose score reaches this and is below the threshold "
        "(try 40; default: none)",
    )  # fmt: skip
    parser.add_argument("--speaker", default="someone", help="who speaks there (default: someone)")
    _seconds(parser)


def _replay(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, help="a folder of clips, as training reads it")
    parser.add_argument(
        "--clips", type=_whole(1, 10**9), help="use this many clips, chosen at random"
    )
    parser.add_argument(
        "--junit", type=Path, metavar="FILE", help="write a JUnit XML report for CI"
    )


def _record(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, help="the training folder")
    parser.add_argument("--label", required=True, help="the word, or noise for anything else")
    parser.add_argument("--speaker", default="me", help="name of the speaker (default: me)")
    parser.add_argument(
        "--count", type=_whole(1, 10_000), default=10, help="number of clips (default: 10)"
    )
    parser.add_argument(
        "--seconds",
        type=_number(0.1, 600),
        default=10.0,
        help="length of a clip of noise (default: 10)",
    )


def _number(low: float, high: float) -> Callable[[str], float]:
    def number(text: str) -> float:
        value = float(text)
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"give {low:g} to {high:g}")
        return value

    return number


def _whole(low: int, high: int) -> Callable[[str], int]:
    def whole(text: str) -> int:
        value = int(text)
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"give {low:,} to {high:,}")
        return value

    return whole


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # cleans up as for Ctrl-C
    sys.exit(main())

"""`python -m tools.personalize FOLDER`: a finished run learns the voice of your own clips.

Record each digit three times or more (every fourth clip of a digit is kept back to judge by):

  python -m tools.board record FOLDER --label seven --speaker anna --count 4

The run goes on learning for a minute or two, on your clips and on some of its own, so that other
voices are not forgotten. The result is a run beside it, RUN-FOLDER, which is converted at once.
Stopped at any time, the same command goes on where it was.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from convert.errors import BundleError, ModelError
from convert.options import BUNDLE, near
from train.command import CommandParser, run_command
from train.errors import CompilerError, ConfigError, DataError


def main(arguments: list[str] | None = None) -> int:
    parser = CommandParser(
        prog="python -m tools.personalize",
        description=__doc__,
        epilog="example: python -m tools.personalize recordings/anna --run build/runs/digits",
    )
    parser.add_argument(
        "folder",
        type=Path,
        metavar="FOLDER",
        help="your clips: seven/anna/1.wav or seven/anna_1.wav",
    )
    parser.add_argument(
        "--run",
        type=Path,
        help="the run that learns (default: the newest in build/runs that is not personalized)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=near(BUNDLE),
        help="the bundle's folder (default: the project's firmware/lib/model)",
    )
    options = parser.parse_args(arguments)
    return run_command(
        lambda: _personalize(options),
        (ModelError, BundleError, ConfigError, DataError, CompilerError),
        "the same command goes on from the last finished epoch; the old bundle is as it was",
    )


def _personalize(options: argparse.Namespace) -> int:
    # they take a second to import, and TensorFlow more: not for --help
    from convert import to_tflm
    from convert.bundle import check_place

    check_place(options.out)
    from tools.personalize.session import personalize

    run = personalize(options.folder, options.run)
    done = to_tflm.main(["--run", str(run), "--out", str(options.out)])
    if done == 0:
        print("then: pio run -t upload makes the board hear you")
    return done


if __name__ == "__main__":
    sys.exit(main())

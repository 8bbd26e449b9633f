"""`python -m tools.personalize FOLDER`: adapt a finished run to the voice of your own clips.

Record each digit at least three times (every fourth clip of a digit is kept for testing):

  python -m tools.board record FOLDER --label seven --speaker anna --count 4

Training continues for a minute or two, on your clips and on some of the run's own, so that other
voices are not forgotten. The result is a new run, RUN-FOLDER, which is converted immediately.
If interrupted, run it again to resume.

FOLDER may also be one that a board's detections were saved to and that was reviewed:

  python -m tools.board watch --save kitchen --near 40
  python -m tools.studio --review kitchen
  python -m tools.personalize kitchen

Then false accepts are learned as `unknown`, and missed and confused words as what they were. The
new bundle is compared with the old one on these clips and on development data, and is not written
if it is worse.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from convert.bundle import MANIFEST
from convert.check import read_manifest
from convert.detector import read_detector
from convert.errors import BundleError, ModelError
from convert.options import BUNDLE, near
from train.command import CommandParser, run_command
from train.data.verdicts import has_table
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
        help="your clips, as seven/anna/1.wav or seven/anna_1.wav; or a reviewed folder",
    )
    parser.add_argument(
        "--run",
        type=Path,
        help="the run to adapt (default: the newest in build/runs that is not personalized)",
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
        "run it again to resume after the last finished epoch; the old bundle is unchanged",
    )


def _personalize(options: argparse.Namespace) -> int:
    # imported late so that --help is fast: TensorFlow takes seconds
    from convert import to_tflm
    from convert.bundle import check_place

    check_place(options.out)
    from tools.personalize.session import personalize

    run = personalize(options.folder, options.run)
    if has_table(options.folder):
        from tools.personalize.better import write_if_better

        done = write_if_better(run, options.folder, options.out, detector_of(options.out))
        if done == 0:
            print("next: upload it to the board: pio run -t upload")
        return done
    done = to_tflm.main(["--run", str(run), "--out", str(options.out), *detector_of(options.out)])
    if done == 0:
        print("next: upload it to the board: pio run -t upload")
    return done


def detector_of(bundle: Path) -> list[str]:
    """The detector's settings of the bundle that is replaced, as options of the conversion."""
    if not (bundle / MANIFEST).is_file():
        return []
    return read_detector(read_manifest(bundle)).options()


if __name__ == "__main__":
    sys.exit(main())

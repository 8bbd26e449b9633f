"""`python -m convert.to_tflm`: turn a run into a bundle, the C and C++ that the firmware compiles.

Checks the model, verifies on hundreds of windows that every implementation computes the same
features and scores, and measures the arena. Only then is the bundle written, completely or not at
all.
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
    options = _parser().parse_args(arguments)
    return run_command(
        lambda: _convert(options),
        (ModelError, BundleError, ConfigError, DataError, CompilerError),
        "the old bundle is unchanged",
    )


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser(
        prog="python -m convert.to_tflm",
        description=__doc__,
        epilog="example: python -m convert.to_tflm --run build/runs/digits",
    )
    parser.add_argument(
        "--run", type=Path, help="a run's folder (default: the newest in build/runs)"
    )
    parser.add_argument(
        "--from-tflite", type=Path, metavar="FILE", help="convert this int8 file instead of a run"
    )
    parser.add_argument(
        "--frontend",
        type=Path,
        metavar="JSON",
        help="with --from-tflite: the settings of its front end",
    )
    parser.add_argument(
        "--labels",
        default="",
        help="with --from-tflite: its labels in order, such as zero,one,unknown",
    )
    parser.add_argument(
        "--ptq",
        action="store_true",
        help="quantize the float model of the run after training, for comparison",
    )
    parser.add_argument(
        "--threshold",
        action="append",
        default=[],
        metavar="WORD=PERCENT",
        help="score needed for a board to report this word, or all (may be repeated; "
        "default: all=82)",
    )
    parser.add_argument(
        "--isolated",
        action="store_true",
        help="a board reports only words that are spoken alone, not in a sentence",
    )
    parser.add_argument("--onnx", type=Path, metavar="FILE", help="also write ONNX")
    parser.add_argument("--tflite", type=Path, metavar="FILE", help="also write the int8 file")
    parser.add_argument(
        "--saved-model", type=Path, metavar="FOLDER", help="also write TensorFlow's SavedModel"
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=near(BUNDLE),
        help="the bundle's folder (default: the project's firmware/lib/model)",
    )
    return parser


def _convert(options: argparse.Namespace) -> int:
    from convert.conversion import convert  # TensorFlow takes seconds to import, so not for --help

    return convert(options)


if __name__ == "__main__":
    sys.exit(main())

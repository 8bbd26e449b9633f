"""The bundle that a command uses, and the option to choose a different one."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from train import PROJECT

BUNDLE = PROJECT / "firmware" / "lib" / "model"
VARIABLE = "KWS_BUNDLE"  # also read by firmware/prebuild.py


def chosen_bundle() -> Path:
    """The folder in $KWS_BUNDLE, relative to the project as in a build; otherwise the project's own
    bundle. An empty value counts as not set."""
    given = os.environ.get(VARIABLE)
    return near(PROJECT / given if given else BUNDLE)


def near(path: Path) -> Path:
    """The same path, relative if it is in the working directory, which is shorter in messages."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def bundle_option(parser: argparse.ArgumentParser, what: str = "the bundle to use") -> None:
    parser.add_argument(
        "--bundle",
        type=Path,
        metavar="DIR",
        default=chosen_bundle(),
        help=f"{what} (default: ${VARIABLE}, else the project's firmware/lib/model)",
    )

"""Options shared by the training commands, and the settings they give."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from train.data.sources.registry import recognize
from train.settings import PRESETS, Settings, read_settings
from train.spread.tracking import FOLDER


def training_options(parser: argparse.ArgumentParser) -> None:
    """Options for the training data and the settings."""
    presets = ", ".join(sorted(path.stem for path in PRESETS.glob("*.yaml")))
    parser.add_argument(
        "--preset", default="synthetic", help=f"{presets}, or a .yaml file (default: synthetic)"
    )
    parser.add_argument(
        "--data",
        "--data-dir",
        help="a folder of recordings: with manifest.csv; laid out like AudioMNIST, FSDD, Speech "
        "Commands or ESC-50; or with one subfolder per label",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="PATH=VALUE",
        help="change one setting, such as recipe.epochs=10 (may be repeated; "
        "--dry-run --json shows all of them)",
    )


def scale_options(parser: argparse.ArgumentParser, what: str) -> None:
    """Options for distributing the work and for logging it."""
    parser.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help=f"{what} by the workers of this Dask scheduler, for example tcp://192.168.0.7:8786 "
        "(default: by processes on this computer). Recordings must be readable there at the same "
        "path; results are copied back (docs/guides/scale.md)",
    )
    parser.add_argument(
        "--mlflow",
        action="store_true",
        help="also log settings, epochs, metrics and files to MLflow: to MLFLOW_TRACKING_URI, or "
        f"to the folder {FOLDER}",
    )


def settings_of(options: argparse.Namespace) -> Settings:
    return settings_with(options.preset, options.set, options.data)


def settings_with(preset: str, changes: Sequence[str], data: str | None) -> Settings:
    """The preset with its changes, and the folder of recordings if given."""
    settings = read_settings(preset, changes)
    if not data:
        return settings
    source: dict[str, Any] = {recognize(Path(data)): data}
    return dataclasses.replace(settings, data=dataclasses.replace(settings.data, **source))

"""Checks whether a board runs the bundle that a command needs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from convert.errors import BundleError
from tools.board.errors import OtherBundleError

MAKE = "python -m convert.to_tflm"


@dataclass(frozen=True)
class Expected:
    folder: Path
    model: str
    frontend: str  # hash of its settings


def expected(folder: Path) -> Expected:
    """Reads only the manifest, so that simple queries need not wait for the model to load."""
    path = folder / "manifest.json"
    try:
        manifest = json.loads(path.read_text("utf-8"))
        return Expected(folder, str(manifest["model"]), str(manifest["frontend_config"]))
    except OSError as error:
        raise BundleError(f"{folder}: is not a bundle ({error.strerror}); run: {MAKE}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise BundleError(f"{path}: is damaged ({error}); run: {MAKE}") from error


def check_same(wanted: Expected, versions: dict[str, str], name: str) -> None:
    """Raises an error if they differ; `versions` is page 0 of the board's info."""
    kept = {"model": wanted.model, "frontend_config": wanted.frontend}
    for key, here in kept.items():
        there = versions.get(key, "unknown")
        if there != here:
            what = "model" if key == "model" else "front end"
            raise OtherBundleError(
                f"{name}: has {what} {there}, but {wanted.folder} has {here}; upload the firmware "
                f"again, give another --bundle, or regenerate the bundle: {MAKE}"
            )

"""`python -m convert.check`: does a bundle still belong to its model, front end, templates and run?

Everything is generated again from the model inside the bundle, and compared to the byte.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

from convert.arena import Arena
from convert.bundle import COMMAND, MANIFEST, model_hash, render
from convert.errors import BundleError, ModelError
from convert.source import Source, checked
from convert.verify import Row, table
from train.command import run_command
from train.features.config import ConfigError, FrontendConfig

RUNS = Path("build/runs")
BUNDLE = Path("firmware/lib/model")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m convert.check",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "folder",
        type=Path,
        nargs="?",
        default=BUNDLE,
        help=f"a bundle, or the firmware folder around it (default: {BUNDLE})",
    )
    parser.add_argument("--run", type=Path, help="its run (default: the one it names, if here)")
    options = parser.parse_args(arguments)
    return run_command(
        lambda: _check(options.folder, options.run),
        (BundleError, ModelError),
        "nothing was changed",
    )


def _check(folder: Path, run: Path | None) -> int:
    folder = folder / "lib" / "model" if (folder / "lib" / "model").is_dir() else folder
    rows = check(folder, run)
    print(f"{folder}:")
    print(table(rows))
    if not all(row.good for row in rows):
        raise BundleError(f"{folder}: is out of date; run: {COMMAND}")
    return 0


def check(folder: Path, run: Path | None = None) -> list[Row]:
    """What was compared, and how it went."""
    manifest = read_manifest(folder)
    source = read_bundle(folder, manifest)
    again = render(source, _arena(manifest), manifest["accuracy"], manifest["tested"])
    rows = [_file(folder, name, text) for name, text in again.items() if name != MANIFEST]
    rows.append(_manifest(manifest, json.loads(again[MANIFEST])))
    rows += [
        Row(name, "is in the folder, but not of the bundle", good=False)
        for name in sorted(path.name for path in folder.iterdir())
        if name not in again
    ]
    return [*rows, _run(manifest, run)]


def read_manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((folder / MANIFEST).read_text())
    except OSError as error:
        raise BundleError(
            f"{folder}: holds no bundle ({error.strerror}); run: {COMMAND}"
        ) from error
    except ValueError as error:
        raise BundleError(f"{folder / MANIFEST}: is damaged ({error}); run: {COMMAND}") from error
    needed = ("model", "frontend", "labels", "arena", "accuracy", "tested", "run")
    if not isinstance(manifest, dict) or any(name not in manifest for name in needed):
        raise BundleError(f"{folder / MANIFEST}: is no manifest of this version; run: {COMMAND}")
    return manifest


def read_bundle(folder: Path, manifest: dict[str, Any]) -> Source:
    """The model in the C array, with the front end and labels of the manifest."""
    path = folder / "model_data.cc"
    try:
        numbers = re.findall(r"\b0x([0-9a-f]{2})\b", path.read_text())
        content = bytes.fromhex("".join(numbers))
        config = FrontendConfig.from_dict(manifest["frontend"])
        labels = tuple(map(str, manifest["labels"]))
    except (OSError, UnicodeDecodeError, ConfigError, TypeError) as error:
        raise BundleError(f"{path}: cannot be read ({error}); run: {COMMAND}") from error
    if model_hash(content) != manifest["model"]:
        raise BundleError(f"{path}: is not the model of the manifest; run: {COMMAND}")
    return checked(str(path), content, config, labels, described=manifest["run"])


def _arena(manifest: dict[str, Any]) -> Arena:
    return Arena(**{k: v for k, v in manifest["arena"].items() if k != "bytes"})


def _file(folder: Path, name: str, text: str) -> Row:
    path = folder / name
    if not path.is_file():
        return Row(name, "is missing", good=False)
    same = path.read_bytes() == text.encode()
    return Row(name, "as generated" if same else "differs from what is generated now", same)


def _manifest(kept: dict[str, Any], again: dict[str, Any]) -> Row:
    """All but versions: another TensorFlow does not make a proven bundle wrong."""
    different = [key for key in again if key != "versions" and kept.get(key) != again[key]]
    return Row(MANIFEST, f"differs in {', '.join(different)}" if different else "as generated",
               not different)  # fmt: skip


def _run(manifest: dict[str, Any], run: Path | None) -> Row:
    name = manifest["run"].get("name")
    if run is None and name:
        run = RUNS / name
    if run is None:
        return Row("run", "none: converted from a .tflite file")
    path = run / "model.tflite"
    if not path.is_file():
        return Row("run", f"{run} is not here; not compared")
    same = model_hash(path.read_bytes()) == manifest["model"]
    return Row("run", f"{run} has {'this' if same else 'another'} model", same)


if __name__ == "__main__":
    sys.exit(main())

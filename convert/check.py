"""`python -m convert.check`: does a bundle still match its model, front end, templates and run?

Regenerates everything from the model inside the bundle and compares it byte by byte.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

from convert import selftest, tflm
from convert.arena import Arena, measure
from convert.bundle import COMMAND, MANIFEST, model_hash, render
from convert.detector import read_detector
from convert.errors import BundleError, ModelError
from convert.options import bundle_option
from convert.source import Source, checked, read_run
from convert.verify import Row, table
from train import RUNS
from train.command import CommandParser, run_command
from train.errors import CompilerError, ConfigError
from train.settings.frontend import FrontendConfig

SOURCES = (".c", ".cc", ".cpp", ".h", ".hpp", ".S")
KINDS = {
    "model": str, "frontend": dict, "labels": list, "arena": dict, "accuracy": dict,
    "tested": str, "run": dict, "files": dict,
}  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    parser = CommandParser(
        prog="python -m convert.check",
        description=__doc__,
    )
    parser.add_argument(
        "folder",
        type=Path,
        nargs="?",
        help="the same as --bundle; or the firmware folder that contains it",
    )
    bundle_option(parser, "the bundle to check")
    parser.add_argument(
        "--run",
        type=Path,
        help="its run (default: the one that the bundle names, if it is on this computer)",
    )
    options = parser.parse_args(arguments)
    return run_command(
        lambda: _check(options.folder or options.bundle, options.run),
        (BundleError, ModelError, CompilerError),
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
    """What was compared, and the result."""
    manifest = read_manifest(folder)
    source = read_bundle(folder, manifest)
    again = render(
        source,
        _arena(manifest),
        selftest.read(manifest),
        manifest["accuracy"],
        manifest["tested"],
        read_detector(manifest),
    )
    rows = [_file(folder, name, text) for name, text in again.items() if name != MANIFEST]
    rows.append(_manifest(manifest, json.loads(again[MANIFEST])))
    rows += _measured(manifest, source)
    rows += [
        Row(name, "is in the folder, but not part of the bundle", good=False)
        for name in _compiled_with(folder)
        if name not in again
    ]
    return [*rows, _run(manifest, run)]


def _compiled_with(folder: Path) -> list[str]:
    """Files, and what a build would find in subfolders, where notes or a .git do no harm."""
    inside = [
        path
        for path in folder.rglob("*")
        if path.is_file() and (path.parent == folder or path.suffix in SOURCES)
    ]
    return sorted(str(path.relative_to(folder)) for path in inside)


def read_manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    except OSError as error:
        raise BundleError(
            f"{folder}: is not a bundle ({error.strerror}); run: {COMMAND}"
        ) from error
    except ValueError as error:
        raise BundleError(f"{folder / MANIFEST}: is damaged ({error}); run: {COMMAND}") from error
    if (
        not isinstance(manifest, dict)
        or not all(isinstance(manifest.get(name), kind) for name, kind in KINDS.items())
        or not all(type(manifest["arena"].get(field.name)) is int for field in fields(Arena))
    ):
        raise BundleError(f"{folder / MANIFEST}: is not a manifest of this version; run: {COMMAND}")
    return manifest


def read_bundle(folder: Path, manifest: dict[str, Any]) -> Source:
    """The model from the C array, with the front end and labels of the manifest."""
    path = folder / "model_data.cc"
    try:
        numbers = re.findall(r"\b0x([0-9a-f]{2})\b", path.read_text("utf-8"))
        content = bytes.fromhex("".join(numbers))
        config = FrontendConfig.from_dict(manifest["frontend"])
        labels = tuple(map(str, manifest["labels"]))
    except (OSError, UnicodeDecodeError, ConfigError, TypeError) as error:
        raise BundleError(f"{path}: cannot be read ({error}); run: {COMMAND}") from error
    if model_hash(content) != manifest["model"]:
        raise BundleError(f"{path}: is not the model of the manifest; run: {COMMAND}")
    return checked(str(path), content, config, labels, described=manifest["run"])


def _arena(manifest: dict[str, Any]) -> Arena:
    return Arena(**{field.name: manifest["arena"][field.name] for field in fields(Arena)})


def _file(folder: Path, name: str, text: str) -> Row:
    path = folder / name
    if not path.is_file():
        return Row(name, "is missing", good=False)
    same = path.read_bytes() == text.encode()
    return Row(name, "as generated" if same else "differs from what is generated now", same)


def _manifest(kept: dict[str, Any], again: dict[str, Any]) -> Row:
    """Compares all but versions: a different TensorFlow does not invalidate a verified bundle."""
    different = [key for key in again if key != "versions" and kept.get(key) != again[key]]
    return Row(MANIFEST, f"differs in {', '.join(different)}" if different else "as generated",
               not different)  # fmt: skip


def _measured(manifest: dict[str, Any], source: Source) -> list[Row]:
    """Arena and self-test, measured again if possible."""
    if not tflm.available():
        return []
    same = {
        "arena": measure(source.content, source.graph) == _arena(manifest),
        "self-test": selftest.measure(source) == selftest.read(manifest),
    }
    return [
        Row(what, "as measured" if good else "differs from what is measured now", good)
        for what, good in same.items()
    ]


def _run(manifest: dict[str, Any], given: Path | None) -> Row:
    """Whether the run still has this model, front end, labels and data."""
    name = manifest["run"].get("name")
    run = given or (RUNS / name if name else None)
    if run is None:
        return Row("run", "none: converted from a .tflite file")
    if given is None and not (run / "run.json").is_file():
        return Row("run", f"{run} is not on this computer; not compared")
    source = read_run(run)
    kept = FrontendConfig.from_dict(manifest["frontend"])
    same = {
        "front end": source.config.replace(scale=kept.scale, zero_point=kept.zero_point) == kept,
        "labels": list(source.labels) == manifest["labels"],
        "data": source.described["data"] == manifest["run"].get("data"),
    }
    if "quantized" not in manifest["run"]:  # quantized after training: the run has no such file
        same["model"] = model_hash(source.content) == manifest["model"]
        same["front end"] = source.config == kept
    other = [what for what, good in same.items() if not good]
    if other:
        return Row("run", f"{run} has a different {' and a different '.join(other)}", good=False)
    return Row("run", f"{run} has this {', '.join(same)}")


if __name__ == "__main__":
    sys.exit(main())

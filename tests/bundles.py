"""The project's bundle with other settings of the detector."""

from pathlib import Path

from convert import selftest
from convert.arena import Arena
from convert.bundle import render, write
from convert.check import read_bundle, read_manifest
from convert.detector import Detector
from convert.options import BUNDLE


def bundle_with(detector: Detector, folder: Path) -> Path:
    manifest = read_manifest(BUNDLE)
    source = read_bundle(BUNDLE, manifest)
    arena = {name: value for name, value in manifest["arena"].items() if name != "bytes"}
    files = render(
        source, Arena(**arena), selftest.read(manifest), manifest["accuracy"], manifest["tested"],
        detector,
    )  # fmt: skip
    write(files, folder)
    return folder

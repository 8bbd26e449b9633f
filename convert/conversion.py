"""A conversion from a run or a file to a bundle, verified before anything is written."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from convert import selftest, tflm
from convert.arena import Arena, measure
from convert.bundle import check_place, render, write
from convert.detector import detector_with
from convert.errors import BundleError, ModelError
from convert.export import export_onnx, export_saved_model, export_tflite
from convert.options import BUNDLE
from convert.ptq import quantized_after_training
from convert.source import Source, newest_run, read_run, read_tflite
from convert.testset import test_set
from convert.verify import Verification, table, verify
from train import RUNS
from train.cache import Cache, open_cache
from train.command import as_called
from train.spread.progress import is_shown, tqdm

REPORT, PTQ_REPORT = "conversion.md", "conversion-ptq.md"  # in the run's folder
STEPS = 7  # counted by the progress bar


def convert(options: argparse.Namespace) -> int:
    start = time.monotonic()
    _check_places(options)
    with tqdm(total=STEPS, bar_format="{bar:20} {desc}", leave=False) as bar:

        def step(what: str) -> None:
            bar.set_description_str(what)
            bar.update()
            if not is_shown():
                print(f"{what} ...", file=sys.stderr, flush=True)

        step("the model")
        cache = open_cache()
        source = _source(options, cache)
        detector = detector_with(options.threshold, source.labels, source.bonus)
        test = test_set(source, cache)
        verification = verify(source, test, step)
        step("arena")
        arena = measure(source.content, source.graph) if tflm.available() else None
    print(f"{source.name}, verified on {test.what}:")
    print(table(verification.rows))
    if arena is None:
        raise BundleError(
            "TensorFlow Lite Micro needs Linux on x86-64; convert there, in WSL or in a container"
        )
    _require_proof(source, verification, options.out)
    expected = selftest.measure(source)
    files = render(source, arena, expected, verification.accuracy, test.what, detector)
    for done in _exports(options, source, test.examples.features):
        print(done)
    if source.run:
        name = PTQ_REPORT if options.ptq else REPORT
        _report(source.run / name, test.what, verification, arena)
    write(files, options.out)
    size = len(source.content)
    print(
        f"{options.out}: {len(files)} files, model {size:,} bytes, arena {arena.describe()}, "
        f"{time.monotonic() - start:.0f} s"
    )
    print(as_called(f"next: python -m convert.inspect {options.out}"))
    return 0


def _check_places(options: argparse.Namespace) -> None:
    """Rejects, before the work, outputs that cannot be written or would overwrite something."""
    check_place(options.out)
    if options.ptq and options.out.resolve() == BUNDLE:
        raise BundleError("--ptq is for comparison; give a separate --out")
    out = options.out.resolve()
    for path in (options.onnx, options.tflite, options.saved_model):
        if path and out in (path.resolve(), *path.resolve().parents):
            raise BundleError(f"{path}: lies in the bundle's folder {options.out}; choose another")


def _report(path: Path, tested: str, verification: Verification, arena: Arena) -> None:
    """Writes the verification as a readable report, next to the run's other reports."""
    rows = "\n".join(
        f"| {row.what} | {row.result} | {'yes' if row.good else 'NO'} |"
        for row in verification.rows
    )
    text = (
        f"# Conversion\n\nVerified on {tested}.\n\n| what | result | good |\n| --- | --- | --- |\n"
        f"{rows}\n\nArena: {arena.describe()}.\n"
    )
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise BundleError(f"{path}: cannot be written ({error.strerror})") from error


def _source(options: argparse.Namespace, cache: Cache) -> Source:
    if options.from_tflite:
        if options.run or options.ptq:
            raise ModelError("--from-tflite cannot be combined with --run or --ptq")
        if not options.labels:
            raise ModelError("--from-tflite: give --labels, in the order of the model's output")
        return read_tflite(options.from_tflite, options.frontend, options.labels)
    source = read_run(options.run or newest_run(RUNS))
    return quantized_after_training(source, cache) if options.ptq else source


def _exports(options: argparse.Namespace, source: Source, features: NDArray[np.int8]) -> list[str]:
    """Writes the other requested formats, which are also verified."""
    done = []
    if options.tflite:
        done.append(export_tflite(source, options.tflite))
    if options.onnx:
        done.append(export_onnx(source, features, options.onnx))
    if options.saved_model:
        done.append(export_saved_model(source, options.saved_model))
    return done


def _require_proof(source: Source, verification: Verification, out: Path) -> None:
    if failed := verification.failed:
        raise ModelError(
            f"{source.name}: {failed[0].what}: {failed[0].result}; nothing was written to {out}"
        )

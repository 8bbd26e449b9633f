"""`python -m tools.classify PATH...`: what a board would make of recordings.

Each WAV or FLAC file, and each in the folders given, of any rate, becomes one window around its
word, as in training; features and scores are those of the bundle, bit for bit what the firmware
computes.
Files that cannot be read are named and left out.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from convert.bundle import BUNDLE
from convert.errors import BundleError, ModelError
from convert.source import Source
from tools.board import golden
from train.command import run_command
from train.data.clip import Clip, resample
from train.data.load import read_audio
from train.data.placing import placed
from train.errors import CompilerError, DataError
from train.features.binding import Frontend
from train.spread.workers import cores

SUFFIXES = (".wav", ".flac")
BATCH = 512  # files in memory at once
OF_256 = 256  # a score


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools.classify",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="example: python -m tools.classify recordings/ --json > scores.jsonl",
    )
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="files and folders")
    parser.add_argument(
        "--bundle", type=Path, default=BUNDLE, help=f"the bundle (default: {BUNDLE})"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line, all scores")
    options = parser.parse_args(arguments)
    return run_command(
        lambda: _classify(options),
        (BundleError, ModelError, DataError, CompilerError),
        "what is printed is right",
    )


def _classify(options: argparse.Namespace) -> int:
    bundle = golden.read(options.bundle)
    source = bundle.source
    files = recordings(options.paths)
    found = skipped = 0
    with tqdm(total=len(files), unit=" files", leave=False, disable=None) as bar:
        for start in range(0, len(files), BATCH):
            batch = files[start : start + BATCH]
            usable = list(_read(batch, source))
            bad = [one for one in usable if isinstance(one, DataError)]
            for error in bad:
                bar.write(f"skipped: {error}", file=sys.stderr)
            windows = [
                (path, one)
                for path, one in zip(batch, usable, strict=True)
                if not isinstance(one, DataError)
            ]
            for line in _lines(windows, bundle, options.json):
                bar.write(line, file=sys.stdout)
            found, skipped = found + len(windows), skipped + len(bad)
            bar.update(len(batch))
    if skipped:
        print(f"{found:,} files classified, {skipped:,} skipped", file=sys.stderr)
    if not found:
        raise DataError("no file could be classified")
    return 0


def recordings(paths: Sequence[Path]) -> list[Path]:
    """Files as they are given; those of a folder in order of their names."""
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES)
            if not inside:
                raise DataError(f"{path}: has no WAV or FLAC files; give another folder")
            files += inside
        else:
            files.append(path)
    return files


def _read(files: Sequence[Path], source: Source) -> Iterator[NDArray[np.int16] | DataError]:
    """Their windows, on every core, in order."""

    def one(path: Path) -> NDArray[np.int16] | DataError:
        try:
            samples, rate = read_audio(path)
        except DataError as error:
            return error
        clip = resample(Clip(samples, rate, "", "", ""), source.config.sample_rate)
        return placed(clip.samples, source.config.window, source.config.sample_rate)

    with ThreadPoolExecutor(cores()) as pool:
        yield from pool.map(one, files)


def _lines(
    windows: Sequence[tuple[Path, NDArray[np.int16]]], bundle: golden.Bundle, as_json: bool
) -> Iterator[str]:
    if not windows:
        return
    source = bundle.source
    features = Frontend(source.config).features(np.stack([window for _, window in windows]))
    zero = source.graph.tensors[source.graph.output].zero_point
    judged = golden.by_engine(bundle, features).astype(int) - zero  # as the firmware computes
    for (path, _), scores in zip(windows, judged, strict=True):
        best = int(scores.argmax())
        label, score = source.labels[best], int(scores[best]) / OF_256
        values = {name: int(s) / OF_256 for name, s in zip(source.labels, scores, strict=True)}
        row = {"path": str(path), "label": label, "score": score, "scores": values}
        yield json.dumps(row) if as_json else f"{label:<10} {score:4.0%}  {path}"


if __name__ == "__main__":
    sys.exit(main())

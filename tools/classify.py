"""`python -m tools.classify PATH...`: what a board would recognize in short recordings.

Each recording (WAV, FLAC, OGG, Opus, MP3, AIFF, at any rate), given directly or in a folder,
becomes one window around its word, as in training. Features and scores are computed from the
bundle, bit for bit as in the firmware. For recordings with more than one word, use
`python -m tools.stream`.

Files that cannot be read are reported and skipped; the exit code is then 1.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from convert import tflm
from convert.errors import BundleError, ModelError
from convert.options import bundle_option
from convert.source import Source
from tools.board import golden
from train.command import CommandParser, as_called, run_command
from train.data.clip import Clip, resample
from train.data.load import read_audio
from train.data.placing import placed
from train.errors import CompilerError, DataError
from train.features.binding import Frontend
from train.spread.progress import tqdm
from train.spread.workers import cores

SUFFIXES = (".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff")
UNREADABLE = (
    ".m4a",
    ".aac",
    ".wma",
    ".webm",
    ".amr",
    ".mp4",
)  # recordings in formats that cannot be read
LONG = 10.0  # seconds: more than one word
FEW = 200  # files: for fewer, Micro is faster than compiling the engine
BATCH = 512  # files in memory at once
OF_256 = 256  # a score

Judge = Callable[[golden.Bundle, NDArray[np.int8]], NDArray[np.int8]]


@dataclass(frozen=True)
class Heard:
    window: NDArray[np.int16]
    seconds: float  # length of the whole recording


def main(arguments: list[str] | None = None) -> int:
    parser = CommandParser(
        prog="python -m tools.classify",
        description=__doc__,
        epilog="example: python -m tools.classify recordings/ --json > scores.jsonl",
    )
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="files and folders")
    bundle_option(parser)
    parser.add_argument(
        "--json", action="store_true", help="print JSON: one object per line, with all scores"
    )
    options = parser.parse_args(arguments)
    return run_command(
        lambda: _classify(options),
        (BundleError, ModelError, DataError, CompilerError),
        "what was printed so far is valid",
    )


def _classify(options: argparse.Namespace) -> int:
    bundle = golden.read(options.bundle)
    source = bundle.source
    files = recordings(options.paths)
    few = len(files) <= FEW and tflm.available()
    judge = golden.by_micro if few else golden.by_engine  # both give identical scores
    found = long = 0
    skipped = _say_unreadable(options.paths)
    with tqdm(total=len(files), unit=" files", leave=False) as bar:
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
            long += sum(one.seconds > LONG for _, one in windows)
            for line in _lines(windows, bundle, judge, options.json):
                bar.write(line, file=sys.stdout)
            found, skipped = found + len(windows), skipped + len(bad)
            bar.update(len(batch))
    if long:
        print(
            f"{long:,} of {found:,} recordings are longer than {LONG:g} s; only the loudest "
            f"part of each was classified; for all words use {as_called('python -m tools.stream')}",
            file=sys.stderr,
        )
    if skipped:
        print(f"{found:,} files classified, {skipped:,} skipped", file=sys.stderr)
    if not found:
        raise DataError("no file could be classified")
    return 1 if skipped else 0


def _say_unreadable(paths: Sequence[Path]) -> int:
    """Reports recordings in unsupported formats; returns how many there are."""
    found = [p for path in paths if path.is_dir() for p in sorted(path.rglob("*"))
             if p.suffix.lower() in UNREADABLE]  # fmt: skip
    for path in found:
        print(f"skipped: {path}: unsupported format; convert it to WAV", file=sys.stderr)
    return len(found)


def recordings(paths: Sequence[Path]) -> list[Path]:
    """Returns files in the order given; those of a folder are sorted by name."""
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES)
            if not inside:
                kinds = ", ".join(SUFFIXES)
                raise DataError(f"{path}: contains no recordings ({kinds}); give another folder")
            files += inside
        else:
            files.append(path)
    return files


def _read(files: Sequence[Path], source: Source) -> Iterator[Heard | DataError]:
    """Yields their windows in order, using all cores."""

    def one(path: Path) -> Heard | DataError:
        try:
            samples, rate = read_audio(path)
        except DataError as error:
            return error
        clip = resample(Clip(samples, rate, "", "", ""), source.config.sample_rate)
        window = placed(clip.samples, source.config.window, source.config.sample_rate)
        return Heard(window, len(samples) / rate)

    with ThreadPoolExecutor(cores()) as pool:
        yield from pool.map(one, files)


def _lines(
    windows: Sequence[tuple[Path, Heard]], bundle: golden.Bundle, judge: Judge, as_json: bool
) -> Iterator[str]:
    if not windows:
        return
    source = bundle.source
    features = Frontend(source.config).features(np.stack([one.window for _, one in windows]))
    zero = source.graph.tensors[source.graph.output].zero_point
    judged = judge(bundle, features).astype(int) - zero  # as the firmware computes
    for (path, _), scores in zip(windows, judged, strict=True):
        best = int(scores.argmax())
        label, score = source.labels[best], int(scores[best]) / OF_256
        values = {name: int(s) / OF_256 for name, s in zip(source.labels, scores, strict=True)}
        row = {"path": str(path), "label": label, "score": score, "scores": values}
        yield json.dumps(row) if as_json else f"{label:<10} {score:4.0%}  {path}"


if __name__ == "__main__":
    sys.exit(main())

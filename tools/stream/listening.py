"""Runs files through the listener, using all cores."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tools.stream.listener import Decisions, hear, read_bundle
from tools.stream.recording import pieces, seconds
from train.spread.progress import tqdm
from train.spread.workers import FEWEST, in_parallel


@dataclass(frozen=True)
class Listening:
    """How files are processed; passed to the worker processes."""

    bundle: Path
    injected: bool
    period_ms: int


def listen(listening: Listening, files: Sequence[Path]) -> Iterator[Decisions]:
    """Yields each file's decisions, in order; many files use all cores."""
    lengths = [round(seconds(path)) for path in files]
    if len(files) >= FEWEST:
        work = partial(listen_to, listening)
        yield from in_parallel(work, files, "listening", lengths, "s")
        return
    with tqdm(total=sum(lengths), desc="listening", unit=" s", leave=False) as bar:
        for path in files:
            yield listen_to(listening, path, bar)


def listen_to(listening: Listening, path: Path, bar: tqdm | None = None) -> Decisions:
    bundle = read_bundle(listening.bundle)

    def told() -> Iterator[NDArray[np.int16]]:
        for piece in pieces(path, bundle.rate):
            yield piece
            if bar is not None:
                bar.update(len(piece) // bundle.rate)

    return hear(bundle, told(), injected=listening.injected, period_ms=listening.period_ms)

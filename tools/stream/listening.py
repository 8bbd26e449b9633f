"""Runs files and scenes through the listener, using all cores."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tools.stream.listener import Decisions, hear, read_bundle
from tools.stream.recording import pieces, seconds
from tools.stream.scene import RATE, Scene, render
from train.data.clip import Clip, resample
from train.data.long.labels import Label
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


def listen_to_scenes(
    listening: Listening, scenes: Sequence[Scene]
) -> Iterator[tuple[Decisions, list[Label]]]:
    """Makes each scene and yields its decisions and its label track. Hours of them would fill
    gigabytes as files."""
    clips = [len(scene.clips) for scene in scenes]
    return in_parallel(partial(_listen_to_scene, listening), scenes, "words", clips, "clips")


def _listen_to_scene(listening: Listening, scene: Scene) -> tuple[Decisions, list[Label]]:
    bundle = read_bundle(listening.bundle)
    samples, labels = render(scene)
    if bundle.rate != RATE:
        samples = resample(Clip(samples, RATE, "", "", ""), bundle.rate).samples
    decisions = hear(bundle, [samples], injected=listening.injected, period_ms=listening.period_ms)
    return decisions, labels

"""Long recordings made on the spot: synthesized voices reading, and noise."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from train.cache import Cache
from train.data.clip import resample
from train.data.corpus import Corpus
from train.data.entry import Entry
from train.data.long.collection import read_long
from train.data.long.labels import Label, write_track
from train.data.noises import Noises
from train.data.sources.synthetic import speak, voices
from train.features.streams import Streams, make_streams
from train.settings import Settings, read_settings

RATE = 16_000
NO_CACHE = Cache(Path("nowhere"), enabled=False)
READERS = [f"{number}" for number in range(100, 112)]


@lru_cache(maxsize=64)
def said(text: str, voice: int = 0) -> NDArray[np.int16]:
    entry = Entry("synthetic", "unknown", text, "somebody", voice=voices(40)[voice])
    return resample(speak(entry), RATE).samples


def write_noise(path: Path, seconds: float, seed: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = np.random.default_rng(seed).normal(0, 800, round(seconds * RATE))
    soundfile.write(path, samples.astype(np.int16), RATE)


def write_reading(path: Path, readers: Sequence[str] = READERS, text: str = "") -> None:
    """A sentence by each reader, 0.3 s apart, with the table that says who reads when."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pause = np.zeros(round(0.3 * RATE), np.int16)
    parts, lines, at = [], ["file,start,end,utterance"], 0
    for number, reader in enumerate(readers):
        samples = said(text or "could you close the door behind you", number)
        begin, end = at / RATE, (at + len(samples)) / RATE
        lines.append(f"{path.name},{begin:.3f},{end:.3f},tc100_{reader}-1240-0000")
        parts += [samples, pause]
        at += len(samples) + len(pause)
    soundfile.write(path, np.concatenate(parts), RATE)
    (path.parent / "sources.csv").write_text("\n".join(lines) + "\n")


def label(path: Path, *labels: tuple[float, float, str]) -> None:
    write_track(path.with_suffix(".txt"), [Label(*one) for one in labels])


def settings_for(folder: Path, *changes: str) -> Settings:
    voices_only = ["data.synthetic.speakers=6", "data.synthetic.other_words=1"]
    return read_settings("synthetic", [*voices_only, f"data.long={folder}", *changes])


def streams_of(chosen: Settings, split: str, copies: int = 0) -> Streams | None:
    corpus = Corpus([], [], [], [], Noises(), [], long=read_long(chosen)[0])
    return make_streams(chosen, corpus, chosen.frontend, split, copies, NO_CACHE)

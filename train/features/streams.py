"""Features of long recordings: computed once per variant as a stream of frames, of which any
stretch is a window. Each piece of a minute is a task of its own, and cached as such."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from train import augment as augmentation
from train.cache import Cache, key_of
from train.data import load
from train.data.corpus import Corpus, label_names
from train.data.load import read_part
from train.data.long.spans import Span
from train.data.noises import Noises
from train.features import binding
from train.features.blocks import code_hash, frontend_of, of_waveforms, recorded_noises
from train.settings import Augmentation, Settings
from train.settings.frontend import FrontendConfig
from train.settings.words import SILENCE, UNKNOWN
from train.spread.workers import in_parallel

MARGIN = 0.1  # seconds between a window and a labelled keyword


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A part of a recording, in seconds, as recorded (variant 0) or in other surroundings."""

    config: FrontendConfig
    seed: int
    path: Path
    digest: str
    start: float
    end: float
    variant: int
    ranges: Augmentation
    noises: Noises

    @property
    def key(self) -> str:
        changed = [of_waveforms(self.ranges), *self.noises.digests, self.noises.split]
        return key_of(
            code_hash(), _own_code(), self.config.to_dict(), self.digest, self.start, self.end,
            *([self.seed, self.variant, changed] if self.variant else []),
        )  # fmt: skip


@dataclass(frozen=True)
class Streams:
    """All pieces of a split, end to end: int8 features [variants, frames, coefficients]. Windows
    may begin at the frames `starts` [n]; each has a label number."""

    features: NDArray[np.int8]
    starts: NDArray[np.int64]
    labels: NDArray[np.int32]
    window: int  # frames
    hop: float  # seconds from frame to frame
    ends: NDArray[np.int64]  # of the pieces, in frames

    def windows(self, variants: NDArray[np.int64], starts: NDArray[np.int64]) -> NDArray[np.int8]:
        """int8 features [n, frames, coefficients] of windows that begin at these frames."""
        frames = starts[:, None] + np.arange(self.window)
        return self.features[variants[:, None], frames]

    def every(self, seconds: float) -> NDArray[np.int64]:
        """Positions in `starts` of windows that are this far apart in their piece."""
        step = max(1, round(seconds / self.hop))
        begins = np.concatenate([[0], self.ends[:-1]])
        offset = self.starts - begins[np.searchsorted(self.ends, self.starts, side="right")]
        return np.flatnonzero(offset % step == 0)


def make_streams(
    settings: Settings,
    corpus: Corpus,
    config: FrontendConfig,
    split: str,
    copies: int,
    cache: Cache,
) -> Streams | None:
    """The split's long recordings, each as recorded and in `copies` other surroundings; None if
    there are none."""
    spans = corpus.long.of(split)
    places = [(span, start, end) for span in spans for start, end in span.pieces]
    pieces = [
        [_piece(settings, corpus, config, place, variant) for place in places]
        for variant in range(copies + 1)
    ]
    computed = _features([piece for row in pieces for piece in row], cache, split)
    rows = [computed[i * len(places) : (i + 1) * len(places)] for i in range(copies + 1)]
    lengths = [len(one) for one in rows[0]]
    starts, labels = _allowed(settings, config, places, lengths)
    if not len(starts):
        return None
    return Streams(
        features=np.stack([np.concatenate(row) for row in rows]),
        starts=starts,
        labels=labels,
        window=config.frames,
        hop=config.hop / config.sample_rate,
        ends=np.cumsum(lengths),
    )


Place = tuple[Span, float, float]


def _piece(
    settings: Settings, corpus: Corpus, config: FrontendConfig, place: Place, variant: int
) -> Piece:
    span, start, end = place
    return Piece(
        config=config,
        seed=settings.seed,
        path=span.recording.path,
        digest=span.recording.digest,
        start=start,
        end=end,
        variant=variant,
        ranges=settings.augmentation,
        noises=corpus.noises if variant else Noises(),
    )


def _features(pieces: Sequence[Piece], cache: Cache, split: str) -> list[NDArray[np.int8]]:
    found = {i: cache.load(piece.key) for i, piece in enumerate(pieces)}
    missing = [i for i, cached in found.items() if cached is None]
    tasks = [pieces[i] for i in missing]
    seconds = [round(piece.end - piece.start) for piece in tasks]
    results = in_parallel(compute, tasks, f"long recordings ({split})", seconds, "seconds")
    for i, computed in zip(missing, results, strict=True):
        cache.store(pieces[i].key, computed)
        found[i] = computed
    return [one for _, one in sorted(found.items()) if one is not None]


def compute(piece: Piece) -> NDArray[np.int8]:
    """int8 [frames, coefficients]."""
    rate = piece.config.sample_rate
    samples = read_part(piece.path, piece.start, piece.end, rate)
    if piece.variant:
        place = round(1000 * piece.start)
        random = np.random.default_rng([piece.seed, int(piece.digest, 16), place, piece.variant])
        noises = recorded_noises(piece.noises, rate)
        samples = augmentation.augment_stream(samples, rate, piece.ranges, noises, random)
    return frontend_of(piece.config).stream_features(samples)


def _allowed(
    settings: Settings, config: FrontendConfig, places: Sequence[Place], lengths: Sequence[int]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """First frames of windows that lie in one piece and away from keywords, and their labels."""
    names = label_names(settings.data)
    starts, labels, first = [np.empty(0, np.int64)], [np.empty(0, np.int32)], 0
    for (span, begin, _), length in zip(places, lengths, strict=True):
        frames = np.arange(max(0, length - config.frames + 1))
        at = begin + frames * config.hop / config.sample_rate
        until = at + config.window / config.sample_rate
        free = np.ones(len(frames), bool)
        for word in span.recording.words:
            free &= (until <= word.start - MARGIN) | (at >= word.end + MARGIN)
        starts.append(first + frames[free])
        label = names.index(UNKNOWN if span.recording.speech else SILENCE)
        labels.append(np.full(int(free.sum()), label, np.int32))
        first += length
    return np.concatenate(starts), np.concatenate(labels)


@lru_cache(maxsize=1)
def _own_code() -> str:
    digest = hashlib.sha256()
    for path in (__file__, load.__file__, binding.__file__):
        digest.update(Path(path).read_bytes())
    return digest.hexdigest()

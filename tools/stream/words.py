"""Plans scenes with the isolated words of a folder of clips: alone, far away, in real sound.

A file holds whole speakers, so that an interval over files is one over speakers. What is drawn
depends on the contents of the clips, not on their names or on when they are measured.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import numpy as np

from tools.stream.recording import seconds
from tools.stream.scene import DIGIT_PAUSE, SPEECH, Part, Scene
from tools.stream.unheard import EVERYTHING, Parts
from train.data.entry import Entry

ALONE, FAR_AWAY, OTHERS = "words alone", "words far away", "other words"
RATIOS = (20, 10, 5)  # dB, from the mean power of a word to that of 30 s of sound
CLIPS = 20  # in a file, at least
SHORTEST = 1.0  # seconds of sound behind words


def plan_words(
    clips: Sequence[Entry],
    keywords: Collection[str],
    behind: Mapping[str, Sequence[Part]],
    far: bool,
    ratios: Sequence[int] = RATIOS,
) -> list[Scene]:
    """`behind` is real sound by kind. Clips of other words become scenes without keywords."""
    scenes = []
    for number, part in enumerate(_files([one for one in clips if one.label in keywords])):
        seed = _seed(part)
        order = np.random.default_rng(seed).permutation(len(part))
        alone = Scene(ALONE, number, seed, tuple(part[i] for i in order), pause=DIGIT_PAUSE)
        scenes.append(alone)
        if far:
            scenes.append(replace(alone, kind=FAR_AWAY, far=True))
        scenes += [
            replace(alone, kind=f"words in {kind}, {ratio} dB", behind=tuple(parts),
                    background=SPEECH - ratio, spread=0.0)
            for kind, parts in behind.items()
            for ratio in ratios
        ]  # fmt: skip
    others = _files([one for one in clips if one.label not in keywords])
    return scenes + [
        Scene(OTHERS, number, _seed(part), tuple(part), pause=DIGIT_PAUSE)
        for number, part in enumerate(others)
    ]


def _files(clips: Sequence[Entry]) -> Iterator[list[Entry]]:
    """Whole speakers, until there are enough for a file."""
    part: list[Entry] = []
    for _, own in groupby(sorted(clips, key=lambda one: one.speaker), lambda one: one.speaker):
        part += own
        if len(part) >= CLIPS:
            yield part
            part = []
    if part:
        yield part


def _seed(clips: Sequence[Entry]) -> int:
    seed = 0
    for one in clips:
        seed = zlib.crc32(one.path.read_bytes() if one.path else one.name.encode(), seed)
    return seed


def sound_behind(files: Mapping[Path, str], parts: Mapping[Path, Parts]) -> dict[str, list[Part]]:
    """Long recordings by kind, as far as the model did not learn from them."""
    found: dict[str, list[Part]] = {}
    for path, kind in files.items():
        length = seconds(path)
        for start, end in parts.get(path, EVERYTHING):
            if min(end, length) - start >= SHORTEST:
                found.setdefault(kind, []).append(Part(path, start, min(end, length)))
    return {kind: found[kind] for kind in sorted(found)}


def kinds_of(paths: Sequence[Path], files: Sequence[Path], rest: str) -> dict[Path, str]:
    """The kind of sound of each file: the name of its folder, if a folder was given."""
    folders = [path for path in paths if path.is_dir()]
    return {
        path: path.resolve().parent.name if any(f in path.parents for f in folders) else rest
        for path in files
    }

"""Rivals and bundles on the same recordings, judged by the same rules: how often a word is missed
at a fixed number of false accepts per hour."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from tools.bench import rivals
from tools.bench.rivals import RIVALS, Samples
from tools.classify import recordings
from tools.stream.curve import THRESHOLDS
from tools.stream.intervals import fewer_than
from tools.stream.judging import (
    AFTER,
    REST,
    Detection,
    Event,
    Protocol,
    Track,
    hours_of,
    match,
    track,
)
from tools.stream.listener import detect, hear, read_bundle
from tools.stream.misses import Tally, cell, groups_of, missed, tally
from tools.stream.recording import pieces
from tools.stream.scene import RATE, Scene, render
from tools.stream.unheard import EVERYTHING, Parts, not_learned, strangers
from tools.stream.words import OTHERS, kinds_of, plan_words, sound_behind
from train.data.long.labels import Label, read_track, track_of
from train.errors import DataError
from train.pages.markdown import markdown
from train.spread.progress import Progress
from train.spread.workers import in_parallel

RATES = (0.5, 1.0)  # false accepts per hour
RATIOS = (10,)  # dB, that of Picovoice's benchmark
PERIOD = 0.1  # seconds; hours are counted in steps of this
REMEDY = 'run: pip install -e ".[rivals]"'

Sound = Path | Scene
Contender = str | Path  # a rival's name, or a bundle's folder


@dataclass(frozen=True)
class Take:
    """What a contender detected in a sound."""

    seconds: float
    labels: list[Label]  # of a scene
    found: list[list[Detection]]  # lowest threshold first


@dataclass(frozen=True)
class Row:
    """A contender's counts."""

    name: str
    sound: Tally
    spoken: Tally


def contenders(word: str, bundles: Sequence[Path]) -> list[Contender]:
    """Rivals that are installed and know the word, by name, and bundles."""
    found: list[Contender] = []
    for rival in RIVALS.values():
        if not rival.installed:
            print(f"left out: {rival.name} is not installed; {REMEDY}", file=sys.stderr)
            continue
        if word in rival.words:
            found.append(rival.name)
        else:
            known = ", ".join(rival.words)
            print(f"left out: {rival.name} knows {known}, not {word}", file=sys.stderr)
    for folder in bundles:
        if word not in (words := read_bundle(folder.resolve()).words):
            raise DataError(f"{folder}: its words are {', '.join(sorted(words))}, not {word}")
        found.append(folder.resolve())
    if not found:
        raise DataError(f"nobody can be compared on {word}; {REMEDY}, or give --bundle")
    return found


def measure(
    who: Sequence[Contender],
    word: str,
    clips: Path,
    long: Path,
    run: Path | None,
    protocol: Protocol,
) -> list[Row]:
    """The same recordings for everybody; what a bundle learned from does not count for it."""
    files = [path for path in recordings([long]) if track_of(path).is_file()]
    if not files:
        raise DataError(
            f"{long}: has no label tracks; an empty NAME.txt means that no keyword occurs"
        )
    learned = {
        one: not_learned([long], read_bundle(one)) if isinstance(one, Path) else {} for one in who
    }
    kinds = kinds_of([long], files, REST)
    behind = sound_behind(kinds, {path: p for one in learned.values() for path, p in one.items()})
    scenes = plan_words(strangers(clips, run=run), (word,), behind, False, RATIOS)
    if not any(scene.kind != OTHERS for scene in scenes):
        raise DataError(f"{clips}: manifest.csv has no clips of {word}")
    return [_row(one, word, kinds, scenes, learned[one], protocol) for one in who]


def _row(
    who: Contender,
    word: str,
    kinds: Mapping[Path, str],
    scenes: Sequence[Scene],
    parts: Mapping[Path, Parts],
    protocol: Protocol,
) -> Row:
    name = who if isinstance(who, str) else f"tinykws {read_bundle(who).model}"
    sounds: list[Sound] = [*kinds, *scenes]
    takes = list(in_parallel(partial(take, who, word), sounds, name, unit="recordings"))
    heard: list[tuple[Track, Take]] = []
    spoken: list[tuple[Track, Take]] = []
    for sound, one in zip(sounds, takes, strict=True):
        only_words = isinstance(sound, Scene) and sound.kind != OTHERS
        known = _track(sound, one.labels, word, kinds, parts)
        (spoken if only_words else heard).append((known, one))
    counted = _tally(heard, protocol)
    return Row(name, counted, _tally(spoken, protocol).after(counted))


def _track(
    sound: Sound,
    labels: Sequence[Label],
    word: str,
    kinds: Mapping[Path, str],
    parts: Mapping[Path, Parts],
) -> Track:
    """The word, and one kind of sound: other words in the label track are a part of it."""
    if isinstance(sound, Scene):
        known = track(sound.name, labels, (word,), sound.kind)
    else:
        labels = read_track(track_of(sound))
        known = track(str(sound), labels, (word,), kinds[sound], parts.get(sound, EVERYTHING))
    return replace(known, others=())


def _tally(takes: Sequence[tuple[Track, Take]], protocol: Protocol) -> Tally:
    hours = [hours_of(known, np.arange(AFTER, one.seconds, PERIOD), PERIOD) for known, one in takes]
    steps = len(takes[0][1].found) if takes else 0

    def judged() -> Iterator[list[list[Event]]]:
        for i in range(steps):
            yield [match(known, one.found[i], protocol) for known, one in takes]
            progress.add(1)

    progress = Progress("judging", steps, "thresholds")
    try:
        return tally(hours, judged())
    finally:
        progress.close()


def take(who: Contender, word: str, sound: Sound) -> Take:
    """Runs one contender on one sound."""
    labels: list[Label] = []
    if isinstance(sound, Scene):
        samples, labels = render(sound)
        given = [samples]
    else:
        given = list(pieces(sound, RATE))
    if isinstance(who, str):
        found = rivals.detections(who, word, given)
    else:
        found = _by_bundle(who, word, given)
    return Take(sum(map(len, given)) / RATE, labels, found)


def _by_bundle(who: Path, word: str, samples: Samples) -> list[list[Detection]]:
    bundle = read_bundle(who)
    if bundle.rate != RATE:
        raise DataError(f"{who}: is for {bundle.rate} Hz; rivals are compared at {RATE}")
    decisions = hear(bundle, samples)
    detectors = (replace(bundle.detector, threshold=threshold) for threshold in THRESHOLDS)
    return [
        [
            Detection(int(one["time_ms"]) / 1000, word, int(one["score"]) / 256)
            for one in detect(bundle, decisions, detector)
            if bundle.labels[one["label"]] == word
        ]
        for detector in detectors
    ]


def describe(rows: Sequence[Row], word: str, protocol: Protocol) -> str:
    table = [["words", "model", "number", "hours", *(f"missed at {r:g} per hour" for r in RATES)]]
    groups = {row.name: groups_of(row.spoken) for row in rows}
    for kind in next(iter(groups.values())):
        for row in rows:
            spoken = groups[row.name][kind]
            found = [missed(row.sound, spoken, rate) for rate in RATES]
            table.append([
                kind, row.name, f"{int(spoken.words.sum()):,}", f"{row.sound.hours.sum():.2f}",
                *(cell(one) for one in found),
            ])  # fmt: skip
    hours = min(float(row.sound.hours.sum()) for row in rows)
    return "\n\n".join((
        f"Words missed of {word}, rules of {protocol.name}, 95 % interval over files. None heard "
        f"in {hours:.2f} hours proves fewer than {fewer_than(hours):.1f} per hour.",
        markdown(table),
        _sounds(rows),
    ))  # fmt: skip


def _sounds(rows: Sequence[Row]) -> str:
    """The false accepts at the thresholds of the last column, by kind of sound."""
    most = RATES[-1]
    table = [["sound", "hours", *(f"{row.name}, false accepts" for row in rows)]]
    numbers = [missed(row.sound, row.spoken, most).threshold for row in rows]
    for kind in sorted(set(rows[0].sound.listened().kinds)):
        parts = [row.sound.of(kind) for row in rows]
        counts = [
            "" if number is None else str(int(part.false[number].sum()))
            for part, number in zip(parts, numbers, strict=True)
        ]
        table.append([kind, f"{parts[0].hours.sum():.2f}", *counts])
    return f"False accepts at the threshold for {most:g} per hour:\n\n{markdown(table)}"


def as_tree(rows: Sequence[Row]) -> list[dict[str, Any]]:
    return [
        {
            "model": row.name, "words": kind, "number": int(spoken.words.sum()),
            "hours": float(row.sound.hours.sum()), "an_hour": rate, "missed": found.share,
            "interval": [found.low, found.high], "false_accepts": found.false,
        }
        for row in rows
        for kind, spoken in groups_of(row.spoken).items()
        for rate in RATES
        for found in [missed(row.sound, spoken, rate)]
    ]  # fmt: skip

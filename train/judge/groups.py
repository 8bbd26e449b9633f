"""Finds groups of windows that a model gets wrong more often than the rest, and describes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from train.judge.statistics import interval, surprise
from train.pages.html import number, percent
from train.settings.words import SILENCE, UNKNOWN

Mask = NDArray[np.bool_]
SPEAKER, WORD, PAIR, LEVEL, SNR, LENGTH = "speaker", "word", "pair", "level", "snr", "length"
KINDS = {
    PAIR: "label \N{RIGHTWARDS ARROW} recognized as",
    WORD: "word said",
    SPEAKER: "speaker",
    LEVEL: "level",
    SNR: "SNR",
    LENGTH: "length",
}
EDGES = {  # limits of the groups: above one, up to the next
    LEVEL: (-40.0, -30.0, -20.0, -10.0),
    SNR: (10.0, 20.0, 30.0, 40.0),
    LENGTH: (0.3, 0.4, 0.5, 0.6, 0.8, 1.0),
}
UNITS = {LEVEL: "dBFS", SNR: "dB SNR", LENGTH: "s"}
REMARKABLE = 0.01  # largest probability by chance of a detail worth reporting
HALF = 0.5  # smallest share of a group's mistakes of a detail worth reporting


@dataclass(frozen=True)
class Heard:
    """Windows and what a model recognized in them. `groups` has the word that was spoken, which the
    label `unknown` hides."""

    labels: Sequence[str]
    said: NDArray[np.int_]  # label numbers [n]
    heard: NDArray[np.int_]
    spoken: Mask  # false for silence
    groups: Mapping[str, Sequence[str]]  # by kind, except pairs: the group of each window

    @property
    def wrong(self) -> Mask:
        return self.said != self.heard

    @property
    def false_accepts(self) -> Mask:
        """Windows without a keyword in which one was recognized; they are shown to the user
        first."""
        return false_accepts(self.labels, self.said, self.heard)

    def accepts(self, group: Group) -> bool:
        """Whether most of a group's mistakes are false accepts."""
        missed = group.inside & group.missed
        return bool(missed.any()) and float(self.false_accepts[missed].mean()) > HALF


@dataclass(frozen=True)
class Group:
    """Some of the windows and their mistakes, and those of the population they belong to."""

    kind: str
    name: str
    inside: Mask  # its windows
    population: Mask  # the windows that it is compared with, including its own
    missed: Mask  # the counted mistakes, among all windows

    @property
    def windows(self) -> int:
        return int(self.inside.sum())

    @property
    def mistakes(self) -> int:
        return int((self.inside & self.missed).sum())

    @property
    def others(self) -> tuple[int, int]:
        """Number of mistakes and windows of the rest."""
        rest = self.population & ~self.inside
        return int((rest & self.missed).sum()), int(rest.sum())

    @cached_property
    def interval(self) -> tuple[float, float]:
        return interval(self.mistakes, self.windows)

    @cached_property
    def chance(self) -> float:
        """The probability of as many mistakes if they were distributed at random."""
        everything = int((self.population & self.missed).sum())
        return surprise(self.mistakes, self.windows, everything, int(self.population.sum()))

    @property
    def stands_out(self) -> bool:
        """Whether the interval of its share of mistakes lies above the share of the population."""
        overall = float(self.missed[self.population].mean())
        return self.interval[0] > overall


def false_accepts(labels: Sequence[str], said: NDArray[Any], recognized: NDArray[Any]) -> Mask:
    """Windows of an unknown word or of silence that are recognized as a keyword."""
    rejected = [i for i, label in enumerate(labels) if label in (UNKNOWN, SILENCE)]
    return np.isin(said, rejected) & ~np.isin(recognized, rejected)


def band(kind: str, value: float) -> str:
    """The name of the group that a level, an SNR or a length belongs to."""
    edges, unit = EDGES[kind], UNITS[kind]
    place = int(np.searchsorted(edges, value))
    texts = [number(edge, 1 if kind == LENGTH else 0) for edge in edges]
    if place == 0:
        return f"up to {texts[0]} {unit}"
    if place == len(edges):
        return f"over {texts[-1]} {unit}"
    return f"{texts[place - 1]} to {texts[place]} {unit}"


def all_groups(heard: Heard) -> list[Group]:
    """All groups with windows: groups of false accepts first, then by how surprising they are."""
    found = [*_plain(heard), *_pairs(heard)]
    return sorted(
        found, key=lambda group: (not heard.accepts(group), group.chance, group.kind, group.name)
    )


def word_pairs(heard: Heard, chosen: Mask) -> list[tuple[str, str, int]]:
    """The spoken word, what it was recognized as and how often, most frequent first."""
    words = heard.groups.get(WORD) or [heard.labels[i] for i in heard.said]
    counts = Counter((words[i], heard.labels[heard.heard[i]]) for i in np.flatnonzero(chosen))
    return sorted(((*pair, n) for pair, n in counts.items()), key=lambda one: (-one[2], *one[:2]))


def _plain(heard: Heard) -> Iterator[Group]:
    for kind, names in heard.groups.items():
        column = np.array(names)
        for name in sorted({name for name, spoken in zip(names, heard.spoken, strict=True)
                            if spoken}):  # fmt: skip
            inside = (column == name) & heard.spoken
            yield Group(kind, name, inside, heard.spoken, heard.wrong)


def _pairs(heard: Heard) -> Iterator[Group]:
    """One label recognized as another, compared with all other labels that could be."""
    pairs = zip(heard.said[heard.wrong], heard.heard[heard.wrong], strict=True)
    for said, taken in sorted({(int(a), int(b)) for a, b in pairs}):
        yield Group(
            PAIR,
            pair_name(heard.labels[said], heard.labels[taken]),
            heard.said == said,
            heard.said != taken,
            (heard.heard == taken) & heard.wrong,
        )


def pair_name(said: str, heard: str) -> str:
    return f"{said} \N{RIGHTWARDS ARROW} {heard}"


def sentence(group: Group, heard: Heard) -> str:
    """A description of a group, in words and numbers."""
    low, high = (percent(share) for share in group.interval)
    share = percent(group.mistakes / group.windows)
    times = f"{number(group.mistakes)} time{'s' * (group.mistakes != 1)}"
    parts = [
        f"{_subject(group)} {times} out of {number(group.windows)} ({share} %, 95 % interval {low} "
        f"to {high} %); {_rest(group)}.",
        *_details(group, heard),
        f"By chance: {_odds(group.chance)}.",
    ]
    return " ".join(parts)


def _subject(group: Group) -> str:
    if group.kind == PAIR:
        said, taken = group.name.split(" \N{RIGHTWARDS ARROW} ")
        return f"{said} is recognized as {taken}"
    if group.kind == SPEAKER:
        return f"{group.name} is misrecognized"
    if group.kind == WORD:
        return f'"{group.name}" is misrecognized'
    return f"Clips of {group.name} are misrecognized"


def _rest(group: Group) -> str:
    mistakes, windows = group.others
    who = "all other labels" if group.kind == PAIR else "the rest"
    return f"{who} {number(mistakes)} of {number(windows)} ({percent(mistakes / windows)} %)"


def _details(group: Group, heard: Heard) -> list[str]:
    """Its most frequent pair, and what most of its mistakes have in common."""
    missed = group.inside & group.missed
    found = []
    if group.kind != PAIR:
        said, taken, count = word_pairs(heard, missed)[0]
        if count > 1:
            found.append(f"Most often {said} as {taken} ({number(count)} times).")
    shared = {
        kind: one
        for kind in heard.groups
        if kind != group.kind and (one := _shared(group, heard, kind))
    }
    if SPEAKER in shared:
        found.append(shared.pop(SPEAKER)[1])
    if shared:
        found.append(min(shared.values())[1])
    return found


def _shared(group: Group, heard: Heard, kind: str) -> tuple[float, str] | None:
    """What most of a group's mistakes have in common, unless the whole group has it in common. A
    speaker who made most of them is always reported, with their share of the group's windows."""
    missed = group.inside & group.missed
    column = np.array(heard.groups[kind])
    counts = Counter(column[missed & heard.spoken].tolist())
    if not counts:
        return None
    name, count = max(counts.items(), key=lambda item: (item[1], item[0]))
    windows = int((group.inside & (column == name)).sum())
    chance = surprise(count, windows, group.mistakes, group.windows)
    known = windows == group.windows if kind == SPEAKER else chance > REMARKABLE
    if count < 2 or count < HALF * group.mistakes or known:
        return None
    which = {SPEAKER: f"by {name}", WORD: f'of "{name}"'}.get(kind, f"clips of {name}")
    of = f"{number(windows)} of all {number(group.windows)}"
    return chance, f"{number(count)} of the {number(group.mistakes)} are {which}, as are {of}."


def _odds(chance: float) -> str:
    if chance < 1e-9:
        return "less than 1 in a billion"
    odds = 1 / chance
    digits = 10 ** max(0, len(str(round(odds))) - 2)
    return f"1 in {number(round(odds / digits) * digits)}"

"""A user's own clips: which are trained on, and which are held back for judging."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from train.cache import Cache
from train.data.corpus import MEASURING_ONLY, Corpus, Lengths, rated
from train.data.entry import Entry
from train.data.index import examine, sort_out
from train.data.load import Rejected
from train.data.sources import folder
from train.errors import DataError
from train.settings import Data
from train.settings.frontend import FrontendConfig
from train.settings.words import UNKNOWN

KEPT_BACK = 4  # hold back every fourth clip of a speaker's digit: none of three, one of four


def read_own_clips(
    place: Path,
    trained: Corpus,
    data: Data,
    config: FrontendConfig,
    cache: Cache,
    judged: bool = False,
) -> Corpus:
    """The folder as a corpus: `train` is trained on, `test` is held back. Unusable clips and copies
    are left out and counted. Noises are added to those of training. `judged`: they are what a board
    detected; then other words count as much as words, and are held back as well."""
    entries = [rated(e, data.words) for e in sorted(folder.entries(place), key=_in_order)]
    if any(entry.measures for entry in entries):
        raise DataError(f"{place}: {MEASURING_ONLY}")
    kept, rejected = sort_out(entries, examine(entries, config, cache))
    usable = {finding.digest: entry for entry, finding in kept}
    _check(place, usable, trained, data.words, rejected, judged)
    noises = {d: e for d, e in usable.items() if e.kind == "noise"}
    spoken = {
        d: e for d, e in usable.items() if e.kind == "digits" or (data.unknown and d not in noises)
    }
    return Corpus(
        entries=list(spoken.values()),
        digests=list(spoken),
        labels=[e.label if e.kind == "digits" else UNKNOWN for e in spoken.values()],
        splits=_kept_back(list(spoken.values()), judged),
        noises=replace(
            trained.noises,
            entries=(*trained.noises.entries, *noises.values()),
            digests=(*trained.noises.digests, *noises),
        ),
        rejected=rejected,
        lengths=Lengths.of([finding for _, finding in kept]),
    )


def _in_order(entry: Entry) -> tuple[list[tuple[int, str]], str]:
    """Natural order: 10.wav comes after 9.wav."""
    parts = re.split(r"(\d+)", str(entry.path))
    return [(int(p), "") if p.isdigit() else (-1, p) for p in parts], str(entry.path)


def _check(
    place: Path,
    usable: dict[str, Entry],
    trained: Corpus,
    words: Sequence[str],
    rejected: list[Rejected],
    judged: bool,
) -> None:
    if not any(judged or entry.kind == "digits" for entry in usable.values()):
        why = f"; {rejected[0].reason}" if rejected else ""
        raise DataError(
            f"{place}: none of {', '.join(words)} can be used; record some, such as "
            f"{words[-1]}/1.wav{why}"
        )
    if known := set(trained.digests) & set(usable):
        raise DataError(
            f"{place}: {len(known):,} of the clips are the run's own, such as "
            f"{usable[min(known)].path}; give clips that the run has not used"
        )


def _kept_back(entries: list[Entry], judged: bool) -> list[str]:
    counts: dict[tuple[str, str], int] = defaultdict(int)
    splits = []
    for entry in entries:
        counts[entry.speaker, entry.label] += judged or entry.kind == "digits"
        turn = counts[entry.speaker, entry.label]
        splits.append("test" if turn and turn % KEPT_BACK == 0 else "train")
    return splits


def describe(place: Path, clips: Corpus, words: Sequence[str]) -> str:
    """Which clips there are, what is missing, and what was left out."""
    learned, kept = len(clips.of("train")), len(clips.of("test"))
    lines = [f"{place}: {learned:,} clips to train on, {kept:,} held back for judging"]
    missing = [word for word in words if word not in clips.labels]
    if missing:
        lines.append(f"no clips of {', '.join(missing)}: nothing new is learned for them")
    lines += clips.lengths.lines
    if clips.rejected:
        lines.append(f"{len(clips.rejected):,} of the clips could not be used and are left out:")
        lines += [f"  {rejected.reason}" for rejected in clips.rejected]
    return "\n".join(lines)

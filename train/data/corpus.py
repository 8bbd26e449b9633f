"""Builds the corpus from the settings: usable clips with their labels and splits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from train.cache import Cache, key_of
from train.data.entry import Entry
from train.data.index import Finding, examine, sort_out
from train.data.load import Rejected
from train.data.long.collection import Collection, long_table, read_long
from train.data.noises import Noises
from train.data.sources.engines import synthesized
from train.data.sources.registry import SOURCES, entries_of
from train.data.split import SPLITS, How, split, split_table
from train.errors import DataError
from train.settings import Data, Settings
from train.settings.words import SILENCE, UNKNOWN

MEASURING_ONLY = "for measuring only; use tinykws classify or stream"


@dataclass(frozen=True)
class Lengths:
    """How many of the clips in use are longer than the window, and how they were cut."""

    long: int = 0
    moved: int = 0  # of those; their middle does not contain the whole word

    @classmethod
    def of(cls, findings: Sequence[Finding]) -> Lengths:
        return cls(sum(f.words is not None for f in findings), sum(f.moved for f in findings))

    @property
    def lines(self) -> list[str]:
        if not self.long:
            return []
        return [
            f"{self.long:,} clips are longer than the window and were cut around their word; "
            f"in {self.moved:,} of them the middle would have missed part of it"
        ]


@dataclass(frozen=True)
class Corpus:
    """Usable clips without audio: parallel lists of entries, sample hashes, labels and splits."""

    entries: list[Entry]
    digests: list[str]
    labels: list[str]
    splits: list[str]
    noises: Noises
    rejected: list[Rejected]
    lengths: Lengths = Lengths()
    long: Collection = field(default_factory=Collection)

    def of(self, name: str) -> list[int]:
        return [i for i, s in enumerate(self.splits) if s == name]

    def only(self, indices: Sequence[int]) -> Corpus:
        """A corpus of some of its clips, in the same splits."""
        return replace(
            self,
            entries=[self.entries[i] for i in indices],
            digests=[self.digests[i] for i in indices],
            labels=[self.labels[i] for i in indices],
            splits=[self.splits[i] for i in indices],
        )

    @property
    def fingerprint(self) -> str:
        """A hash that changes with any sample, label, speaker, source or split."""
        voices = [(entry.source, entry.speaker) for entry in self.entries]
        rows = zip(self.digests, self.labels, self.splits, voices, strict=True)
        long = [self.long.identity] if self.long.recordings else []
        return key_of(list(rows), self.noises.digests, *long)[:16]

    @property
    def table(self) -> str:
        return split_table(self.entries, self.splits)


def label_names(data: Data) -> list[str]:
    return [*data.words, *[UNKNOWN] * data.unknown, *[SILENCE] * data.silence]


def read_corpus(settings: Settings, cache: Cache) -> Corpus:
    """Examines every clip; those that cannot be used are left out and counted."""
    entries, rejected = _learnable(list_entries(settings, cache), settings.data)
    pairs, unusable = sort_out(entries, examine(entries, settings.frontend, cache))
    long, refused = read_long(settings)
    rejected += unusable + refused
    noises = [(e, f.digest) for e, f in pairs if e.kind == "noise"] + long.backgrounds
    speech = [(e, f.digest) for e, f in pairs if e.kind != "noise"]
    kept = [entry for entry, _ in speech]
    _check_words(settings.data.words, kept, rejected)
    return Corpus(
        entries=kept,
        digests=[digest for _, digest in speech],
        labels=[entry.label if entry.kind == "digits" else UNKNOWN for entry in kept],
        splits=split(kept, how_of(settings)),
        noises=Noises(entries=tuple(e for e, _ in noises), digests=tuple(d for _, d in noises)),
        rejected=rejected,
        lengths=Lengths.of([finding for _, finding in pairs]),
        long=long,
    )


def how_of(settings: Settings) -> How:
    data = settings.data
    return How(
        method=data.split,
        seed=settings.seed,
        held_out=data.held_out,
        validation=data.validation,
        always_train=data.always_train,
    )


def list_entries(settings: Settings, cache: Cache | None = None) -> list[Entry]:
    data = settings.data
    found = synthesized(data, settings.seed, cache)
    for name in SOURCES:
        if where := getattr(data, name):
            offered = entries_of(name, where)
            _check_learnable(offered, data)
            found += offered
    found = [rated(entry, data.words) for entry in found]
    if not data.unknown:
        found = [entry for entry in found if entry.kind != "unknown"]
    return found


def _check_learnable(offered: Sequence[Entry], data: Data) -> None:
    """Rejects a source without any usable clip: it was given by mistake."""
    if offered and not any(_may_be_used(entry, data) for entry in offered):
        raise DataError(f"{offered[0].source}: {MEASURING_ONLY}")


def _learnable(entries: Sequence[Entry], data: Data) -> tuple[list[Entry], list[Rejected]]:
    kept = [entry for entry in entries if _may_be_used(entry, data)]
    others = [entry for entry in entries if not _may_be_used(entry, data)]
    return kept, [Rejected(entry, f"{entry.name}: {MEASURING_ONLY}") for entry in others]


def _may_be_used(entry: Entry, data: Data) -> bool:
    """Whether a clip may be used: one that is only for measuring, only if it is held out."""
    return not entry.measures or data.held_out in (entry.source, entry.speaker)


def rated(entry: Entry, words: Sequence[str]) -> Entry:
    """The entry with its kind set by the keywords, which sources do not know."""
    if entry.kind == "noise":
        return entry
    kind = "digits" if entry.label in words else "unknown"
    return entry if entry.kind == kind else replace(entry, kind=kind)


def _check_words(
    words: Sequence[str], entries: Sequence[Entry], rejected: Sequence[Rejected]
) -> None:
    if any(entry.kind == "digits" for entry in entries):
        return
    why = f"; {rejected[0].reason}" if rejected else ""
    raise DataError(
        f"data: no recordings of {', '.join(words)}; give --data FOLDER, data.words or "
        f"data.synthetic.speakers{why}"
    )


def describe(corpus: Corpus, words: Sequence[str], shown: int = 10) -> str:
    """The split table, and which clips were left out and why."""
    lines = [corpus.table]
    missing = [
        (name, [word for word in words if not found[word]])
        for name in SPLITS
        if (found := Counter(corpus.labels[i] for i in corpus.of(name))) is not None
    ]
    lines += [f"{name} has no {', '.join(lacking)}" for name, lacking in missing if lacking]
    lines += corpus.lengths.lines + long_table(corpus.long)
    if corpus.rejected:
        lines.append(f"{len(corpus.rejected):,} of the clips could not be used and are left out:")
        lines += [f"  {rejected.reason}" for rejected in corpus.rejected[:shown]]
        if len(corpus.rejected) > shown:
            more = len(corpus.rejected) - shown
            lines.append(f"  and {more:,} more; log.txt and --dry-run --json name them all")
    return "\n".join(lines)

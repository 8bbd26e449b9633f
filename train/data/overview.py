"""A summary of a corpus, for people and for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from train.data.corpus import Corpus
from train.data.long import collection
from train.data.split import SPLITS


def counts(corpus: Corpus) -> dict[str, Counter[str]]:
    """Number of clips per label and split."""
    return {name: Counter(corpus.labels[i] for i in corpus.of(name)) for name in SPLITS}


def word_table(corpus: Corpus, labels: Sequence[str]) -> str:
    """Number of clips per word and split, as text."""
    found = counts(corpus)
    lines = [f"{'clips':<16}" + "".join(f"{name:>12}" for name in SPLITS)]
    for label in labels:
        cells = "".join(f"{found[name][label]:>12,}" for name in SPLITS)
        lines.append(f"{label:<16}{cells}")
    return "\n".join(lines)


def as_tree(corpus: Corpus, labels: Sequence[str]) -> dict[str, Any]:
    """Speakers per split, clips per label, and which clips were left out and why."""
    found = counts(corpus)
    recordings = collection.as_tree(corpus.long)
    speakers = {e.speaker: name for e, name in zip(corpus.entries, corpus.splits, strict=True)}
    speakers |= corpus.long.speaker_sides
    return {
        "split": dict(sorted(speakers.items())),
        "counts": {name: {label: found[name][label] for label in labels} for name in SPLITS},
        "left_out": [
            {"path": str(rejected.entry.path or ""), "reason": rejected.reason}
            for rejected in corpus.rejected
        ],
        "long": corpus.lengths.long,
        "moved": corpus.lengths.moved,
        **({"long_recordings": recordings} if recordings else {}),
    }

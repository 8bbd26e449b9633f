"""A summary of a corpus, for people and for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from train.cache import Cache
from train.data.corpus import Corpus
from train.data.long import collection
from train.data.split import SPLITS
from train.data.voices.lexicon import INSTALL, is_complete
from train.data.voices.near import Neighbourhood, neighbourhood
from train.data.voices.negatives import are_by_hand
from train.settings import Data


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


def words_like(data: Data, cache: Cache) -> Neighbourhood | None:
    """What sounds like the keywords; None if no voice says them. The near words are left out
    where others are used."""
    if not data.synthetic.speakers:
        return None
    found = neighbourhood(data.words, data.synthetic.language, cache=cache)
    automatic = data.synthetic.near_words and not are_by_hand(data.words, data.synthetic.language)
    return found if automatic else replace(found, near=())


def near_table(found: Neighbourhood, shown: int = 20) -> str:
    """Near words and how near they are, and which words cannot be told apart."""
    lines = []
    if found.near:
        lines += [f"{'near word':<16}{'sounds':<20}{'like':<16}{'distance':>8}"]
        for one in found.near[:shown]:
            lines.append(f"{one.word:<16}{one.phonemes:<20}{one.like:<16}{one.distance:>8.2f}")
        if (more := len(found.near) - shown) > 0:
            lines.append(f"and {more:,} more; --json names them all")
        if not is_complete():
            lines.append(f"these are from a short list; a long one comes with {INSTALL}")
    if found.indistinguishable:
        lines.append("what a model cannot tell apart, so it is not used as negative example:")
        lines += [f"  {one.advice}" for one in found.indistinguishable]
    return "\n".join(lines)


def near_tree(found: Neighbourhood) -> dict[str, Any]:
    return {
        "near": [asdict(one) for one in found.near],
        "indistinguishable": [
            {**asdict(one), "advice": one.advice} for one in found.indistinguishable
        ],
    }

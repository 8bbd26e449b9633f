"""Accuracy gained by personalizing for a held-out voice with three clips per digit, and its effect
on other voices."""

from __future__ import annotations

import statistics
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from tools.personalize.base import read_base
from tools.personalize.judge import Right, right, share
from train.cache import Cache, open_cache
from train.data.corpus import Corpus
from train.errors import DataError
from train.features.examples import Examples, make_examples
from train.fit import recipe
from train.fit.log import RunLog
from train.fit.personal import Base, examples_of, learn
from train.fit.stage import Workplace
from train.models.int8 import Int8Model
from train.pages.markdown import markdown
from train.settings.words import DIGITS

DRAWS = 3  # random choices of the training clips
CLIPS = 3  # per digit


def measure(run: Path) -> dict[str, Any]:
    cache = open_cache()
    base = read_base(run, cache)
    voice = _left_out(base)
    test = examples_of(base, voice, cache)
    others = make_examples(base.settings, base.corpus, base.config, "validation", cache)
    before = Int8Model((run / "model.tflite").read_bytes())
    draws = []
    for seed in range(DRAWS):
        drawn = draw(voice, seed)
        rest = _without(test, drawn)
        after = _learned(base, drawn, cache)
        draws.append(
            {
                "before": right(before, rest, base.labels),
                "after": right(after, rest, base.labels),
                "others": right(after, others, base.labels),
            }
        )
    return {
        "speaker": base.settings.data.held_out,
        "clips": len(voice.entries),
        "draws": draws,
        "others": right(before, others, base.labels),
    }


def _left_out(base: Base) -> Corpus:
    """Returns the digits of the one held-out speaker, as if they were a user's clips."""
    corpus, speaker = base.corpus, base.settings.data.held_out
    chosen = [i for i in corpus.of("test") if corpus.entries[i].kind == "digits"]
    one = {corpus.entries[i].speaker for i in chosen} == {speaker}
    counts = Counter(corpus.labels[i] for i in chosen)
    if not one or min(counts[digit] for digit in DIGITS) <= CLIPS:
        raise DataError(
            f"{base.run}: did not hold out one speaker with more than {CLIPS} clips of each "
            "digit; python -m train.crossval makes runs that do"
        )
    voice = corpus.only(chosen)
    # their own source: nobody else was recorded with this microphone
    entries = [replace(entry, source="own") for entry in voice.entries]
    return replace(voice, entries=entries, splits=["train"] * len(chosen))


def draw(voice: Corpus, seed: int) -> Corpus:
    """Draws a few clips of each digit at random, independent of file order."""
    random = np.random.default_rng(seed)
    chosen: list[int] = []
    for digit in DIGITS:
        those = [i for i, label in enumerate(voice.labels) if label == digit]
        those.sort(key=lambda i: voice.digests[i])
        chosen += random.choice(those, CLIPS, replace=False).tolist()
    return voice.only(chosen)


def _without(test: Examples, drawn: Corpus) -> Examples:
    """Returns the clips left to evaluate on, without exact duplicates of the drawn ones."""
    known = set(drawn.digests)
    digests = [digest for block in test.blocks for _, digest in block.clips]
    rest = np.array([digest not in known for digest in digests])
    entries = [entry for entry, kept in zip(test.entries, rest, strict=True) if kept]
    return Examples(test.features[rest], test.labels[rest], entries, [])


def _learned(base: Base, drawn: Corpus, cache: Cache) -> Int8Model:
    with tempfile.TemporaryDirectory() as folder:
        place = Workplace(Path(folder), "", RunLog(Path(folder)))
        quantized, _ = learn(base, drawn, place, cache)
    return Int8Model(recipe.to_tflite(quantized))


def describe(results: list[dict[str, Any]]) -> str:
    rows = [["held-out voice", "before", "after", "worst draw", "others before", "others after"]]
    for found in results:
        after = [share(one["after"]) for one in found["draws"]]
        rows.append(
            [
                found["speaker"],
                _percent(_mean(found, "before")),
                _percent(statistics.fmean(after)),
                _percent(min(after)),
                _percent(share(found["others"])),
                _percent(_mean(found, "others")),
            ]
        )
    digits = [["by digit", *DIGITS]]
    for found in results:
        for when in ("before", "after"):
            cells = [_percent(_mean(found, when, digit)) for digit in DIGITS]
            digits.append([f"{found['speaker']}, {when}", *cells])
    windows = sum(count for _, count in results[0]["others"].values())
    return (
        f"{markdown(rows)}\n\n{markdown(digits)}\n\n"
        f"Percent recognized correctly by the int8 file, mean of {DRAWS} draws of {CLIPS} clips of "
        "each digit; evaluated on the\nspeaker's other clips. Others: the run's validation data "
        f"({windows:,} windows), whose voices are not in training."
    )


def _mean(found: dict[str, Any], what: str, digit: str = "") -> float:
    """Averages over the draws."""
    shares = [share(_of(one[what], digit)) for one in found["draws"]]
    return statistics.fmean(shares)


def _of(found: Right, digit: str) -> Right:
    return {digit: found[digit]} if digit else found


def _percent(value: float) -> str:
    return f"{100 * value:.1f}"

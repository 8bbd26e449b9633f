"""Which clips the bench learns from and judges by, and what it makes of the counts."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tools.bench.personal import CLIPS, _without, describe, draw
from train.data.corpus import Corpus
from train.data.entry import Entry
from train.data.noises import Noises
from train.features.blocks import Block
from train.features.examples import Examples
from train.settings.frontend import FrontendConfig
from train.settings.words import DIGITS


def voice() -> Corpus:
    entries = [
        Entry("own", "digits", digit, "ana", Path(f"{digit}{number}.wav"))
        for digit in DIGITS
        for number in range(7)
    ]
    digests = [f"{97 * i % 1009:04x}" for i in range(len(entries))]
    labels = [entry.label for entry in entries]
    return Corpus(entries, digests, labels, ["train"] * len(entries), Noises(), [])


def test_a_draw_has_the_same_clips_of_each_digit_whatever_the_order_of_files() -> None:
    clips = voice()
    backwards = clips.only(range(len(clips.entries))[::-1])
    drawn = draw(clips, 0)
    assert drawn.labels == [digit for digit in DIGITS for _ in range(CLIPS)]
    assert len(set(drawn.digests)) == len(drawn.digests)
    assert draw(backwards, 0).digests == drawn.digests
    assert draw(clips, 1).digests != drawn.digests


def test_what_was_learned_from_does_not_judge() -> None:
    clips, config = voice(), FrontendConfig()
    blocks = [
        Block(config=config, seed=0, clips=tuple(zip(part.entries, part.digests, strict=True)))
        for part in (clips.only(range(40)), clips.only(range(40, 70)))
    ]
    features = np.arange(70, dtype=np.int8)
    test = Examples(features, np.arange(70, dtype=np.int32), list(clips.entries), blocks)
    drawn = draw(clips, 0)
    rest = _without(test, drawn)
    assert len(rest.labels) == len(rest.entries) == 70 - 10 * CLIPS
    assert not set(rest.entries) & set(drawn.entries)
    assert [clips.entries[i] for i in rest.labels] == rest.entries
    assert rest.features.tolist() == rest.labels.tolist()


def test_means_and_the_worst_draw() -> None:
    before = {digit: [1, 2] for digit in DIGITS}
    draws = [
        {"before": before, "after": {d: [good, 2] for d in DIGITS}, "others": {"one": [9, 10]}}
        for good in (1, 2, 2)
    ]
    found = {"speaker": "ana", "clips": 70, "draws": draws, "others": {"one": [10, 10]}}
    lines = describe([found]).splitlines()
    cells = [cell.strip() for cell in lines[2].split("|")[1:-1]]
    assert cells == ["ana", "50.0", "83.3", "50.0", "100.0", "90.0"]
    assert "10 windows" in describe([found])

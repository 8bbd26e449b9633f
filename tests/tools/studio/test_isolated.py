"""The page's switch for words that are spoken alone: what it detects then is what Python says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from convert.detector import ISOLATED_MS
from tests.firmware.app.scenario import spoken
from tests.firmware.library import LIB
from tests.tools.studio.listening import in_node
from tools.stream.listener import detect, hear, read_bundle

HEAR = """
const found = [];
for (const isolated of [false, true]) {
  listener.isolated = isolated;
  listener.start();
  const words = [];
  listener.hear(samples, null, (d) => d.word >= 0 && words.push([d.ms, d.word, d.score]));
  found.push(words);
}
console.log(JSON.stringify(found));
"""


def test_words_after_others_are_left_out(wasm: bytes, tmp_path: Path) -> None:
    assert wasm
    samples = np.concatenate([spoken("three"), spoken("yes", "eight", "water", "six", gap=0.4)])
    found = in_node(HEAR, LIB / "model", samples, tmp_path)
    bundle = read_bundle(LIB / "model")
    decisions = hear(bundle, [samples], injected=True)
    expected = [
        [[int(one[name]) for name in ("time_ms", "label", "score")]
         for one in detect(bundle, decisions, replace(bundle.detector, isolated_ms=isolated))]
        for isolated in (0, ISOLATED_MS)
    ]  # fmt: skip
    assert found == expected
    assert len(expected[0]) > len(expected[1]) >= 1

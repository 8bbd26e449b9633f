"""The page's switch for words that are spoken alone: what it detects then is what Python says."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np

from convert.detector import ISOLATED_MS
from tests.firmware.app.scenario import spoken
from tests.firmware.library import LIB
from tests.tools.studio.test_stream import ENGINE
from tools.stream.listener import detect, hear, read_bundle
from tools.studio.wasm import build_wasm

HEAR = """
import { readFileSync } from "node:fs";
const [engine, wasm, raw] = process.argv.slice(-3);
const source = readFileSync(engine, "utf8");
const { createListener } = await import("data:text/javascript," + encodeURIComponent(source));
const listener = createListener(new WebAssembly.Module(readFileSync(wasm)));
const bytes = readFileSync(raw);
const samples = new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
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
    raw = tmp_path / "samples"
    raw.write_bytes(samples.astype("<i2").tobytes())
    command = ["node", "--input-type=module", "-e", HEAR, "--", str(ENGINE)]
    command += [str(build_wasm(LIB / "model")), str(raw)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    bundle = read_bundle(LIB / "model")
    decisions = hear(bundle, [samples], injected=True)
    expected = [
        [[int(one[name]) for name in ("time_ms", "label", "score")]
         for one in detect(bundle, decisions, replace(bundle.detector, isolated_ms=isolated))]
        for isolated in (0, ISOLATED_MS)
    ]  # fmt: skip
    assert json.loads(done.stdout) == expected
    assert len(expected[0]) > len(expected[1]) >= 1

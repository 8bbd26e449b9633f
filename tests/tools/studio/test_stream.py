"""A bundle with the engine of a stream in the page's module: the decisions of the listener."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from convert.targets import TARGETS
from tests.conftest import usable
from tests.firmware.streaming import bursts, ends_of, judged_whole, make_bundle
from tests.tools.studio.listening import in_node
from tools.board import golden
from tools.stream.listener import hear, read_bundle
from train.features.binding import Frontend

HEAR = """
const decisions = [];
listener.hear(samples, null, (d) => decisions.push([d.ms, [...d.scores], [...d.features]]));
const judged = [...listener.judge(samples.subarray(0, 16000))];
console.log(JSON.stringify({ selftest: listener.selftest, decisions, judged }));
"""


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    usable(TARGETS["wasm32"])
    return make_bundle("mel_stream", tmp_path_factory.mktemp("stream") / "bundle")


def test_decisions_features_and_single_windows_are_those_of_python(
    bundle: Path, tmp_path: Path
) -> None:
    samples = bursts(4)
    found = in_node(HEAR, bundle, samples, tmp_path)
    ends = ends_of(samples)
    scores = judged_whole(bundle, samples, ends)
    assert found["selftest"]
    assert [one[0] for one in found["decisions"]] == (ends // 16).tolist()
    np.testing.assert_array_equal([one[1] for one in found["decisions"]], scores)
    heard = hear(read_bundle(bundle), [samples], injected=True)
    np.testing.assert_array_equal(heard["scores"], scores)
    config = golden.read(bundle).source.config
    rows = Frontend(config).stream_features(samples)
    windows = np.stack([rows[2 * i : 2 * i + 49].ravel() for i in range(len(ends))])
    np.testing.assert_array_equal([one[2] for one in found["decisions"]], windows)
    assert found["judged"] == scores[0].tolist()

"""The engine of a stream on the emulated board: features, scores and decisions of this computer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from convert.targets import TARGETS
from convert.targets.firmware import build_firmware, weigh
from tests.conftest import usable
from tests.firmware.app.scenario import watched
from tests.firmware.streaming import RATE, bursts, ends_of, judged_whole, make_bundle
from tools.board import golden, requests
from tools.board.connect import connected
from tools.board.emulator import emulator
from tools.board.replay import kept_frames, through
from tools.stream.listener import hear, read_bundle

FLASH, RAM = 115 * 1000, 20 * 1000  # bytes that the firmware may take


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bundle("mel_stream", tmp_path_factory.mktemp("stream") / "bundle")


@pytest.fixture(scope="module")
def program(bundle: Path) -> Path:
    usable(TARGETS["cortex-m4f"])
    return build_firmware(bundle.parent / "firmware", bundle, None)


def test_it_fits_and_the_engine_of_whole_windows_is_left_out(program: Path) -> None:
    sizes = weigh(program)
    assert sum(sizes.flash.values()) < FLASH and sum(sizes.ram.values()) < RAM
    listed = program.with_suffix(".map").read_text().partition("Linker script and memory map")[2]
    assert "kws_engine_stream_step" in listed and "kws_engine_run" not in listed


def test_features_scores_and_self_test_are_those_of_this_computer(
    program: Path, bundle: Path
) -> None:
    known = golden.read(bundle)
    windows = bursts(2).reshape(2, RATE)
    features, scores = golden.answers(known, windows)
    with emulator(real_time=False, firmware=program) as url, connected(url) as link:
        tested = requests.selftest(link)
        kept = kept_frames(link, known.source.config)
        for window, right, best in zip(windows, features, scores, strict=True):
            got, judged = through(link, window, known.source.config, kept)
            np.testing.assert_array_equal(got, right)
            np.testing.assert_array_equal(judged.values, best)
    assert tested.frontend and tested.engine and kept == 2


def test_every_decision_is_that_of_this_computer(program: Path, bundle: Path) -> None:
    samples = bursts(6)
    with emulator(real_time=False, firmware=program) as url, connected(url) as link:
        requests.source(link, requests.INJECTED)
        link.request(requests.WATCH, b"\1")
        requests.inject(link, samples)
        link.request(requests.WATCH, b"\0")
        there = watched((one.data for one in link.unasked if one.type == requests.WATCH), 12)
    here = hear(read_bundle(bundle), [samples], injected=True)
    assert len(there) > 120
    for field in ("level", "ran", "label", "scores"):
        np.testing.assert_array_equal(there[field], here[field])
    expected = judged_whole(bundle, samples, ends_of(samples))
    np.testing.assert_array_equal(there["scores"], expected)

"""The firmware with the engine of a stream, on this computer and under sanitizers: each score is
that of the engine of whole windows, to the last bit."""

import re
import shutil
import struct
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from convert.check import read_manifest
from convert.errors import TargetError
from convert.targets import run_tool
from tests.firmware.app.scenario import build, inject, play, record, request, sound, watched
from tests.firmware.library import LIB
from tests.firmware.streaming import FIRST, RATE, bursts, ends_of, judged_whole, make_bundle
from tools.board import golden
from tools.board.requests import FEATURES, INFO, SCORES, SELFTEST, SOURCE, WATCH
from tools.stream.listener import Decisions, hear, read_bundle

LABELS = 12
INJECTED = request(SOURCE, b"\1")
WATCHED = request(WATCH, b"\1")
COUNTERS = request(INFO, b"\2")


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bundle("mel_stream", tmp_path_factory.mktemp("stream") / "bundle")


@pytest.fixture(scope="module", params=["gcc", "clang"])
def app(
    request: pytest.FixtureRequest, bundle: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    return build(tmp_path_factory.mktemp("app"), request.param, bundle)


def told(app: Path, *records: bytes) -> Decisions:
    heard = play(app, WATCHED, *records)
    return watched(filter(None, heard.replies(WATCH)), LABELS)


def test_every_decision_of_two_minutes_is_that_of_the_whole_window(bundle: Path) -> None:
    samples = bursts(120)
    found = hear(read_bundle(bundle), [samples], injected=True)
    ends = ends_of(samples)
    assert (found["time_ms"] == ends * 1000 // RATE).all()
    assert len(found) > 2900 and found["ran"].all()
    np.testing.assert_array_equal(found["scores"], judged_whole(bundle, samples, ends))
    assert len(np.unique(found["scores"], axis=0)) > 500  # else equality would say little


def test_the_whole_firmware_decides_as_the_listener_of_this_computer(
    app: Path, bundle: Path
) -> None:
    samples = bursts(5)
    there, here = told(app, sound(samples)), hear(read_bundle(bundle), [samples])
    for field in ("time_ms", "level", "ran", "label", "scores"):
        np.testing.assert_array_equal(there[field], here[field])


def test_after_all_audio_is_forgotten_nothing_of_it_is_left(app: Path, bundle: Path) -> None:
    """In the middle of a step, and before there was a whole window."""
    pieces = [bursts(length, seed) for seed, length in enumerate((2.5, 0.5, 3.0))]
    cut = [piece[: len(piece) - at] for at, piece in zip((100, 0, 330), pieces, strict=True)]
    there = told(app, *[part for piece in cut for part in (INJECTED, inject(piece))])
    windows = [(piece, ends_of(piece)) for piece in cut if len(piece) >= FIRST]
    expected = [judged_whole(bundle, piece, ends) for piece, ends in windows]
    assert [len(piece) for piece, _ in windows] == [len(cut[0]), len(cut[2])]
    np.testing.assert_array_equal(there["scores"], np.concatenate(expected))


def test_lost_samples_are_a_gap_and_the_stream_goes_on(app: Path, bundle: Path) -> None:
    """As without a stream, the next windows are judged as if there were no gap."""
    before, after = bursts(2, 3), bursts(2, 4)
    there = told(app, sound(before), record("L", 333), sound(after))
    here = hear(read_bundle(bundle), [np.concatenate([before, after])])
    np.testing.assert_array_equal(there["scores"], here["scores"])


def test_a_pause_does_not_break_the_stream(app: Path, bundle: Path) -> None:
    """The energy gate sets scores to zero while nobody speaks; the network misses no frame."""
    samples = np.concatenate([bursts(3), np.zeros(4 * RATE, np.int16), bursts(3, 1)])
    heard = play(app, WATCHED, INJECTED, inject(samples), COUNTERS)
    found = watched(filter(None, heard.replies(WATCH)), LABELS)
    ran = found["ran"] == 1
    expected = judged_whole(bundle, samples, ends_of(samples))
    np.testing.assert_array_equal(found["scores"][ran], expected[ran])
    assert (found["scores"][~ran] == read_bundle(bundle).zero).all()
    assert 60 < (~ran).sum() < 100 and ran[0] and ran[-1]
    counters = heard.counters()
    assert (counters["decisions"], counters["saved"]) == (len(found), (~ran).sum())


def test_an_injected_window_has_the_features_and_scores_of_the_host(
    app: Path, bundle: Path
) -> None:
    """A board with a stream keeps the features of a step: they are asked for step by step."""
    window = bursts(1)
    records, heard = [], 0
    for end in (*range(2, 49, 2), 49):
        samples = 512 + 320 * (end - 1)
        records += [window[heard:samples], request(FEATURES, struct.pack("<H", 0))]
        heard = samples
    records.append(window[heard:])
    asked = injected_among(records)
    replies = play(app, request(SOURCE, b"\2"), *asked, request(SCORES))
    rows = [np.frombuffer(data[2:], np.int8).reshape(2, 40) for data in replies.replies(FEATURES)]
    features, scores = golden.answers(golden.read(bundle), window[np.newaxis])
    np.testing.assert_array_equal(np.concatenate([*rows[:-1], rows[-1][1:]]), features[0])
    assert replies.replies(SCORES)[0][:LABELS] == scores[0].tobytes()


def injected_among(records: list[NDArray[np.int16] | bytes]) -> list[bytes]:
    """Samples become packets that go on where the last ones ended."""
    found, first = [], 0
    for one in records:
        if isinstance(one, bytes):
            found.append(one)
        else:
            found.append(inject(one, first))
            first += len(one)
    return found


def test_the_self_test_has_what_the_bundle_names(app: Path, bundle: Path) -> None:
    """Also after other audio, in the middle of a step."""
    expected = read_manifest(bundle)["selftest"]
    heard = play(app, request(SELFTEST), sound(bursts(1.3)), request(SELFTEST))
    for result in heard.replies(SELFTEST):
        assert result[:2] == b"\1\1"
        assert int.from_bytes(result[2:6], "little") == expected["features"]
        assert np.frombuffer(result[6:], np.int8).tolist() == expected["scores"]
    assert len(heard.replies(SELFTEST)) == 2


@pytest.mark.parametrize(
    ("file", "macro", "complaint"),
    [
        ("kws_engine_stream.h", "STREAM_MODEL", "a different model"),
        ("kws_engine_stream.h", "STREAM_FRAMES", "different steps"),
        ("kws_engine_stream.h", "STREAM_SCORES", "other features or labels"),
        ("kws_settings.h", "DECISION_MS", "decisions at another pace"),
    ],
)
def test_files_that_do_not_belong_together_do_not_compile(
    file: str, macro: str, complaint: str, bundle: Path, tmp_path: Path
) -> None:
    mixed = tmp_path / "mixed"
    shutil.copytree(bundle, mixed)
    changed, count = re.subn(
        rf"(#define KWS_\w*{macro}) \w+", r"\1 100", (mixed / file).read_text()
    )
    assert count >= 1
    (mixed / file).write_text(changed)
    folders = (mixed, LIB / "frontend", LIB / "board", LIB.parent / "src")
    command = ["gcc", "-std=c99", *(f"-I{folder}" for folder in folders)]
    source = LIB.parent / "src" / "kws_network_stream.c"
    with pytest.raises(TargetError, match=rf"#error.*{complaint}"):
        run_tool([*command, "-c", str(source), "-o", str(tmp_path / "o")])

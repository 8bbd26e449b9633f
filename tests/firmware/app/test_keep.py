"""The firmware that keeps audio, on this computer and under sanitizers: what a host can ask for is
what was heard, however late it asks."""

import struct
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.firmware.app.scenario import Heard, build, inject, play, record, request, sound, spoken
from tools.board.kept import BLOCK, SAMPLES, decoded
from tools.board.requests import CLIP, INFO, KEPT, NEAR, SOURCE, THRESHOLD, WATCH
from train.settings.words import DIGITS

RATE = 16_000
COUNTERS = request(INFO, b"\2")
SECONDS = 2
DETECTION, NEAR_MISS = 1, 2
NO_SUCH_CLIP, WRONG_LENGTH = 7, 2
INJECTED = request(SOURCE, b"\1")
WATCHED = request(WATCH, b"\1")
HARDEST = request(THRESHOLD, bytes([255, 254]))  # no word reaches it


@pytest.fixture(scope="module", params=["gcc", "clang"])
def app(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keep")
    return build(folder, request.param, flags=["-DKWS_KEEP_AUDIO"])


def kept(heard: Heard) -> list[tuple[int, ...]]:
    """number, ms, samples, after, label, score, kind of each, in order."""
    return [struct.unpack("<IIIIBBB", data) for data in heard.replies(KEPT)]


def asked(number: int, first: int = 0, end: int = 101) -> list[bytes]:
    """The blocks of a clip, three at a time."""
    return [request(CLIP, struct.pack("<IH", number, at)) for at in range(first, end, 3)]


def audio_of(heard: Heard) -> NDArray[np.int16]:
    return decoded(b"".join(data[6:] for data in heard.replies(CLIP)), RATE)


def likeness(one: NDArray[np.int16], other: NDArray[np.int16]) -> float:
    """The signal-to-noise ratio of `one` as a copy of `other`, in dB."""
    a, b = one.astype(float), other.astype(float)
    return float(10 * np.log10(np.sum(b**2) / np.sum((a - b) ** 2)))


def test_a_detection_is_kept_with_the_two_seconds_before_it(app: Path) -> None:
    samples = spoken("three", "seven")
    heard = play(app, WATCHED, INJECTED, inject(samples), *asked(2))
    assert heard.words() == ["three", "seven"]
    told = kept(heard)
    assert [row[0] for row in told] == [1, 2] and [row[6] for row in told] == [DETECTION] * 2
    _, ms, count, after, label, score, _ = told[-1]
    assert (label, after) == (DIGITS.index("seven"), 0) and score > 128
    end = ms * RATE // 1000
    assert SECONDS * RATE < count < SECONDS * RATE + 2 * SAMPLES
    expected = samples[max(0, end - count) : end]
    assert likeness(audio_of(heard)[:count][-len(expected) :], expected) > 20


def test_the_copy_does_not_change_while_the_ring_goes_on(app: Path) -> None:
    """Ten seconds of noise later, and with audio between its pieces."""
    samples = spoken("seven")
    noise = np.random.default_rng(0).normal(0, 300, 10 * RATE).astype(np.int16)
    at_once = play(app, INJECTED, inject(samples), *asked(1))
    late = play(app, INJECTED, inject(samples), inject(noise, len(samples)), *asked(1))
    mixed, first = [], len(samples)
    for part in asked(1):
        mixed += [part, inject(noise[:1000], first)]
        first += 1000
    between = play(app, INJECTED, inject(samples), *mixed)
    assert at_once.replies(CLIP) == late.replies(CLIP) == between.replies(CLIP)
    assert len(at_once.replies(CLIP)) > 20


def test_a_clip_that_a_host_is_reading_is_not_replaced(app: Path) -> None:
    """A detection meanwhile is counted as missed, and the next number is left out."""
    first, second = spoken("seven"), spoken("three")
    at = len(first)
    reading = [*asked(1, 0, 12), inject(second, at), *asked(1, 12)]
    heard = play(app, INJECTED, inject(first), *reading, request(KEPT), COUNTERS,
                 inject(second, at + len(second)), request(KEPT))  # fmt: skip
    assert heard.words() == ["seven", "three", "three"]
    assert [row[0] for row in kept(heard)] == [1, 3] and heard.counters()["missed"] == 1


def test_a_host_that_has_gone_while_reading_is_waited_for_two_seconds(app: Path) -> None:
    first = spoken("seven")
    heard = play(app, INJECTED, inject(first), *asked(1, 0, 12), record("T", 2_100_000),
                 inject(spoken("three"), len(first)), request(KEPT))  # fmt: skip
    assert kept(heard)[-1][0] == 2


def test_what_is_not_kept_is_refused(app: Path) -> None:
    heard = play(app, *asked(1, 0, 1), INJECTED, inject(spoken("seven")), *asked(2, 0, 1),
                 *asked(1, 200, 201), request(CLIP, b"\1"), request(KEPT, b"\1"),
                 request(NEAR))  # fmt: skip
    assert heard.errors() == [NO_SUCH_CLIP] * 3 + [WRONG_LENGTH] * 3


def test_a_word_below_its_threshold_is_a_near_miss(app: Path) -> None:
    """Its window is in the clip, though the clip is kept when the word is over."""
    samples = spoken("seven")
    near = request(NEAR, bytes([100]))
    heard = play(app, HARDEST, near, WATCHED, INJECTED, inject(samples), *asked(1))
    assert heard.words() == []
    [(number, ms, count, after, label, score, kind)] = kept(heard)
    assert (number, label, kind) == (1, DIGITS.index("seven"), NEAR_MISS)
    assert 100 <= score < 254 and 0 < after <= RATE
    end = ms * RATE // 1000
    expected = samples[max(0, end - RATE) : end]
    got = audio_of(heard)[: count - after][-len(expected) :]
    assert likeness(got, expected) > 20


def test_a_detection_is_no_near_miss_as_well(app: Path) -> None:
    """On the way up and down its score passes the range of near misses."""
    near = request(NEAR, bytes([30]))
    words = spoken("three", "seven", gap=1.5)
    heard = play(app, near, WATCHED, INJECTED, inject(words))
    assert [row[6] for row in kept(heard)] == [DETECTION, DETECTION]


def test_without_a_lower_threshold_there_are_no_near_misses(app: Path) -> None:
    heard = play(app, HARDEST, WATCHED, sound(spoken(*DIGITS)), request(KEPT))
    assert [row[0] for row in kept(heard)] == [0]


def test_every_block_is_a_block_of_a_wav_file(app: Path) -> None:
    heard = play(app, INJECTED, inject(spoken("seven")), *asked(1), request(KEPT))
    blocks = b"".join(data[6:] for data in heard.replies(CLIP))
    assert len(blocks) == -(-kept(heard)[-1][2] // SAMPLES) * BLOCK
    assert all(blocks[at + 2] < 89 and blocks[at + 3] == 0 for at in range(0, len(blocks), BLOCK))

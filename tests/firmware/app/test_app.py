"""The whole firmware on this computer, under sanitizers: what it hears, answers and survives."""

import re
import shutil
import struct
from pathlib import Path

import numpy as np
import pytest

from convert.check import read_bundle, read_manifest
from convert.tflm import scores as golden
from tests.firmware.app.scenario import (
    audio,
    build,
    inject,
    play,
    record,
    request,
    serial,
    sound,
    spoken,
)
from tests.firmware.library import LIB
from tests.firmware.streaming import make_bundle
from tools.board.packet import Packet, encode
from train.data.sources.synthetic import OTHER_WORDS
from train.features.binding import Frontend
from train.settings.words import DIGITS

INFO, SOURCE, AUDIO, FEATURES, SCORES, RECORD, SELFTEST, THRESHOLD, WATCH, REPEAT = range(1, 11)
COUNTERS = request(INFO, b"\2")
LABELS = 12


@pytest.fixture(scope="module", params=["gcc", "clang"])
def app(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("app"), request.param)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle whose board keeps the features of a whole window."""
    return make_bundle("res_ds", tmp_path_factory.mktemp("whole") / "bundle")


@pytest.fixture(scope="module", params=["gcc", "clang"])
def whole_app(
    request: pytest.FixtureRequest, whole: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    return build(tmp_path_factory.mktemp("app"), request.param, whole)


def test_ten_spoken_digits_are_ten_lines(app: Path) -> None:
    heard = play(app, sound(spoken(*DIGITS)))
    assert heard.words() == list(DIGITS)
    assert heard.lines[0].startswith("# tinykws")


def test_other_words_are_hardly_ever_taken_for_digits(app: Path) -> None:
    """Unknown and silence are not reported; what the model mishears is its own matter."""
    heard = play(app, sound(spoken(*OTHER_WORDS)))
    assert len(heard.words()) <= 1
    assert set(heard.words()) <= set(DIGITS)


def test_silence_spares_the_network(app: Path) -> None:
    noise = np.random.default_rng(0).normal(0, 30, 160000).astype(np.int16)
    counters = play(app, sound(noise), COUNTERS).counters()
    assert counters["decisions"] >= 44
    assert counters["saved"] >= 0.9 * counters["decisions"]
    assert counters["detections"] == 0


def test_steady_noise_counts_for_a_model_without_a_label_for_it(tmp_path: Path) -> None:
    model = tmp_path / "model"
    shutil.copytree(LIB / "model", model)
    settings = model / "kws_settings.h"
    text = settings.read_text()
    assert '"silence"' in text
    settings.write_text(text.replace('"silence"', '"rain"'))
    program = build(tmp_path, "gcc", model)
    noise = np.random.default_rng(0).normal(0, 30, 160000).astype(np.int16)
    counters = play(program, sound(noise), COUNTERS).counters()
    assert counters["decisions"] >= 44 and counters["saved"] == 0
    nothing = play(program, sound(0 * noise), COUNTERS).counters()
    assert nothing["saved"] == nothing["decisions"] >= 44


def test_an_injected_window_has_the_features_and_scores_of_the_host(
    whole: Path, whole_app: Path
) -> None:
    window = spoken("seven")[12000:28000]
    asked = [request(FEATURES, struct.pack("<H", at)) for at in range(0, 1960, 510)]
    heard = play(whole_app, request(SOURCE, b"\2"), inject(window), *asked, request(SCORES))
    source = read_bundle(whole, read_manifest(whole))
    features = Frontend(source.config).features(window[np.newaxis])
    got = b"".join(data[2:] for data in heard.replies(FEATURES))
    assert got == features.tobytes()
    expected = golden(source.content, features)[0]
    assert heard.replies(SCORES)[0][:LABELS] == expected.tobytes()


def test_injected_samples_that_come_twice_or_too_early_are_heard_once(whole_app: Path) -> None:
    window = spoken("seven")[12000:28000]
    again = request(SOURCE, b"\2")
    lossy = [audio(first, window[first:end]) for first, end in (
        (0, 254), (508, 762),  # a gap: something got lost
        (254, 508), (254, 508), (100, 300),  # twice, as a reply got lost
        (400, 600), (600, 600), (2**32 - 100, 0), (0, 100),
    )]  # fmt: skip
    rest = [audio(start, window[start : start + 254]) for start in range(600, len(window), 254)]
    asked = [request(FEATURES, struct.pack("<H", at)) for at in range(0, 1960, 510)]
    heard = play(whole_app, again, *lossy, *rest, *asked, again, inject(window), *asked)
    taken = [int.from_bytes(data, "little") for data in heard.replies(AUDIO)]
    assert taken[: len(lossy)] == [254, 254, 508, 508, 508, 600, 600, 600, 600]
    assert taken[len(lossy) + len(rest) - 1] == len(window)
    got = heard.replies(FEATURES)
    assert len(got) == 8 and got[:4] == got[4:]


def test_a_firmware_that_keeps_no_audio_does_not_know_its_requests(app: Path) -> None:
    """Those of -DKWS_KEEP_AUDIO: test_keep.py."""
    heard = play(app, *[request(kind) for kind in (11, 12, 13)], request(INFO, b"\1"))
    assert heard.errors() == [1, 1, 1] and b"keeps_ms" not in heard.replies(INFO)[0]


def test_injected_speech_is_heard_like_that_of_a_microphone(app: Path) -> None:
    heard = play(app, request(SOURCE, b"\1"), inject(spoken("three", "nine")))
    assert heard.words() == ["three", "nine"]


def test_the_self_test_has_what_the_bundle_names(app: Path) -> None:
    [result] = play(app, request(SELFTEST)).replies(SELFTEST)
    expected = read_manifest(LIB / "model")["selftest"]
    assert result[:2] == b"\1\1"
    assert int.from_bytes(result[2:6], "little") == expected["features"]
    assert np.frombuffer(result[6:], np.int8).tolist() == expected["scores"]


@pytest.mark.parametrize(("setting", "failed"), [("FEATURES", b"\0\1"), ("SCORES", b"\1\0")])
def test_the_self_test_can_fail(setting: str, failed: bytes, tmp_path: Path) -> None:
    model = tmp_path / "model"
    shutil.copytree(LIB / "model", model)
    settings = model / "kws_settings.h"
    pattern = rf"(KWS_SELFTEST_{setting} [{{-]*)(\d+)"
    changed, count = re.subn(pattern, _other, settings.read_text())
    assert count == 1
    settings.write_text(changed)
    [result] = play(build(tmp_path, model=model), request(SELFTEST)).replies(SELFTEST)
    assert result[:2] == failed


def _other(found: re.Match[str]) -> str:
    """Another number, nearer to 0 if there is one: -129 would not compile."""
    number = int(found[2])
    return found[1] + str(number - 1 if number else 1)


def test_what_is_recorded_is_what_was_heard(app: Path) -> None:
    samples = spoken("one")
    heard = play(app, request(RECORD, struct.pack("<I", 8000)), sound(samples), COUNTERS)
    packets = [data for data in heard.replies(RECORD) if data]
    indices = [int.from_bytes(data[:4], "little") for data in packets]
    got = np.concatenate([np.frombuffer(data[4:], "<i2") for data in packets])
    assert indices == list(range(0, 8000, 160))
    # the DC blocker sees hardly any offset here
    assert np.abs(got.astype(int) - samples[:8000]).max() <= 60


def test_lost_samples_are_counted_told_and_leave_a_gap_in_recordings(app: Path) -> None:
    samples = np.zeros(1600, np.int16)
    heard = play(app, request(RECORD, struct.pack("<I", 4800)), sound(samples),
                 record("L", 320), sound(samples), COUNTERS)  # fmt: skip
    assert any(line.startswith("# lost 320 samples") for line in heard.lines)
    assert heard.counters()["lost"] == 320
    indices = [int.from_bytes(data[:4], "little") for data in heard.replies(RECORD) if data]
    assert indices[10] - indices[9] == 160 + 320


def test_a_microphone_that_stops_is_told(app: Path) -> None:
    second = record("T", 1_000_000)
    heard = play(app, sound(np.zeros(16000, np.int16)), second, second, second, COUNTERS,
                 sound(spoken("two")))  # fmt: skip
    assert "# no samples from the microphone for 3 s" in heard.lines
    assert heard.counters()["silent"] == 3
    assert heard.words() == ["two"]


def test_a_dead_microphone_is_told_at_the_start(app: Path) -> None:
    heard = play(app, record("X", 1), COUNTERS)
    assert "# the microphone does not answer" in heard.lines


ZEROS = (
    "# the microphone sends only zeros: set the other channel (-DKWS_MIC_RIGHT) or check the data "
    "wire"
)


def test_a_microphone_that_sends_only_zeros_is_told(app: Path) -> None:
    """An I2S microphone on the other channel, or a data wire that is not connected."""
    zeros = sound(np.zeros(16000, np.int16))
    assert ZEROS not in play(app, *[zeros] * 4).lines
    assert play(app, *[zeros] * 5).lines.count(ZEROS) == 1
    assert play(app, *[zeros] * 16).lines.count(ZEROS) == 3


def test_a_single_sample_that_is_not_zero_shows_that_the_microphone_works(app: Path) -> None:
    almost = np.zeros(64000, np.int16)
    almost[-1] = 1
    assert ZEROS not in play(app, *[sound(almost)] * 5).lines


@pytest.mark.parametrize(
    ("name", "before"),
    [
        ("clipping", np.tile(np.array([32767, -32768], np.int16), 16000)),
        ("saturated", np.full(32000, -32768, np.int16)),
        ("noise at full scale", np.random.default_rng(1).integers(-32768, 32768, 32000)),
    ],
)
def test_after_bad_sound_it_hears_on(app: Path, name: str, before: np.ndarray) -> None:
    heard = play(app, sound(before.astype(np.int16)), COUNTERS, sound(spoken("five", "six")))
    assert heard.words()[-2:] == ["five", "six"]
    assert heard.counters()["clipped"] >= 0.5 * len(before) or name.startswith("noise")


def test_garbage_costs_only_the_packets_that_it_touches(app: Path) -> None:
    """Ten million random bytes, in pieces, with requests between them."""
    random = np.random.default_rng(0)
    records = []
    for index in range(100):
        records.append(serial(random.bytes(100_000)))
        records.append(record("T", 300_000))  # silence: whatever began is given up
        records.append(request(REPEAT, struct.pack("<I", index)))
    heard = play(app, *records, COUNTERS, sound(spoken("four")))
    answers = [int.from_bytes(data, "little") for data in heard.replies(REPEAT)]
    assert answers == list(range(100))
    assert heard.counters()["damaged"] > 1000
    assert heard.words() == ["four"]


def test_a_host_that_vanishes_in_the_middle_of_a_packet(app: Path) -> None:
    half = encode(Packet(AUDIO, 1, bytes(512)))[:300]
    heard = play(app, serial(half), record("V", 1), sound(spoken("one")), record("V", 0),
                 record("T", 300_000), request(REPEAT, b"here"), COUNTERS,
                 sound(spoken("two")))  # fmt: skip
    assert heard.replies(REPEAT) == [b"here"]
    assert heard.counters()["dropped"] > 0
    assert heard.waits == 1  # of 100 ms: a second one within a second would cost samples
    assert heard.counters()["detections"] == 1  # nobody read its line
    assert heard.words() == ["two"]


@pytest.mark.parametrize(
    ("what", "asked", "error"),
    [
        ("unknown type", request(0x33), 1),
        ("type 0", request(0), 1),
        ("info without a page", request(INFO), 2),
        ("info, page 4: twelve labels are on page 3", request(INFO, b"\4"), 3),
        ("source 3", request(SOURCE, b"\3"), 3),
        ("audio to the microphone", request(AUDIO, bytes(6)), 5),
        ("half a sample", request(SOURCE, b"\1") + request(AUDIO, bytes(5)), 2),
        ("audio without its index", request(SOURCE, b"\1") + request(AUDIO, bytes(2)), 2),
        ("features too early", request(FEATURES, b"\0\0"), 4),
        ("scores too early", request(SCORES), 4),
        ("a threshold for silence", request(THRESHOLD, b"\x0b\x80"), 3),
        ("a threshold for nothing", request(THRESHOLD, b"\x40\x80"), 3),
        ("watch 2", request(WATCH, b"\2"), 3),
    ],
)
def test_a_bad_request_is_answered_with_its_error(
    app: Path, what: str, asked: bytes, error: int
) -> None:
    heard = play(app, asked, request(REPEAT, what.encode()))
    assert heard.errors() == [error]
    assert heard.replies(REPEAT) == [what.encode()]


def test_every_length_of_every_request_is_answered_once(app: Path) -> None:
    lengths = (0, 1, 2, 3, 4, 5, 255, 511, 512)
    asked = list(enumerate((kind, length) for kind in range(13) for length in lengths))
    heard = play(app, *(request(kind, bytes(length), number) for number, (kind, length) in asked))
    assert [packet.number for packet in heard.packets] == [number for number, _ in asked]


def test_it_sleeps_when_nothing_comes_even_after_half_a_packet(app: Path) -> None:
    half = serial(encode(Packet(AUDIO, 1, bytes(512)))[:300])
    tens_of_milliseconds = [record("T", 10_000)] * 100
    assert play(app, *tens_of_milliseconds).idles == 100
    assert 70 <= play(app, half, *tens_of_milliseconds).idles < 100


def test_time_goes_on_whatever_the_source_and_what_is_lost(app: Path) -> None:
    second = np.zeros(16000, np.int16)
    injected = request(SOURCE, b"\1") + inject(np.zeros(32000, np.int16)) + request(SOURCE, b"\0")
    heard = play(app, request(WATCH, b"\1"), sound(second), record("L", 16000), sound(second),
                 injected, sound(second))  # fmt: skip
    times = [int.from_bytes(d[:4], "little") for d in heard.replies(WATCH) if d]
    assert times[0] == pytest.approx(1000, abs=20)
    assert times[-1] == pytest.approx(6000, abs=200)
    assert times == sorted(times)


def test_watching_shows_every_decision(app: Path) -> None:
    heard = play(app, request(WATCH, b"\1"), sound(spoken("eight")), COUNTERS)
    seen = [data for data in heard.replies(WATCH) if data]
    assert len(seen) == heard.counters()["decisions"]
    labels = [data[6] for data in seen if data[6] != 255]
    assert len(labels) == 1
    scores = np.frombuffer(seen[-1][7:], np.int8)
    assert len(scores) == LABELS


def test_a_person_gets_help_and_status(app: Path) -> None:
    heard = play(app, serial(b"?\r\n"), serial(b"s\n"), serial(b"what\n"))
    assert any("s: status" in line for line in heard.lines)
    assert any(line.startswith("# host, native engine, model ") for line in heard.lines)
    assert len(heard.lines) == 3


def test_a_threshold_changes_what_is_detected(app: Path) -> None:
    at = bytes([255, 254])
    heard = play(app, request(THRESHOLD, at), sound(spoken("one", "two")))
    assert heard.words() == []
    assert heard.replies(THRESHOLD)[0][0] == 254

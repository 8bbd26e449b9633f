"""Windows of long recordings: the same features as any window, away from keywords and edges."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.train.long import (
    RATE,
    label,
    settings_for,
    streams_of,
    write_noise,
    write_reading,
)
from train.augment import augment_stream
from train.data.corpus import label_names
from train.data.load import read_part
from train.data.split import SPLITS
from train.features.binding import Frontend
from train.features.streams import MARGIN
from train.settings import Augmentation
from train.settings.frontend import FrontendConfig

HOP = 0.02  # seconds
HEARD = 0.992  # seconds from the first to the last sample that the frames of a window cover


@pytest.mark.parametrize(
    "config", [FrontendConfig(), FrontendConfig(kind="logmel", hop=160, window=8_000)]
)
def test_a_window_of_a_stream_has_the_features_of_the_window(config: FrontendConfig) -> None:
    """To the bit, first frame included: a frame is computed from its own samples alone."""
    samples = np.random.default_rng(0).normal(0, 3000, 3 * RATE).astype(np.int16)
    frontend = Frontend(config)
    stream = frontend.stream_features(samples)
    for frame in (0, 1, 17, 90):
        window = samples[frame * config.hop :][: config.window]
        np.testing.assert_array_equal(
            stream[frame : frame + config.frames], frontend.features(window[None])[0]
        )


def test_a_part_of_a_recording_is_read_at_the_rate_of_the_front_end(tmp_path: Path) -> None:
    write_noise(tmp_path / "a.wav", 2.0)
    whole = read_part(tmp_path / "a.wav", 0.0, 2.0, RATE)
    np.testing.assert_array_equal(
        read_part(tmp_path / "a.wav", 0.5, 1.5, RATE), whole[RATE // 2 : 3 * RATE // 2]
    )
    assert len(read_part(tmp_path / "a.wav", 0.5, 1.5, 8_000)) == 8_000


@settings(max_examples=12, deadline=None)
@given(
    words=st.lists(st.tuples(st.floats(0, 14), st.floats(0.05, 1.0)), max_size=3),
    seconds=st.floats(9.0, 16.0),
)
def test_no_window_overlaps_a_keyword_or_the_edge_of_its_part(
    words: list[tuple[float, float]], seconds: float
) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "talk.wav"
        write_noise(path, seconds)
        label(path, *((start, start + length, "seven") for start, length in words))
        for split, (begin, end) in zip(SPLITS, ((0, 0.8), (0.8, 0.9), (0.9, 1.0)), strict=True):
            streams = streams_of(settings_for(Path(name)), split)
            if streams is None:
                continue
            at = begin * seconds + streams.starts * HOP
            assert (at >= begin * seconds).all() and (at + HEARD <= end * seconds + 1e-3).all()
            for start, length in words:
                away = np.maximum(start - (at + HEARD), at - (start + length))
                assert (away >= MARGIN - 1e-6).all()


def test_speech_is_unknown_and_noise_is_silence(tmp_path: Path) -> None:
    write_noise(tmp_path / "speech.wav", 5.0)
    write_noise(tmp_path / "noise" / "rain.wav", 5.0, 1)
    chosen = settings_for(tmp_path)
    streams = streams_of(chosen, "train")
    assert streams
    names = [label_names(chosen.data)[number] for number in streams.labels]
    assert (names.count("silence"), names.count("unknown")) == (151, 151)
    without = streams_of(settings_for(tmp_path, "data.silence=false"), "train")
    assert without and len(without.starts) == 151


def test_other_surroundings_keep_the_time_of_what_happens(tmp_path: Path) -> None:
    write_reading(tmp_path / "a.wav", ["103"])
    samples = read_part(tmp_path / "a.wav", 0.0, 2.0, RATE)
    ranges = Augmentation(room=1.0, noise=0.0, microphone=0.0, bandwidth=0.0)
    changed = augment_stream(samples, RATE, ranges, [], np.random.default_rng(0))
    assert len(changed) == len(samples)
    shifts = range(-400, 401, 8)
    likeness = [np.dot(np.roll(changed.astype(float), -s), samples) for s in shifts]
    assert abs(shifts[int(np.argmax(likeness))]) <= 8


def test_variants_differ_and_are_the_same_the_next_time(tmp_path: Path) -> None:
    write_noise(tmp_path / "noise" / "rain.wav", 4.0)
    first, again = (streams_of(settings_for(tmp_path), "train", copies=2) for _ in range(2))
    assert first and again and len(first.features) == 3
    np.testing.assert_array_equal(first.features, again.features)
    assert all((first.features[0] != first.features[i]).any() for i in (1, 2))


def test_fixed_windows_are_evenly_apart(tmp_path: Path) -> None:
    write_noise(tmp_path / "noise" / "rain.wav", 5.0)
    streams = streams_of(settings_for(tmp_path), "train")
    assert streams
    assert streams.starts[streams.every(0.5)].tolist() == [0, 25, 50, 75, 100, 125, 150]

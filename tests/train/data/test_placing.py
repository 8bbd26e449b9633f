"""Where the word lies in a recording that is longer than the window."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from train.cache import Cache
from train.data.clip import centre
from train.data.corpus import Corpus, describe, read_corpus
from train.data.entry import Entry
from train.data.index import Finding, sort_out
from train.data.placing import Place, find, placed
from train.features.blocks import Block, windows_of
from train.settings import Augmentation, read_settings
from train.settings.frontend import FrontendConfig
from train.settings.words import DIGITS

RATE = WINDOW = 16_000
Samples = NDArray[np.int16]


def word(seconds: float = 0.5, height: float = 3000.0) -> Samples:
    n = np.arange(round(seconds * RATE))
    swell = np.sin(np.pi * n / len(n)) ** 0.3
    return (height * swell * np.sin(n * 0.3)).astype(np.int16)


def take(seconds: float, *words: tuple[float, Samples], room: float = 0.0) -> Samples:
    """Words at seconds, in a steady room."""
    samples = np.random.default_rng(0).normal(0, room, round(seconds * RATE))
    for at, said in words:
        samples[round(at * RATE) :][: len(said)] += said
    return samples.astype(np.int16)


def found(samples: Samples) -> Place:
    return find(samples, WINDOW, RATE)


@given(st.integers(0, WINDOW), st.integers(0, 100))
@settings(max_examples=50, deadline=None)
def test_a_clip_that_fits_lies_in_the_middle_of_zeros(length: int, seed: int) -> None:
    samples = np.random.default_rng(seed).integers(-3000, 3000, length).astype(np.int16)
    np.testing.assert_array_equal(placed(samples, WINDOW, RATE), centre(samples, WINDOW))


@given(at=st.floats(0.0, 2.5), length=st.floats(0.2, 0.5), room=st.sampled_from([0, 10, 300]))
@settings(max_examples=60, deadline=None)
def test_the_middle_of_the_word_is_the_middle_of_the_window(
    at: float, length: float, room: float
) -> None:
    """In digital silence, in a quiet room and in noise 14 dB below the word."""
    samples = take(3.0, (at, word(length)), room=room)
    place = found(samples)
    assert place.words == 1
    assert place.start + WINDOW / 2 == pytest.approx((at + length / 2) * RATE, abs=0.06 * RATE)
    window = placed(samples, WINDOW, RATE)
    assert len(window) == WINDOW
    inside = samples[max(0, place.start) : place.start + WINDOW]
    begin = max(0, -place.start)
    np.testing.assert_array_equal(window[begin : begin + len(inside)], inside)
    assert not window[:begin].any() and not window[begin + len(inside) :].any()


@pytest.mark.parametrize(("at", "moved"), [(0.0, True), (1.1, False), (1.3, False), (2.4, True)])
def test_a_window_is_moved_if_the_middle_would_miss_a_part_of_the_word(
    at: float, moved: bool
) -> None:
    assert found(take(3.0, (at, word(0.4)))).moved is moved


@pytest.mark.parametrize("room", [0.0, 10.0])
@pytest.mark.parametrize("at", [0.05, 0.6, 2.9])
def test_a_click_is_no_word_and_draws_no_window(room: float, at: float) -> None:
    samples = take(3.0, (1.6, word()), room=room)
    before = found(samples)
    samples[round(at * RATE) :][:200] = 30_000 * (-1) ** np.arange(200)
    assert found(samples) == before


@pytest.mark.parametrize("room", [0.0, 1.0, 100.0, 5000.0])
def test_where_nobody_speaks_is_no_word_and_the_window_is_the_middle(room: float) -> None:
    assert found(take(3.0, room=room)) == Place(WINDOW, 0, False)


def test_separate_words_are_counted_and_the_one_with_more_energy_is_shown() -> None:
    place = found(take(4.0, (0.5, word()), (2.5, word(height=6000.0)), room=10.0))
    assert place.words == 2
    assert place.start == pytest.approx(2.25 * RATE, abs=0.06 * RATE)


def test_syllables_and_far_voices_are_no_words_of_their_own() -> None:
    syllables = take(3.0, (0.2, word(0.2)), (0.65, word(0.2)), room=10.0)
    assert found(syllables).words == 1
    far = take(3.0, (0.2, word()), (2.2, word(height=300.0)), room=5.0)
    assert found(far).words == 1 and found(far).moved


def test_of_a_word_longer_than_the_window_the_part_with_most_energy_is_shown() -> None:
    samples = take(4.0, (1.0, word(1.0)), (2.0, word(1.0, 9000.0)), room=10.0)
    place = found(samples)
    assert place.words == 1 and place.start == pytest.approx(2.0 * RATE, abs=0.06 * RATE)


def test_training_sees_the_word_of_a_long_clip(tmp_path: Path) -> None:
    write(tmp_path / "mine" / "one" / "ana_1.wav", take(3.0, (0.1, word())))
    corpus = corpus_of(tmp_path / "mine")
    clips = tuple(
        (entry, digest)
        for entry, digest in zip(corpus.entries, corpus.digests, strict=True)
        if entry.path
    )
    [recorded] = windows_of(Block(config=FrontendConfig(), seed=0, clips=clips))
    loud = np.flatnonzero(np.abs(recorded) > 500)
    assert loud[0] > 3000 and loud[-1] < 13_000 and loud[-1] - loud[0] > 7000
    copies = Block(
        config=FrontendConfig(), seed=0, clips=clips, copies=6, ranges=Augmentation(noise=0.0)
    )
    assert all(np.abs(copy).max() > 20 for copy in windows_of(copies))


def write(path: Path, samples: Samples) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, RATE)


def corpus_of(folder: Path) -> Corpus:
    return read_corpus(
        read_settings("synthetic", ["data.synthetic.speakers=12", f"data.folder={folder}"]),
        Cache(folder.parent / "cache"),
    )


def test_a_corpus_counts_long_clips_and_leaves_out_those_without_one_word(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    write(mine / "one" / "ana_1.wav", take(3.0, (0.1, word())))
    write(mine / "one" / "ana_2.wav", take(3.0, (1.2, word())))
    write(mine / "one" / "ana_3.wav", take(0.8, (0.1, word())))
    write(mine / "two" / "silent_1.wav", take(3.0, room=10.0))
    write(mine / "two" / "twice_1.wav", take(3.0, (0.2, word()), (2.0, word())))
    write(mine / "yes" / "sentence_1.wav", take(3.0, (0.2, word()), (2.0, word())))
    write(mine / "rain" / "steady_1.wav", take(3.0, room=2000.0))
    for _ in range(2):  # the second time from what was remembered
        corpus = corpus_of(mine)
        assert (corpus.lengths.long, corpus.lengths.moved) == (4, 2)
        silent, twice = (rejected.reason for rejected in corpus.rejected)
        assert "silent_1.wav: contains no speech" in silent
        assert "twice_1.wav: has 2 separate words; cut it between them" in twice
    said = describe(corpus, DIGITS)
    assert "4 clips are longer than the window" in said
    assert "in 2 of them the middle would have missed part of it" in said
    assert "2 of the clips could not be used" in said


def test_a_sound_that_is_to_be_recognized_need_not_stand_out() -> None:
    finding = Finding(digest="1", words=0)
    rain = Entry("esc50", "digits", "rain", "esc50-1", Path("rain.wav"), spoken=False)
    assert sort_out([rain], [finding]) == ([(rain, finding)], [])
    [said] = sort_out([replace(rain, spoken=True)], [finding])[1]
    assert said.reason == "rain.wav: contains no speech; record it again, or remove it"

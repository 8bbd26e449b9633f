"""Clips from synthesized speech and from a manifest, and the windows made of them."""

import hashlib

import numpy as np
import pytest

from train.data.clip import Clip, at_level, centre, resample
from train.data.entry import Entry, Voice
from train.data.load import load
from train.data.sources import synthetic
from train.errors import DataError
from train.settings.words import DIGITS


def spoken(word: str, voice: Voice) -> Clip:
    return load(Entry("synthetic", "digits", word, "someone", voice=voice))


def test_synthesized_speech_does_not_depend_on_what_was_said_before() -> None:
    first = spoken("seven", Voice("en-us+f3"))
    spoken("zero", Voice("en-029+klatt2", pitch=70))
    again = spoken("seven", Voice("en-us+f3"))
    np.testing.assert_array_equal(first.samples, again.samples)
    assert 0.3 < len(first.samples) / first.rate < 1.0
    assert np.abs(first.samples).max() > 3000


def test_synthesized_speakers_say_ten_different_digits() -> None:
    clips = [load(entry) for entry in synthetic.entries(2, seed=5)]
    assert [clip.label for clip in clips] == [*DIGITS, *DIGITS]
    assert len({hashlib.sha256(clip.samples.tobytes()).digest() for clip in clips}) == 20
    assert len({clip.speaker for clip in clips}) == 2
    assert synthetic.voices(3, seed=5) == synthetic.voices(5, seed=5)[:3]


def test_synthesized_speakers_say_other_words_too() -> None:
    entries = synthetic.entries(3, other_words=4)
    others = [entry for entry in entries if entry.kind == "unknown"]
    assert len(others) == 12 and not {entry.label for entry in others} & set(DIGITS)
    assert all(len(load(entry).samples) > 2000 for entry in others)


def test_unknown_voice_is_named() -> None:
    with pytest.raises(DataError, match="xx-none"):
        spoken("one", Voice("xx-none"))


def test_resampling_keeps_the_tone() -> None:
    tone = 10_000 * np.sin(2 * np.pi * 440 * np.arange(8000) / 8000)
    clip = Clip(tone.astype(np.int16), 8000, "a", "b", "c")
    out = resample(clip, 16_000)
    assert (out.rate, len(out.samples)) == (16_000, 16_000)
    assert int(np.abs(np.fft.rfft(out.samples)).argmax()) == 440


def test_centre_pads_or_cuts() -> None:
    samples = np.arange(1, 6, dtype=np.int16)
    np.testing.assert_array_equal(centre(samples, 8), [0, 1, 2, 3, 4, 5, 0, 0])
    np.testing.assert_array_equal(centre(samples, 3), [2, 3, 4])


def test_level_is_of_the_loudest_sample() -> None:
    samples = np.array([0, 10, -20], np.int16)
    assert np.abs(at_level(samples, 0.0)).max() == 32767
    assert np.abs(at_level(samples, -20.0)).max() == 3277
    assert not at_level(np.zeros(4, np.int16), 0.0).any()

"""Clips from synthesized speech and from a manifest, and the windows made of them."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
import soundfile

from train.data.clip import Clip, DataError, at_level, centre, resample
from train.data.manifest import load, read_manifest
from train.data.synthetic import DIGITS, Voice, speak, spoken_digits, voices


def test_synthesized_speech_does_not_depend_on_what_was_said_before() -> None:
    first = speak("seven", Voice("en-us+f3"))
    speak("zero", Voice("en-029+klatt2", pitch=70))
    again = speak("seven", Voice("en-us+f3"))
    np.testing.assert_array_equal(first.samples, again.samples)
    assert 0.3 < len(first.samples) / first.rate < 1.0
    assert np.abs(first.samples).max() > 3000


def test_synthesized_speakers_say_ten_different_digits() -> None:
    clips = list(spoken_digits(2, seed=5))
    assert [clip.label for clip in clips] == [*DIGITS, *DIGITS]
    assert len({hashlib.sha256(clip.samples.tobytes()).digest() for clip in clips}) == 20
    assert len({clip.speaker for clip in clips}) == 2
    assert voices(3, seed=5) == voices(5, seed=5)[:3]


def test_unknown_voice_is_named() -> None:
    with pytest.raises(DataError, match="xx-none"):
        speak("one", Voice("xx-none"))


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


def test_manifest_lists_recordings(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.flac", np.array([1, -2, 3], np.int16), 8000, subtype="PCM_16")
    (tmp_path / "manifest.csv").write_text(
        "path,kind,label,speaker,source\na.flac,digits,one,s1,test\n"
    )
    (entry,) = read_manifest(tmp_path)
    clip = load(entry)
    assert (clip.label, clip.speaker, clip.source, clip.rate) == ("one", "s1", "test", 8000)
    np.testing.assert_array_equal(clip.samples, [1, -2, 3])


def test_bad_data_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"manifest\.csv"):
        read_manifest(tmp_path)
    (tmp_path / "manifest.csv").write_text("path,label\n")
    with pytest.raises(DataError, match="no column kind"):
        read_manifest(tmp_path)
    (tmp_path / "manifest.csv").write_text("path,kind,label,speaker,source\nx.wav,d,one,s,t\n")
    with pytest.raises(DataError, match=r"x\.wav"):
        load(read_manifest(tmp_path)[0])

"""Scenes have their words where their label tracks say, at the levels that they promise."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.tools.clips import write_clips
from tools.stream import sounds
from tools.stream.scene import (
    NOISY,
    NOT_SPEECH,
    QUIET,
    RATE,
    SPEECH,
    SPREAD,
    Scene,
    arrange,
    write,
)
from tools.stream.scenes import main, plan, synthesized
from tools.stream.speech import sentence, span
from train.data.long.labels import read_track, track_of
from train.data.sources import synthetic
from train.settings.words import DIGITS

Capture = pytest.CaptureFixture[str]


def decibels(audio: np.ndarray) -> float:
    return 10 * float(np.log10(np.mean(audio.astype(float) ** 2) / 32768**2))


@pytest.mark.parametrize("background", [QUIET, NOISY])
def test_words_are_where_the_labels_say(background: float) -> None:
    digits = synthesized(1).digits
    audio, labels = arrange(Scene("digits", 0, 0, digits, background=background, pause=(1.0, 2.5)))
    assert [label.name for label in labels] == list(DIGITS)
    parts = np.split(audio, [round(x * RATE) for one in labels for x in (one.start, one.end)])
    words, between = parts[1::2], parts[2:-1:2]
    assert all(abs(decibels(word) - SPEECH) < SPREAD + 1 for word in words)
    for rest in between:
        inner = rest[RATE // 4 : -RATE // 4]
        assert decibels(inner) == pytest.approx(background, abs=2)
        assert 1.0 <= len(rest) / RATE <= 3.5


def test_a_word_ends_where_it_falls_silent() -> None:
    random = np.random.default_rng(0)
    clip = random.normal(0, 20, RATE)
    clip[4000:8000] += random.normal(0, 2000, 4000)
    clip[8900:9600] += random.normal(0, 300, 700)  # its last consonant, after a gap
    clip[14000:14200] += random.normal(0, 900, 200)  # a click when the recording stops
    start, end = span(clip.astype(np.int16), RATE)
    assert start == pytest.approx(0.25, abs=0.011)
    assert end == pytest.approx(0.6, abs=0.011)


def test_digits_come_once_in_quiet_and_once_in_noise_and_nowhere_else() -> None:
    voices = synthesized(3)
    scenes = plan(voices, 1)
    spoken = [c for s in scenes for c in s.clips if c.kind == "digits"]
    assert sorted(map(str, spoken)) == sorted(map(str, 2 * voices.digits))
    kinds = {scene.kind for scene in scenes}
    assert {"other words, quiet", "other words, noise", "running speech", *NOT_SPEECH} < kinds
    assert len({scene.name for scene in scenes}) == len(scenes)


@pytest.mark.parametrize("make", [sounds.music, sounds.hum, sounds.knocks])
def test_sounds_are_of_the_asked_length_and_level(make: sounds.Sound) -> None:
    found = [make(9 * RATE, RATE, np.random.default_rng(seed)) for seed in (1, 1, 2)]
    assert all(len(one) == 9 * RATE for one in found)
    assert np.array_equal(found[0], found[1])
    assert not np.array_equal(found[0], found[2])
    assert np.sqrt(np.mean(found[0] ** 2)) == pytest.approx(1, abs=0.01)


def test_sentences_have_no_word_that_sounds_like_a_digit() -> None:
    random = np.random.default_rng(0)
    said = {word for _ in range(300) for word in sentence(random).lower().strip(".").split()}
    assert len(said) > 60
    assert not said & {*DIGITS, "to", "too", "for", "won", "ate", "oh"}


def test_the_same_scene_is_the_same_file(tmp_path: Path) -> None:
    scene = Scene("other words, noise", 3, 0, synthesized(1).others, seconds=20)
    found = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        assert write(tmp_path / name, scene) == 20.0
        found.append((tmp_path / name / "other-words-noise-03.wav").read_bytes())
    assert found[0] == found[1]


def test_the_command_writes_what_it_says_and_replaces_only_that(
    tmp_path: Path, capsys: Capture
) -> None:
    out = tmp_path / "scenes"
    asked = ["--out", str(out), "--minutes", "1", "--speakers", "1"]
    assert main(asked) == 0
    assert "20 digits" in capsys.readouterr().out
    waves = sorted(out.glob("*.wav"))
    assert len(waves) == 9
    for wave in waves:
        labels = read_track(track_of(wave))
        assert labels[0].start == 0.0  # the kind
        assert labels[0].end == pytest.approx(soundfile.info(wave).duration, abs=1e-5)
        digits = [label for label in labels if label.name in DIGITS]
        assert len(digits) == (10 if "digits" in wave.name else 0)
        speech = any(kind in wave.name for kind in ("digits", "words", "speech"))
        assert (len(labels) > 10) == speech
    foreign = tmp_path / "mine.wav"
    foreign.write_bytes(b"")
    assert main(["--out", str(tmp_path)]) == 1
    assert "give another --out" in capsys.readouterr().err
    assert foreign.exists()


def test_words_of_a_folder_become_files_over_real_sound(tmp_path: Path, capsys: Capture) -> None:
    clips = write_clips(tmp_path / "clips", synthetic.entries(1, seed=3, words=("two", "table")))
    (tmp_path / "long" / "rain").mkdir(parents=True)
    rain = np.random.default_rng(0).normal(0, 1000, 5 * RATE).astype(np.int16)
    soundfile.write(tmp_path / "long" / "rain" / "a.wav", rain, RATE, subtype="PCM_16")
    out = tmp_path / "scenes"
    asked = ["--out", str(out), "--words", str(clips), "--behind", str(tmp_path / "long"), "--far"]
    assert main(asked) == 0
    assert "5 files" in capsys.readouterr().out
    names = ["words-alone-00", "words-far-away-00"]
    names += [f"words-in-rain-{ratio}-dB-00" for ratio in (10, 20, 5)]
    assert sorted(path.stem for path in out.glob("*.wav")) == names
    for path in out.glob("*.wav"):
        kind, *words = read_track(track_of(path))
        assert kind.start == 0.0 and kind.name.startswith("words ")
        assert sorted(word.name for word in words) == ["table", "two"]


@pytest.mark.parametrize(
    ("more", "said"),
    [(["--words", "gone"], "gone"), (["--words", "clips", "--behind", "gone"], "gone")],
)
def test_folders_that_are_not_there_are_one_line(
    more: list[str], said: str, tmp_path: Path, capsys: Capture
) -> None:
    write_clips(tmp_path / "clips", synthetic.entries(1, seed=3, words=("two",)))
    here = [str(tmp_path / one) if one[0] != "-" else one for one in more]
    assert main([*here, "--out", str(tmp_path / "out")]) == 1
    [error] = capsys.readouterr().err.splitlines()
    assert error.startswith("error: ") and said in error

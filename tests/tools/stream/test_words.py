"""Isolated words become streams: where, how loud, over what, and always the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.tools.clips import write_clips
from tools.stream.scene import RATE, SPEECH, Scene, arrange, render
from tools.stream.unheard import strangers
from tools.stream.words import (
    ALONE,
    CLIPS,
    FAR_AWAY,
    OTHERS,
    RATIOS,
    kinds_of,
    plan_words,
    sound_behind,
)
from train.data.entry import Entry
from train.data.sources import synthetic

WORDS = ("seven", "two")


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Entry]:
    """Two keywords and two other words of three voices."""
    said = synthetic.entries(3, seed=5, words=("seven", "two", "six", "one"))
    return strangers(write_clips(tmp_path_factory.mktemp("words") / "clips", said))


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """40 s of noise in the folder `rain`, first loud, then soft."""
    folder = tmp_path_factory.mktemp("long")
    (folder / "rain").mkdir()
    noise = np.random.default_rng(0).normal(0, 1000, 40 * RATE)
    noise[20 * RATE :] /= 10
    soundfile.write(folder / "rain" / "a.wav", noise.astype(np.int16), RATE, subtype="PCM_16")
    return folder


def plan(clips: list[Entry], long: Path, far: bool = False) -> list[Scene]:
    files = kinds_of([long], sorted(long.rglob("*.wav")), "rest")
    return plan_words(clips, WORDS, sound_behind(files, {}), far)


def decibels(audio: np.ndarray) -> float:
    return 10 * float(np.log10(np.mean(audio.astype(float) ** 2) / 32768**2))


def test_words_are_said_alone_far_away_and_over_each_sound_at_each_level(
    clips: list[Entry], long: Path
) -> None:
    scenes = plan(clips, long, far=True)
    kinds = [ALONE, FAR_AWAY, *(f"words in rain, {ratio} dB" for ratio in RATIOS), OTHERS]
    assert [scene.kind for scene in scenes] == kinds
    assert len({scene.name for scene in scenes}) == len(scenes)
    for scene in scenes:
        said = {clip.label for clip in scene.clips}
        assert said == ({"six", "one"} if scene.kind == OTHERS else set(WORDS))
        assert len(scene.clips) == 6


def test_the_ratio_is_that_of_word_and_sound(clips: list[Entry], long: Path) -> None:
    for scene in plan(clips, long):
        if not scene.behind:
            continue
        audio, labels = arrange(scene)
        alone, same = arrange(replace(scene, clips=(), seconds=0, behind=scene.behind))[0], labels
        assert len(same) == 6
        words = [audio[round(one.start * RATE) : round(one.end * RATE)] for one in labels]
        ratio = int(scene.kind.split(",")[1].split()[0])
        # a word's power and that of what is behind it add up
        expected = 10 * np.log10(10 ** (SPEECH / 10) + 10 ** ((SPEECH - ratio) / 10))
        assert np.mean([decibels(word) for word in words]) == pytest.approx(expected, abs=1.5)
        assert decibels(alone) == pytest.approx(SPEECH - ratio, abs=2)


def test_far_away_is_softer_and_echoes(clips: list[Entry], long: Path) -> None:
    scenes = {scene.kind: scene for scene in plan(clips, long, far=True)}
    found = {}
    for kind in (ALONE, FAR_AWAY):
        audio, labels = arrange(replace(scenes[kind], background=-90.0, spread=0.0))
        words = [audio[round(one.start * RATE) : round(one.end * RATE)] for one in labels]
        after = [audio[round(one.end * RATE) :][: RATE // 10] for one in labels]
        found[kind] = np.mean([decibels(w) for w in words]), np.mean([decibels(a) for a in after])
    (near, near_after), (far, far_after) = found[ALONE], found[FAR_AWAY]
    assert near - 14 < far < near - 5
    assert far - far_after < near - near_after


def test_the_same_clips_elsewhere_give_the_same_samples(
    clips: list[Entry], long: Path, tmp_path: Path
) -> None:
    for clip in clips:
        assert clip.path is not None
        (tmp_path / f"other_{clip.path.name}").write_bytes(clip.path.read_bytes())
    moved = [replace(c, path=tmp_path / f"other_{c.path.name}") for c in clips if c.path]
    for one, other in zip(plan(clips, long), plan(moved, long), strict=True):
        assert np.array_equal(render(one)[0], render(other)[0])
    louder = moved[0].path
    assert louder is not None
    samples, rate = soundfile.read(louder, dtype="int16")
    soundfile.write(louder, samples // 2, rate, subtype="PCM_16")
    assert not np.array_equal(render(plan(clips, long)[0])[0], render(plan(moved, long)[0])[0])


def test_a_file_has_whole_speakers_and_enough_of_them(long: Path) -> None:
    said = [Entry("home", "digits", "two", f"s{i // 8}") for i in range(60)]
    alone = [scene for scene in plan(said, long) if scene.kind == ALONE]
    speakers = [{clip.speaker for clip in scene.clips} for scene in alone]
    assert [len(scene.clips) for scene in alone] == [24, 24, 12]
    assert all(len(scene.clips) >= CLIPS for scene in alone[:-1])
    assert not speakers[0] & speakers[1]


def test_parts_that_a_model_learned_from_are_not_behind_words(long: Path) -> None:
    [path] = long.rglob("*.wav")
    behind = sound_behind({path: "rain"}, {path: ((20.0, 40.0),)})
    assert [(part.start, part.end) for part in behind["rain"]] == [(20.0, 40.0)]
    assert sound_behind({path: "rain"}, {path: ()}) == {}
    assert sound_behind({path: "rain"}, {path: ((39.5, 50.0),)}) == {}


def test_a_sound_is_called_after_its_folder(long: Path) -> None:
    [path] = long.rglob("*.wav")
    assert kinds_of([long], [path], "rest") == {path: "rain"}
    assert kinds_of([path], [path], "rest") == {path: "rest"}

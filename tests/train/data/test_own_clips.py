"""Which of a user's clips are learned from, which are kept back, and which cannot be used."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from train.cache import Cache
from train.data.corpus import Corpus
from train.data.noises import Noises
from train.data.own_clips import describe, read_own_clips
from train.errors import DataError
from train.settings import Data
from train.settings.frontend import FrontendConfig
from train.settings.words import DIGITS

DATA = Data()
NOBODY = Corpus([], [], [], [], Noises(), [])


def write(path: Path, seed: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = np.random.default_rng(seed).normal(0, 3000, 6000).astype(np.int16)
    soundfile.write(path, samples, 16_000)


def read(folder: Path, trained: Corpus = NOBODY, data: Data = DATA) -> Corpus:
    return read_own_clips(folder, trained, data, FrontendConfig(), Cache(folder.parent / "cache"))


def test_every_fourth_clip_of_a_digit_is_kept_back_and_ten_comes_after_nine(
    tmp_path: Path,
) -> None:
    for number in range(1, 13):
        write(tmp_path / "mine" / "one" / "ana" / f"{number}.wav", number)
        write(tmp_path / "mine" / "yes" / "ana" / f"{number}.wav", 100 + number)
    clips = read(tmp_path / "mine")
    kept = clips.only(clips.of("test"))
    assert [entry.path.name for entry in kept.entries if entry.path] == ["4.wav", "8.wav", "12.wav"]
    assert kept.labels == ["one"] * 3
    assert [clips.entries[i] for i in clips.of("test")] == kept.entries
    assert len(clips.of("train")) == 9 + 12


def test_of_three_clips_none_is_kept_back_whoever_spoke(tmp_path: Path) -> None:
    for number in range(3):
        write(tmp_path / "mine" / "one" / f"ana_{number}.wav", number)
        write(tmp_path / "mine" / "one" / f"ben_{number}.wav", 10 + number)
    assert read(tmp_path / "mine").splits == ["train"] * 6


def test_what_cannot_be_used_is_named_and_the_rest_is_kept(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    write(mine / "one" / "ana_1.wav", 1)
    (mine / "one" / "ana_2.wav").write_bytes(b"")
    (mine / "one" / "ana_3.wav").write_bytes((mine / "one" / "ana_1.wav").read_bytes())
    clips = read(mine)
    assert len(clips.entries) == 1
    said = describe(mine, clips, DIGITS)
    assert "1 clips to train on, 0 held back" in said
    assert "2 of the clips could not be used" in said
    assert "ana_2.wav: " in said and "ana_3.wav: the same samples as" in said
    assert "no clips of zero, two, three, four, five, six, seven, eight, nine: nothing" in said


def test_noise_is_what_copies_are_mixed_with(tmp_path: Path) -> None:
    write(tmp_path / "mine" / "one" / "ana_1.wav", 1)
    write(tmp_path / "mine" / "noise" / "1.wav", 2)
    clips = read(tmp_path / "mine")
    assert clips.labels == ["one"] and len(clips.noises.entries) == 1


def test_a_run_without_unknown_learns_digits_alone(tmp_path: Path) -> None:
    write(tmp_path / "mine" / "one" / "ana_1.wav", 1)
    write(tmp_path / "mine" / "yes" / "ana_1.wav", 2)
    assert read(tmp_path / "mine", data=Data(unknown=False)).labels == ["one"]
    assert read(tmp_path / "mine").labels == ["one", "unknown"]
    words = Data(words=("yes",), unknown=False)
    assert read(tmp_path / "mine", data=words).labels == ["yes"]


def test_clips_of_the_run_itself_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "mine" / "one" / "ana_1.wav", 1)
    clips = read(tmp_path / "mine")
    with pytest.raises(DataError, match=r"1 of the clips are the run's own, such as .*ana_1\.wav"):
        read(tmp_path / "mine", trained=clips)

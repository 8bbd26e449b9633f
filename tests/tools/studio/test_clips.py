"""The data set that is recorded: what training makes of it, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.firmware.app.scenario import spoken
from tests.tools.studio.conftest import RATE, write_wav
from tools.studio.clips import ClipFolder, check_name, cut_word
from train.data.sources import folder as labelled
from train.data.sources.registry import recognize
from train.errors import DataError

WORD = spoken("seven")[12_000:36_000]


def test_training_reads_what_is_recorded(tmp_path: Path) -> None:
    clips = ClipFolder(tmp_path / "mine")
    clips.save("seven", "anna", WORD)
    clips.save("hello", "Jörg 2", WORD)
    clips.save("noise", "anna", WORD)
    assert recognize(clips.path) == "folder"
    found = {(e.kind, e.label, e.speaker) for e in labelled.entries(clips.path)}
    assert found == {
        ("digits", "seven", "mine-anna"),
        ("unknown", "hello", "mine-Jörg 2"),
        ("noise", "noise", "mine-anna"),
    }


def test_a_word_is_kept_with_its_margins_and_noise_whole(tmp_path: Path) -> None:
    clips = ClipFolder(tmp_path)
    word = clips.read(clips.save("seven", "anna", WORD))
    at = next(i for i in range(len(WORD)) if np.array_equal(WORD[i : i + len(word)], word))
    loud = np.flatnonzero(np.abs(WORD.astype(int)) > 1000)
    assert 0.1 * RATE < loud[0] - at < 0.4 * RATE
    assert 0.1 * RATE < at + len(word) - loud[-1] < 0.4 * RATE
    np.testing.assert_array_equal(clips.read(clips.save("noise", "anna", WORD)), WORD)


def test_no_file_is_written_over_after_one_was_deleted(tmp_path: Path) -> None:
    clips = ClipFolder(tmp_path)
    names = [clips.save("seven", "anna", WORD) for _ in range(3)]
    clips.delete(names[1])
    assert clips.save("seven", "anna", WORD) == names[1]
    assert [clip.id for clip in clips.listing()] == names


def test_a_label_without_clips_is_gone(tmp_path: Path) -> None:
    clips = ClipFolder(tmp_path / "clips")
    clips.delete(clips.save("seven", "anna", WORD))
    assert clips.listing() == [] and list(clips.path.iterdir()) == []
    with pytest.raises(DataError, match="this clip does not exist"):
        clips.delete("seven/anna/1.wav")


def test_every_voice_has_its_side_and_keeps_it_when_others_come(tmp_path: Path) -> None:
    folder = tmp_path / "voices"  # the name is part of each speaker's hash
    clips = ClipFolder(folder)
    clips.save("seven", "anna", WORD)
    assert [clip.split for clip in clips.listing()] == ["train"]
    for speaker in range(11):
        for label in ("two", "seven", "noise"):
            write_wav(folder / label / f"s{speaker}" / "1.wav", WORD)
    found = clips.described()
    assert found["speakers"] == 12
    homes: dict[str, set[str]] = {}
    for clip in clips.listing():
        if clip.label == "noise":
            assert clip.split == ""
        else:
            homes.setdefault(clip.speaker, set()).add(clip.split)
    assert all(len(splits) == 1 for splits in homes.values())
    assert homes["anna"] == {"train"}
    assert set.union(*homes.values()) == {"train", "validation", "test"}
    assert sum(found["counts"][split]["seven"] for split in found["counts"]) == 12


def test_recordings_of_any_kind_are_listed_and_played_at_16_khz(tmp_path: Path) -> None:
    (tmp_path / "two").mkdir()
    soundfile.write(tmp_path / "two" / "bob_1.flac", np.sin(np.arange(44_100) / 9) / 3, 44_100)
    clips = ClipFolder(tmp_path)
    [clip] = clips.listing()
    assert (clip.label, clip.speaker) == ("two", "bob")
    assert len(clips.read(clip.id)) == RATE


def test_a_copy_of_a_data_set_is_not_added_to(tmp_path: Path) -> None:
    write_wav(tmp_path / "recordings" / "0_jackson_0.wav", WORD)
    with pytest.raises(DataError, match=r"fsdd.*another --data"):
        ClipFolder(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="not a folder"):
        ClipFolder(tmp_path / "file")


@pytest.mark.parametrize("name", ["seven", "Ångström 2", "a.b-c", "_background_noise_"])
def test_names_of_people_and_words_are_taken(name: str) -> None:
    check_name("speaker", name)


def test_a_word_that_is_cut_by_the_end_of_the_take_is_none() -> None:
    end = np.flatnonzero(np.abs(WORD.astype(int)) > 1000)[-1]
    with pytest.raises(DataError, match="no complete word"):
        cut_word(WORD[: end + 800])

"""Every source lists its entries in its own layout; a bad file is named and the rest is kept."""

import os
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile

from train.data.clip import Clip
from train.data.entry import Entry
from train.data.load import Rejected, load, load_usable
from train.data.sources import audiomnist, esc50, folder, fsdd, manifest, speech_commands
from train.data.sources.registry import SOURCES, entries_of, recognize
from train.errors import DataError

TONE = (8000 * np.sin(2 * np.pi * 440 * np.arange(8000) / 16000)).astype(np.int16)


def record(root: Path, *names: str, rate: int = 16_000) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(root / name, TONE, rate)


def test_audiomnist(tmp_path: Path) -> None:
    record(tmp_path, "data/01/0_01_0.wav", "data/01/9_01_49.wav", "data/60/7_60_3.wav", rate=48_000)
    (tmp_path / "data/audioMNIST_meta.txt").write_text("{}")
    found = audiomnist.entries(tmp_path)
    assert [(e.label, e.speaker) for e in found] == [
        ("zero", "audiomnist-01"),
        ("nine", "audiomnist-01"),
        ("seven", "audiomnist-60"),
    ]
    assert load(found[0]).rate == 48_000
    assert audiomnist.entries(tmp_path / "data") == found


def test_audiomnist_mirrors_may_be_flat_flac_and_at_16_khz(tmp_path: Path) -> None:
    record(tmp_path, "0_01_0.flac", "9_60_49.flac", "_01_0.flac", "12_01_0.flac", "1_anna_0.flac")
    found = audiomnist.entries(tmp_path)
    assert [(e.label, e.speaker) for e in found] == [
        ("zero", "audiomnist-01"),
        ("nine", "audiomnist-60"),
    ]
    assert load(found[0]).rate == 16_000


def test_free_spoken_digits(tmp_path: Path) -> None:
    record(tmp_path, "recordings/3_jackson_0.wav", "recordings/3_theo_12.wav", rate=8_000)
    first, second = fsdd.entries(tmp_path)
    assert (first.label, first.speaker, first.fold) == ("three", "fsdd-jackson", "test")
    assert (second.speaker, second.fold) == ("fsdd-theo", "train")


def test_speech_commands(tmp_path: Path) -> None:
    record(tmp_path, "seven/aa_nohash_0.wav", "seven/bb_nohash_1.wav", "bed/cc_nohash_0.wav")
    record(tmp_path, "_background_noise_/pink.wav")
    (tmp_path / "testing_list.txt").write_text("seven/bb_nohash_1.wav\n")
    (tmp_path / "validation_list.txt").write_text("bed/cc_nohash_0.wav\n")
    found = {entry.path.name: entry for entry in speech_commands.entries(tmp_path) if entry.path}
    kinds = {name: (e.kind, e.label, e.fold) for name, e in found.items()}
    assert kinds == {
        "aa_nohash_0.wav": ("digits", "seven", "train"),
        "bb_nohash_1.wav": ("digits", "seven", "test"),
        "cc_nohash_0.wav": ("unknown", "bed", "validation"),
        "pink.wav": ("noise", "pink", "train"),
    }


def test_esc50_keeps_clips_of_one_recording_together(tmp_path: Path) -> None:
    record(tmp_path, "audio/1-100-A-0.wav", "audio/1-100-B-0.wav")
    (tmp_path / "meta").mkdir()
    (tmp_path / "meta/esc50.csv").write_text(
        "filename,fold,target,category,esc10,src_file,take\n"
        "1-100-A-0.wav,1,0,dog,True,100,A\n1-100-B-0.wav,1,0,dog,True,100,B\n"
    )
    found = esc50.entries(tmp_path)
    assert Counter((e.label, e.speaker, e.fold) for e in found) == {
        ("dog", "esc50-100", "fold-1"): 2
    }


def test_labelled_folders(tmp_path: Path) -> None:
    record(tmp_path / "mine", "seven/anna/a.wav", "seven/ben_1.flac", "hello/c.ogg")
    found = folder.entries(tmp_path / "mine")
    assert {(e.kind, e.label, e.speaker) for e in found} == {
        ("digits", "seven", "mine-anna"),
        ("digits", "seven", "mine-ben"),
        ("unknown", "hello", "mine-someone"),
    }


def test_a_label_may_have_any_name_and_noise_is_no_word(tmp_path: Path) -> None:
    record(tmp_path, "zwölf/jürgen/a.wav", "[odd] *label/b.wav", "七/b/c.wav", "seven/d/e.wav")
    record(tmp_path, "noise/fan/1.wav", "_background_noise_/rain.wav", ".hidden/x.wav")
    found = folder.entries(tmp_path)
    assert {(e.kind, e.label) for e in found} == {
        ("unknown", "zwölf"),
        ("unknown", "[odd] *label"),
        ("unknown", "七"),
        ("digits", "seven"),
        ("noise", "noise"),
        ("noise", "_background_noise_"),
    }
    assert all(isinstance(result, Clip) for result in load_usable(found))


def test_an_empty_label_is_reported_and_the_rest_is_kept(tmp_path: Path) -> None:
    record(tmp_path, "seven/anna/1.wav", "seven/ben/1.wav")
    (tmp_path / "empty").mkdir()
    rejected, *clips = load_usable(folder.entries(tmp_path))
    assert isinstance(rejected, Rejected) and len(clips) == 2
    assert rejected.reason == (
        f"{tmp_path / 'empty'}: contains no recordings; add some, or remove the folder"
    )


def test_the_folder_one_is_in_has_a_name_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(tmp_path / "mine", "seven/anna/1.wav")
    monkeypatch.chdir(tmp_path / "mine")
    (entry,) = entries_of("folder", ".")
    assert (entry.source, entry.speaker) == ("mine", "mine-anna")


@pytest.mark.parametrize(
    ("layout", "name"),
    [
        ("manifest.csv", "manifest"),
        ("meta/esc50.csv", "esc50"),
        ("data/01/0_01_0.wav", "audiomnist"),
        ("01/0_01_0.flac", "audiomnist"),
        ("data/0_01_0.wav", "audiomnist"),
        ("0_01_0.wav", "audiomnist"),
        ("recordings/0_jackson_0.wav", "fsdd"),
        ("0_jackson_0.wav", "fsdd"),
        ("seven/0a7c2a8d_nohash_0.wav", "speech_commands"),
        ("seven/anna/1.wav", "folder"),
        ("zwölf/anna_1.FLAC", "folder"),
    ],
)
def test_a_layout_is_recognized_and_read(layout: str, name: str, tmp_path: Path) -> None:
    file = tmp_path / layout
    file.parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / "README.md").write_text("words")
    (tmp_path / "0_empty").mkdir()
    if file.suffix == ".csv":
        columns = {"manifest": manifest.COLUMNS, "esc50": esc50.COLUMNS}[name]
        file.write_text(f"{','.join(columns)}\n{','.join(['digits'] * len(columns))}\n")
    else:
        record(tmp_path, layout)
    assert recognize(tmp_path) == name
    assert any(entry.path for entry in entries_of(name, str(tmp_path)))


def test_what_is_not_recognized_is_told_what_was_looked_for(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/notes.csv").write_text("a,b")
    with pytest.raises(DataError, match=r"not have a known layout; looked for manifest\.csv"):
        recognize(tmp_path)
    with pytest.raises(DataError, match="gone: is not a folder"):
        recognize(tmp_path / "gone")


def test_every_source_of_the_settings_is_there() -> None:
    assert [*SOURCES] == ["manifest", "audiomnist", "fsdd", "speech_commands", "esc50", "folder"]


def test_manifest(tmp_path: Path) -> None:
    record(tmp_path, "a.flac")
    table = tmp_path / "manifest.csv"
    table.write_text("path,kind,label,speaker,source\na.flac,digits,one,s1,test\n")
    (entry,) = manifest.entries(tmp_path)
    clip = load(entry)
    assert (clip.label, clip.speaker, clip.source, clip.rate) == ("one", "s1", "test", 16_000)
    np.testing.assert_array_equal(clip.samples, TONE)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("path,label\n", "no column kind"),
        ("path,kind,label,speaker,source\na.wav,word,one,s,t\n", "line 2: kind is 'word'"),
        ("path,kind,label,speaker,source\na.wav,digits,one,,t\n", "line 2: has an empty cell"),
    ],
)
def test_bad_manifest_is_named(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "manifest.csv").write_text(text)
    with pytest.raises(DataError, match=message):
        manifest.entries(tmp_path)


@pytest.mark.parametrize(
    "source", [audiomnist, fsdd, speech_commands, esc50, folder, manifest], ids=lambda m: m.__name__
)
def test_a_wrong_folder_says_what_was_expected(source: object, tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        source.entries(tmp_path)  # type: ignore[attr-defined]
    message = str(caught.value)
    assert str(tmp_path) in message and "\n" not in message


def test_bad_files_are_rejected_by_name_and_the_rest_is_kept(tmp_path: Path) -> None:
    record(tmp_path, "good.wav", "cut.wav")
    cut = (tmp_path / "cut.wav").read_bytes()
    (tmp_path / "cut.wav").write_bytes(cut[: len(cut) // 2])
    (tmp_path / "empty.wav").write_bytes(b"")
    (tmp_path / "text.wav").write_text("not audio at all, but a sentence")
    soundfile.write(tmp_path / "nan.wav", np.full(8000, np.nan), 16_000, subtype="FLOAT")
    soundfile.write(tmp_path / "click.wav", TONE[:100], 16_000)
    (tmp_path / "folder.wav").mkdir()
    lock(tmp_path / "locked.wav")
    names = ("good", "cut", "empty", "text", "nan", "click", "gone", "folder", "locked")
    found = [Entry("t", "digits", "one", "s", tmp_path / f"{name}.wav") for name in names]
    results = list(load_usable(found))
    assert [type(result) for result in results] == [Clip] + [Rejected] * 8
    reasons = [result.reason for result in results if isinstance(result, Rejected)]
    expected = (
        "truncated",
        "not a readable",
        "not a readable",
        "NaN",
        "less than",
        "not a readable",
        "contains no recordings",
        "not a readable",
    )
    for name, reason, words in zip(names[1:], reasons, expected, strict=True):
        assert f"{name}.wav" in reason and words in reason and "\n" not in reason


def lock(path: Path) -> None:
    """A file that is there and cannot be opened; root opens any, but not a link to nowhere."""
    if os.geteuid() == 0:
        path.symlink_to("nowhere.wav")
    else:
        record(path.parent, path.name)
        path.chmod(0)


def test_any_depth_and_channel_count_becomes_mono_int16(tmp_path: Path) -> None:
    stereo = np.stack([TONE, -TONE // 2], axis=1)
    soundfile.write(tmp_path / "u8.wav", stereo, 11_025, subtype="PCM_U8")
    soundfile.write(tmp_path / "s24.flac", TONE, 44_100, subtype="PCM_24")
    soundfile.write(tmp_path / "float.wav", TONE / 32768 * 2, 8_000, subtype="FLOAT")
    clips = [
        load(Entry("t", "digits", "one", "s", tmp_path / name))
        for name in ("u8.wav", "s24.flac", "float.wav")
    ]
    assert [clip.rate for clip in clips] == [11_025, 44_100, 8_000]
    np.testing.assert_allclose(clips[0].samples, TONE / 4, atol=300)
    np.testing.assert_array_equal(clips[1].samples, TONE)
    np.testing.assert_array_equal(clips[2].samples, np.clip(2 * TONE.astype(int), -32768, 32767))

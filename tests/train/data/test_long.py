"""Long recordings: what each holds, and that nobody is heard in two splits."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.train.long import READERS, label, settings_for, write_noise, write_reading
from train.data.long.collection import as_tree, long_table, read_long
from train.data.long.recordings import SOURCE, Recording, Turn, find
from train.data.long.spans import LONGEST, PAUSE, spans_of
from train.data.split import SPLITS, side
from train.errors import ConfigError, DataError
from train.settings import read_settings

TURNS = st.lists(
    st.tuples(st.floats(0, 300), st.floats(0.1, 40), st.sampled_from(READERS)),
    min_size=1,
    max_size=25,
)


def recording(seconds: float, speech: bool, turns: tuple[Turn, ...] = ()) -> Recording:
    return Recording(Path("a.wav"), "0" * 32, seconds, speech, turns=turns)


@given(drawn=TURNS, seed=st.integers(0, 5))
def test_only_speakers_of_its_split_are_heard_in_a_span(
    drawn: list[tuple[float, float, str]], seed: int
) -> None:
    turns = tuple(Turn(start, start + length, name) for start, length, name in drawn)
    for span in spans_of(recording(400, True, turns), seed, 1):
        heard = [t for t in turns if t.start < span.end and t.end > span.start]
        assert heard and {side(seed, SOURCE, t.speaker) for t in heard} == {span.split}


@given(drawn=TURNS)
def test_spans_lie_in_order_and_hold_no_gap_in_which_nobody_is_known(
    drawn: list[tuple[float, float, str]],
) -> None:
    turns = tuple(Turn(start, start + length, name) for start, length, name in drawn)
    spans = spans_of(recording(300, True, turns), 0, 1)
    assert all(a.end <= b.start for a, b in pairwise(spans))
    assert all(0 <= span.start < span.end <= 300 for span in spans)
    for span in spans:
        inside = sorted({span.start, span.end, *(e for t in turns for e in (t.start, t.end)
                                                  if span.start < e < span.end)})  # fmt: skip
        for start, end in pairwise(inside):
            known = any(t.start < end and t.end > start for t in turns)
            assert known or end - start <= PAUSE


@pytest.mark.parametrize("speech", [True, False])
def test_what_nobody_is_known_in_is_cut_into_eight_tenths_and_twice_one(speech: bool) -> None:
    spans = spans_of(recording(100.0, speech), 0, 1)
    assert [(s.split, s.start, s.end) for s in spans] == [
        ("train", 0.0, 80.0), ("validation", 80.0, 90.0), ("test", 90.0, 100.0),
    ]  # fmt: skip


@given(seconds=st.floats(0.5, 1000))
def test_pieces_are_at_most_a_minute_and_leave_nothing_out(seconds: float) -> None:
    for span in spans_of(recording(seconds, False), 0, 1):
        pieces = span.pieces
        assert (pieces[0][0], pieces[-1][1]) == (span.start, pytest.approx(span.end))
        assert all(a[1] == b[0] for a, b in pairwise(pieces))
        assert all(0 < end - start <= LONGEST + 1e-6 for start, end in pieces)


def test_a_folder_says_what_its_recordings_hold(tmp_path: Path) -> None:
    for name in ("monday.wav", "noise/rain.wav", "music/old/waltz.wav", "_background_noise_/a.wav"):
        write_noise(tmp_path / name, 1.0)
    found, _ = find(tmp_path, ["one"])
    assert {one.path.name: one.speech for one in found} == {
        "monday.wav": True, "rain.wav": False, "waltz.wav": False, "a.wav": False,
    }  # fmt: skip
    assert not any(one.speech for one in find(tmp_path / "noise", ["one"])[0])


def test_a_reader_is_in_one_split_wherever_the_voice_is_heard(tmp_path: Path) -> None:
    write_reading(tmp_path / "a" / "1.wav")
    write_reading(tmp_path / "b" / "2.wav", READERS[::-1])
    collection, _ = read_long(settings_for(tmp_path))
    assert dict(collection.sides) == {name: side(0, SOURCE, name) for name in READERS}
    assert sum(collection.speakers.values()) == len(READERS)
    more, _ = read_long(settings_for(tmp_path / "a"))
    assert more.sides == collection.sides
    assert collection.identity == read_long(settings_for(tmp_path))[0].identity
    assert collection.identity != read_long(settings_for(tmp_path, "seed=7"))[0].identity


def test_noise_and_music_are_backgrounds_unless_a_keyword_is_said(tmp_path: Path) -> None:
    for number, name in enumerate(("noise/rain", "music/waltz", "noise/kitchen", "talk")):
        write_noise(tmp_path / f"{name}.wav", 2.0, number)
    label(tmp_path / "noise/kitchen.wav", (0.5, 0.9, "seven"))
    label(tmp_path / "noise/rain.wav", (0.5, 0.9, "thunder"))
    collection, _ = read_long(settings_for(tmp_path))
    names = {entry.path.stem for entry, _ in collection.backgrounds if entry.path}
    assert names == {"rain", "waltz"}


def test_what_cannot_be_used_is_left_out_and_named(tmp_path: Path) -> None:
    write_noise(tmp_path / "noise" / "rain.wav", 1.0)
    write_noise(tmp_path / "noise" / "again.wav", 1.0)
    write_noise(tmp_path / "strangers" / "talk.wav", 1.0, 1)
    write_noise(tmp_path / "talk.wav", 1.0, 2)
    (tmp_path / "notes.wav").write_text("to be recorded")
    collection, refused = read_long(settings_for(tmp_path, "data.unknown=false"))
    assert [one.path.name for one in collection.recordings] == ["again.wav"]
    reasons = " | ".join(one.reason for one in refused)
    for part in ("again.wav", "strangers/talk.wav: for measuring only", "notes.wav: not a readable",
                 "talk.wav: is speech, which needs the label unknown"):  # fmt: skip
        assert part in reasons
    assert len(refused) == 4


def test_a_folder_of_which_nothing_can_be_used_was_given_by_mistake(tmp_path: Path) -> None:
    write_noise(tmp_path / "strangers" / "talk.wav", 1.0)
    with pytest.raises(DataError, match=r"data.long: .*talk.wav: for measuring only; use tinykws"):
        read_long(settings_for(tmp_path))


def test_another_label_or_recording_is_other_data(tmp_path: Path) -> None:
    write_noise(tmp_path / "a.wav", 3.0)

    def identity() -> list[object]:
        return read_long(settings_for(tmp_path))[0].identity

    before = identity()
    label(tmp_path / "a.wav", (0.5, 0.9, "thunder"))
    assert identity() == before
    label(tmp_path / "a.wav", (0.5, 0.9, "seven"))
    labelled = identity()
    write_noise(tmp_path / "a.wav", 3.0, 1)
    assert len({str(one) for one in (before, labelled, identity())}) == 3


def test_minutes_speakers_and_licences_are_told(tmp_path: Path) -> None:
    write_reading(tmp_path / "speech" / "1.wav")
    write_noise(tmp_path / "noise" / "rain.wav", 30.0)
    (tmp_path / "noise" / "licences.csv").write_text("file,licence,credit\nrain.wav,CC0,Ana\n")
    collection, _ = read_long(settings_for(tmp_path))
    tree = as_tree(collection)
    assert tree["minutes"]["noise_and_music"] == {"train": 0.4, "validation": 0.1, "test": 0.1}
    assert sum(tree["speakers"].values()) == len(READERS)
    (rain,) = (one for one in tree["recordings"] if one["file"] == "rain.wav")
    assert (rain["licence"], rain["credit"], rain["seconds"]) == ("CC0", "Ana", 30.0)
    table = "\n".join(long_table(collection))
    assert table.splitlines()[0].split()[2:] == list(SPLITS) and "speakers" in table
    assert as_tree(read_long(read_settings("synthetic", []))[0]) == {}


@pytest.mark.parametrize(
    ("table", "content", "message"),
    [
        ("sources.csv", "file,start,end\n", "has no column utterance"),
        ("sources.csv", "file,start,end,utterance\nb.wav,0,1,a_1-2-3\n",
         "line 2: b.wav is not there; remove the line, or add the file"),
        ("sources.csv", "file,start,end,utterance\na.wav,1,now,a_1-2-3\n",
         "line 2: expected start and end in seconds"),
        ("sources.csv", "file,start,end,utterance\na.wav,0,1,ana\n",
         "line 2: utterance is 'ana'; expected CORPUS_SPEAKER-CHAPTER-NUMBER"),
        ("licences.csv", "file,licence\na.wav,\n", "line 2: expected file,licence,credit"),
        ("a.txt", "0.1 0.2 one\n", "line 1 is not a label; expected start, end and name"),
    ],
)  # fmt: skip
def test_a_wrong_table_is_named_with_its_line(
    table: str, content: str, message: str, tmp_path: Path
) -> None:
    write_noise(tmp_path / "a.wav", 1.0)
    (tmp_path / table).write_text(content)
    with pytest.raises(DataError) as caught:
        read_long(settings_for(tmp_path))
    assert message in str(caught.value) and str(tmp_path / table) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_or_empty_folder_is_named_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"data.long: .*none: is not a folder; give one with long"):
        read_long(settings_for(tmp_path / "none"))
    with pytest.raises(DataError, match=r"has no recordings; expected files such as speech/"):
        read_long(settings_for(tmp_path))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["data.long=a", "frontend.mean_normalization=window"], "needs frontend.mean_norm"),
        (["data.long_share=1"], "data.long_share: 1 is outside 0 to below 1"),
        (["data.long=a", "recipe.mine_epochs=2"], "recipe.mine_epochs: needs recipe.hard_share"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(changes: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read_settings("synthetic", changes)

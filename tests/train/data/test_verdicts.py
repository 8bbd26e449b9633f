"""The table of kept clips: whole at any time, whoever writes to it."""

import threading
from pathlib import Path

import pytest

from train.data.verdicts import (
    COLUMNS,
    DETECTION,
    NEAR,
    TABLE,
    Kept,
    add,
    begin,
    judge,
    read_table,
    told,
)
from train.errors import DataError


def kept(number: int, kind: str = DETECTION, said: str = "") -> Kept:
    return Kept(f"{number:04}-one.wav", "2026-01-01", "one", 87.5, kind, "anna", "abc", said)


def test_rows_are_read_as_they_were_added(tmp_path: Path) -> None:
    rows = [kept(1), kept(2, NEAR)]
    for row in rows:
        add(tmp_path / "kitchen", row)
    assert read_table(tmp_path / "kitchen") == rows
    text = (tmp_path / "kitchen" / TABLE).read_text()
    assert text.splitlines()[:2] == [",".join(COLUMNS), "0001-one.wav,2026-01-01,one,87.5,"
                                     "detection,anna,abc,"]  # fmt: skip


def test_a_verdict_is_stored_and_taken_back(tmp_path: Path) -> None:
    add(tmp_path, kept(1))
    assert judge(tmp_path, "0001-one.wav", "unknown") == kept(1, said="unknown")
    assert read_table(tmp_path) == [kept(1, said="unknown")]
    assert judge(tmp_path, "0001-one.wav", "") == kept(1)


def test_clips_and_verdicts_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    """A board adds clips while a person judges."""
    for number in range(20):
        add(tmp_path, kept(number))

    def watch() -> None:
        for number in range(20, 40):
            add(tmp_path, kept(number))

    watching = threading.Thread(target=watch)
    watching.start()
    for number in range(20):
        judge(tmp_path, f"{number:04}-one.wav", "two")
    watching.join()
    assert read_table(tmp_path) == [kept(n, said="two" if n < 20 else "") for n in range(40)]
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize(
    ("kind", "said", "wrong"),
    [
        (DETECTION, "one", False), (DETECTION, "unknown", True), (DETECTION, "two", True),
        (NEAR, "one", True), (NEAR, "unknown", False), (NEAR, "two", False),
        (DETECTION, "", False), (NEAR, "", False),
    ],
)  # fmt: skip
def test_a_detection_is_wrong_for_another_word_a_near_miss_for_its_own(
    kind: str, said: str, wrong: bool
) -> None:
    assert kept(1, kind, said).wrong == wrong


def test_verdicts_are_counted() -> None:
    rows = [kept(1, said="unknown"), kept(2, NEAR, "one"), kept(3, said="two"), kept(4)]
    assert told(rows) == (
        "4 clips, 3 judged: 2 false accepts, 1 missed words, 1 taken for another word"
    )


def test_what_is_no_label_or_no_clip_is_refused(tmp_path: Path) -> None:
    add(tmp_path, kept(1))
    with pytest.raises(DataError, match="not a valid label"):
        judge(tmp_path, "0001-one.wav", "two words")
    with pytest.raises(DataError, match="is not in"):
        judge(tmp_path, "0002-one.wav", "one")


def test_another_table_is_refused_and_an_empty_one_is_none(tmp_path: Path) -> None:
    assert read_table(tmp_path) == []
    begin(tmp_path)
    assert read_table(tmp_path) == []
    (tmp_path / TABLE).write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match="is not a table of kept clips"):
        read_table(tmp_path)

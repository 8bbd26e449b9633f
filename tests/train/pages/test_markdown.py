"""Figures get into documents by the command that measured them, and nowhere else."""

from pathlib import Path

import pytest

from train.errors import DataError
from train.pages.markdown import markdown, write_section

PAGE = "# Title\n\n<!-- one: begin -->\nold\n<!-- one: end -->\n\nby hand\n"


def test_only_what_is_between_the_marks_changes(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    write_section(page, "one", "new")
    assert page.read_text() == PAGE.replace("old", "new")
    write_section(page, "one", "old")
    assert page.read_text() == PAGE


@pytest.mark.parametrize("text", ["", PAGE.replace("begin", "start"), PAGE + PAGE])
def test_a_page_without_its_place_is_left_as_it_is(text: str, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(text)
    with pytest.raises(DataError, match=r"page\.md: has no place"):
        write_section(page, "one", "new")
    assert page.read_text() == text


def test_a_table_lines_up() -> None:
    assert markdown([["a", "bc"], ["def", "g"]]).splitlines() == [
        "| a   | bc |",
        "|-----|----|",
        "| def | g  |",
    ]

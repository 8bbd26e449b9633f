"""Figures get into documents by the command that measured them, and nowhere else."""

import re
from pathlib import Path

import pytest

from train.errors import DataError
from train.pages.markdown import markdown, write_section
from train.pages.provenance import commit, machine, provenance

PAGE = "# Title\n\n<!-- one: begin -->\nold\n<!-- one: end -->\n\nby hand\n"


def test_only_what_is_between_the_marks_changes(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    write_section(page, "one", "new", "model 1f")
    made = f"new\n\n{provenance('model 1f')}"
    assert page.read_text() == PAGE.replace("old", made)
    write_section(page, "one", "new", "model 1f")
    assert page.read_text() == PAGE.replace("old", made)


def test_a_figure_names_its_model_commit_and_machine() -> None:
    found = re.fullmatch(
        r"\*Measured: model 1f; commit ([0-9a-f]{7,}\+?); (.+)\.\*", provenance("model 1f")
    )
    assert found and found[1].startswith(commit().rstrip("+")) and found[2] == machine()


@pytest.mark.parametrize("text", ["", PAGE.replace("begin", "start"), PAGE + PAGE])
def test_a_page_without_its_place_is_left_as_it_is(text: str, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(text)
    with pytest.raises(DataError, match=r"page\.md: has no place"):
        write_section(page, "one", "new", "model 1f")
    assert page.read_text() == text


def test_a_table_lines_up() -> None:
    assert markdown([["a", "bc"], ["def", "g"]]).splitlines() == [
        "| a   | bc |",
        "|-----|----|",
        "| def | g  |",
    ]

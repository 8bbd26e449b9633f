"""docs/architecture.md leads through the code: each step is there, and none is entered twice."""

from __future__ import annotations

import re

from tests.docs.commands import PROJECT

TEXT = (PROJECT / "docs" / "architecture.md").read_text()
STEP = re.compile(r"^\| (\d+) \| `([^`]+)` \|", re.M)


def test_the_path_of_one_clip_enters_each_file_once() -> None:
    steps = STEP.findall(TEXT)
    assert [int(number) for number, _ in steps] == list(range(1, len(steps) + 1))
    assert len(steps) > 20
    places = [place for _, place in steps]
    assert len(set(places)) == len(places)
    assert not [place for place in places if not (PROJECT / place).exists()]


def modules(folder: str) -> set[str]:
    return {path.stem for path in (PROJECT / "train" / folder).glob("*.py")} - {"__init__"}


def test_the_layout_names_the_modules_that_are_there() -> None:
    layout = TEXT[TEXT.index("train/       ") : TEXT.index("convert/     ")]
    found: dict[str, set[str]] = {}
    path: list[str] = []
    for line in layout.splitlines():
        if folder := re.match(r"( *)(\w+)/", line):
            path[len(folder[1]) // 2 :] = [folder[2]]
            line = line[folder.end() :]
        found.setdefault("/".join(path[1:]), set()).update(re.findall(r"\w+", line))
    commands = found.pop("") - {"commands", "what", "all", "of", "them", "share"}
    assert commands == modules("")
    assert found == {folder: modules(folder) for folder in found}
    packages = {path.parent for path in (PROJECT / "train").rglob("__init__.py")}
    there = {str(path.relative_to(PROJECT / "train")) for path in packages} - {"."}
    assert there == set(found)

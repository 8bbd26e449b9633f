"""A generated block of figures names its model, commit and machine, or says that it is older."""

from __future__ import annotations

import json
import re

import pytest

from tests.docs.test_commands import DOCUMENTS, PROJECT

BLOCK = re.compile(r"<!-- ([\w-]+): begin -->\n(.*?)<!-- \1: end -->", re.S)
MODEL = re.compile(r"[Mm]odel ([0-9a-f]{16})")
MEASURED = re.compile(r"\*Measured: .+; commit [0-9a-f]{7,}\+?; .+, \d+ cores\.\*")
BLOCKS = {
    f"{document.relative_to(PROJECT)}: {name}": text
    for document in DOCUMENTS
    for name, text in BLOCK.findall(document.read_text())
}


def complaint(text: str, committed: str) -> str:
    """Why a block is refused, or nothing."""
    if re.search(r"\bolder\b", text, re.I):
        return ""
    if not MEASURED.search(text):
        return "names no commit and machine"
    others = sorted(set(MODEL.findall(text)) - {committed})
    return f"is of model {', '.join(others)}, not of {committed}" if others else ""


def committed() -> str:
    manifest = json.loads((PROJECT / "firmware/lib/model/manifest.json").read_text())
    return str(manifest["model"])


@pytest.mark.parametrize("name", BLOCKS)
def test_figures_name_what_they_were_made_of(name: str) -> None:
    assert not complaint(BLOCKS[name], committed()), name


def test_another_model_and_a_missing_commit_are_found() -> None:
    here, other = "0" * 16, "f" * 16
    made = "*Measured: model {}; commit 0123abc; some CPU, avx2, 2 cores.*"
    assert complaint("95 %", here) == "names no commit and machine"
    assert complaint(made.format(other), here) == f"is of model {other}, not of {here}"
    assert not complaint(made.format(here), here)
    assert not complaint(f"Older: model {other}", here)

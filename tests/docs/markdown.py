"""What documents promise: commands, links, files and settings, with the line each is on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

COMMAND = re.compile(
    r"(?:[A-Z_]+=\S+ )*(?:\.venv/bin/)?(?:python3? -m (?!venv|pip)\S+|pio \w+|make \w+)(?: .*)?"
)
SETTING = re.compile(r"(?!\w+\.tflite)(?:data|augmentation|model|recipe)\.[a-z_.]+[a-z](?:=\S+)?")
TOP = "train|convert|firmware|tools|tests|docs"
FILE = re.compile(
    rf"(?!.*NAME)(?:(?:{TOP})/[\w./*-]+|Makefile|platformio\.ini|pyproject\.toml|[\w-]+\.lock)"
)


@dataclass(frozen=True)
class Found:
    line: int
    text: str
    mentioned: bool = False  # within a sentence: it may lack what the command needs


def commands(text: str) -> Iterator[Found]:
    """Of blocks marked `sh`, and those within sentences."""
    for number, line in _lines(text, "sh"):
        said = re.sub(r"\s+#.*", "", line).strip()
        if said:
            yield Found(number, said)
    for found in spans(text):
        if COMMAND.fullmatch(found.text):
            yield Found(found.line, found.text, mentioned=True)


def spans(text: str) -> Iterator[Found]:
    """What is between backticks."""
    for number, line in _lines(text, None):
        for inside in re.findall(r"`([^`]+)`", line):
            yield Found(number, inside)


def links(text: str) -> Iterator[Found]:
    for number, line in _lines(text, None):
        for target in re.findall(r"\]\(([^)\s]+)\)", line):
            if "://" not in target:
                yield Found(number, target)


def anchors(text: str) -> set[str]:
    """Of headings, as web pages of repositories name them."""
    headings = [line.lstrip("#").strip() for _, line in _lines(text, None) if line.startswith("#")]
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _lines(text: str, language: str | None) -> Iterator[tuple[int, str]]:
    """Lines inside blocks of a language; outside of all blocks without one. A line that ends in a
    backslash goes on."""
    inside: str | None = None
    kept, start = "", 0
    for number, line in enumerate(text.splitlines(), start=1):
        if fence := re.match(r"\s*```(\w*)", line):
            inside = None if inside is not None else fence[1]
            continue
        if inside != language:
            continue
        start = start if kept else number
        kept += line
        if language and kept.endswith("\\"):
            kept = kept[:-1]
            continue
        yield start, kept
        kept = ""

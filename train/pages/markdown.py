"""Figures in documents: Markdown tables between markers that name the command that writes them."""

from __future__ import annotations

from pathlib import Path

from train.cache import write_whole
from train.errors import DataError
from train.pages.provenance import provenance


def write_section(page: Path, name: str, text: str, of: str) -> None:
    """Writes between the markers of that name; the rest of the page stays. `of`: the measured
    model."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    try:
        before, rest = page.read_text().split(begin)
        after = rest.split(end)[1]
        write_whole(page, f"{before}{begin}\n{text}\n\n{provenance(of)}\n{end}{after}".encode())
    except (OSError, ValueError, IndexError) as error:
        raise DataError(f"{page}: has no place {begin} {end} to write to") from error


def markdown(rows: list[list[str]]) -> str:
    """The first row is the heading. Also readable in a terminal."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = [
        "| " + " | ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)) + " |" for r in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (w + 2) for w in widths) + "|")
    return "\n".join(lines)

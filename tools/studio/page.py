"""The files of the page: HTML, style and JavaScript modules."""

from __future__ import annotations

import html
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).with_name("web")
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
TOKEN_MARK = "{{token}}"


@cache
def files() -> dict[str, Path]:
    """Returns all files except index.html, by name."""
    return {
        path.name: path
        for path in sorted(FOLDER.iterdir())
        if path.suffix in TYPES and path.suffix != ".html"
    }


def index(token: str) -> str:
    return (FOLDER / "index.html").read_text("utf-8").replace(TOKEN_MARK, html.escape(token))

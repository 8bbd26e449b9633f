"""Renders templates, with the same jinja2 settings for everything that is generated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2

TEMPLATES = Path(__file__).parent / "templates"


def rendered(names: Sequence[str], values: Mapping[str, Any]) -> dict[str, str]:
    """File name to text; each file has a template with its name."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )
    return {name: environment.get_template(f"{name}.j2").render(values) for name in names}

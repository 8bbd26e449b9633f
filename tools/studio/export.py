"""Exports the page as one file, with modules, style and WebAssembly inlined."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

from tools.studio import page
from tools.studio.errors import StudioError

FIRST = "app.js"
CAPTURE = "capture.js"  # runs in its own thread, loaded from a string
IMPORT = re.compile(r'^import (\{[^}]*\}) from "\./([\w-]+\.js)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export ((?:async )?function\*? |const )([\w$]+)", re.MULTILINE)
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'wasm-unsafe-eval' data:; "
    "style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
)
META = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'


def export(wasm: bytes, target: Path) -> int:
    """Writes the file; returns its size in bytes."""
    content = render(wasm).encode()
    try:
        target.write_bytes(content)
    except OSError as error:
        raise StudioError(
            f"{target}: cannot be written ({error.strerror}); give another --export"
        ) from error
    return len(content)


def render(wasm: bytes) -> str:
    """Returns the page; reproducible for the same bundle."""
    inside = {
        "wasm": base64.b64encode(wasm).decode(),
        "capture": (page.FOLDER / CAPTURE).read_text("utf-8"),
    }
    style = (page.FOLDER / "style.css").read_text("utf-8")
    data, script = _in_script(json.dumps(inside)), _in_script(joined())
    changes = {
        '<meta charset="utf-8">': f'<meta charset="utf-8">\n{META}',
        '<link rel="stylesheet" href="style.css">': f"<style>\n{style}</style>",
        '<script type="module" src="app.js"></script>': (
            f'<script type="application/json" id="inside">{data}</script>\n'
            f'<script type="module">\n{script}</script>'
        ),
    }
    return _replaced(page.index(""), changes)


def joined() -> str:
    """Joins all modules into one script: each is a function that returns its exports, placed after
    those that it imports; the first one is unchanged."""
    done: dict[str, str] = {}

    def add(name: str) -> str:
        text = (page.FOLDER / name).read_text("utf-8")
        for _, other in IMPORT.findall(text):
            if other not in done:
                done[other] = _as_function(other, add(other))
        return IMPORT.sub(r'const \1 = modules["\2"];\n', text)

    first = add(FIRST)
    return "const modules = {};\n" + "\n".join([*done.values(), first])


def _as_function(name: str, text: str) -> str:
    exported = ", ".join(found for _, found in EXPORT.findall(text))
    body = EXPORT.sub(r"\1\2", text)
    return f'modules["{name}"] = (() => {{\n{body}return {{ {exported} }};\n}})();\n'


def _replaced(text: str, changes: dict[str, str]) -> str:
    for old, new in changes.items():
        if text.count(old) != 1:
            raise StudioError(
                f"index.html: must contain {old} exactly once; restore it from a checkout"
            )
        text = text.replace(old, new)
    return text


def _in_script(text: str) -> str:
    """Escapes end tags, as HTML ends a script at the first one, wherever it is."""
    return text.replace("</", "<\\/")

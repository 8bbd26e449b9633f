"""Pages: self-contained HTML files that need no network."""

from __future__ import annotations

import base64
import io
import json
import math
import struct
import wave
import zlib
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
from numpy.typing import NDArray

from train.pages.charts import minus

ABSENT = "\N{EN DASH}"


def write_page(path: Path, template: str, **content: Any) -> None:
    """Renders a page; the same content gives the same bytes."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,  # escape: people choose the names of speakers and files
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {"number": number, "percent": percent, "plain": _plain}
    environment.globals |= {"wav": wav, "png": png}
    text = environment.get_template(template).render(**content)
    # a file name that is not UTF-8 must not prevent writing the page
    path.write_bytes(text.encode("utf-8", "backslashreplace"))


def number(value: Any, digits: int = 0) -> str:
    if not finite(value):
        return ABSENT
    return minus(f"{value:,.{digits}f}")


def percent(share: Any, digits: int = 1) -> str:
    return number(100 * share, digits) if finite(share) else ABSENT


def finite(value: Any) -> bool:
    return value is not None and math.isfinite(value)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def wav(samples: NDArray[np.int16], rate: int) -> str:
    """A data: URL of a sound, 16-bit mono."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.astype("<i2").tobytes())
    return _data("audio/wav", buffer.getvalue())


def png(shades: NDArray[np.uint8]) -> str:
    """A data: URL of a grey picture, uint8 [rows, columns]; 255 is white."""
    rows, columns = shades.shape
    lines = np.pad(shades, ((0, 0), (1, 0)))  # each row starts with its filter: none
    header = struct.pack(">IIBBBBB", columns, rows, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(lines.tobytes(), 9)), (b"IEND", b""))
    return _data("image/png", b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*one) for one in chunks))


def _chunk(kind: bytes, content: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + check


def _data(kind: str, content: bytes) -> str:
    return f"data:{kind};base64," + base64.b64encode(content).decode("ascii")

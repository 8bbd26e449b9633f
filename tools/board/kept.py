"""Reads the audio that a board has kept: docs/serial.md, section 4."""

from __future__ import annotations

import io
import struct

import numpy as np
import soundfile
from numpy.typing import NDArray

from tools.board import requests
from tools.board.errors import BoardError, LinkError, RefusedError
from tools.board.link import Link

BLOCK = 164  # bytes
SAMPLES = 2 * (BLOCK - 4) + 1  # of a block
IMA_ADPCM = 0x11  # the format's number in WAV files
REMEDY = (
    "its firmware keeps no audio; upload it with that option: "
    "PLATFORMIO_BUILD_FLAGS=-DKWS_KEEP_AUDIO pio run -t upload"
)

Samples = NDArray[np.int16]


def check_keeps(link: Link) -> None:
    if "keeps_ms" not in requests.info(link, requests.SIZES):
        raise BoardError(f"{link.name}: {REMEDY}")


def read(link: Link, kept: requests.Kept, rate: int) -> Samples | None:
    """Returns the clip up to the end of the window that was judged; None if the board has already
    replaced it by a newer one."""
    wanted = -(-kept.samples // SAMPLES)
    try:
        blocks = requests.clip(link, kept.number, wanted)
    except RefusedError:
        return None
    if len(blocks) != wanted * BLOCK:
        raise LinkError(
            f"{link.name}: sent {len(blocks)} bytes of a clip; upload the firmware again"
        )
    return decoded(blocks, rate)[: kept.samples - kept.after]


def decoded(blocks: bytes, rate: int) -> Samples:
    """As a WAV file around them is decoded: the blocks are those of the format."""
    form = struct.pack(
        "<HHIIHHHH", IMA_ADPCM, 1, rate, rate * BLOCK // SAMPLES, BLOCK, 4, 2, SAMPLES
    )
    count = struct.pack("<I", len(blocks) // BLOCK * SAMPLES)
    chunks = ((b"fmt ", form), (b"fact", count), (b"data", blocks))
    body = b"WAVE" + b"".join(name + struct.pack("<I", len(c)) + c for name, c in chunks)
    file = io.BytesIO(b"RIFF" + struct.pack("<I", len(body)) + body)
    samples: Samples = soundfile.read(file, dtype="int16")[0]
    return samples

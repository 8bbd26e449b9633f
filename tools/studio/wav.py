"""WAV in memory, as exchanged with the page: only one channel, 16 bits, 16 kHz."""

from __future__ import annotations

import io
import wave

import numpy as np
from numpy.typing import NDArray

from tools.board.words import RATE
from train.errors import DataError


def encode(samples: NDArray[np.int16], rate: int = RATE) -> bytes:
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes(samples.astype("<i2").tobytes())
    return content.getvalue()


def decode(content: bytes) -> NDArray[np.int16]:
    try:
        with wave.open(io.BytesIO(content), "rb") as file:
            kind = (file.getnchannels(), file.getsampwidth(), file.getframerate())
            promised = file.getnframes()
            data = file.readframes(promised)
    except (wave.Error, EOFError, RuntimeError, ValueError, OverflowError) as error:
        raise DataError(f"not a WAV file ({error or 'it ends too early'})") from error
    if kind != (1, 2, RATE):
        raise DataError(f"expected one channel of 16 bits at {RATE} Hz, got {kind}")
    if len(data) != 2 * promised:
        raise DataError("the WAV file is truncated")
    if not data:
        raise DataError("the WAV file contains no samples")
    return np.frombuffer(data, "<i2").astype(np.int16)

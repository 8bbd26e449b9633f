"""The firmware on this computer as a port: tools.board talks to it, and its microphone hears a
recording once decisions are watched, then silence. See host_board.c."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.firmware.app.scenario import serial, sound
from tools.board.link import Link
from tools.board.packet import Decoder, Packet
from tools.board.requests import WATCH

PIECE = 1600  # samples between two looks at the port


class Port:
    """What a Link needs of a pyserial port. Whenever a host waits, time passes on the board."""

    def __init__(self, program: Path, samples: NDArray[np.int16]) -> None:
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._pieces = iter(np.split(samples, range(PIECE, len(samples), PIECE)))
        self._sent = Decoder()
        self._watched = False

    def fileno(self) -> int:
        assert self.process.stdin and self.process.stdout
        if self._watched:
            self._send(sound(next(self._pieces, np.zeros(PIECE, np.int16))))
        return self.process.stdout.fileno()

    def read(self, most: int) -> bytes:
        assert self.process.stdout
        return self.process.stdout.read1(most)  # type: ignore[attr-defined,no-any-return]

    def write(self, data: bytes) -> None:
        self._watched |= Packet(WATCH, 0, b"\1") in (
            Packet(found.type, 0, found.data)
            for found in self._sent.feed(data, 0.0)
            if isinstance(found, Packet)
        )
        self._send(serial(data))

    def _send(self, data: bytes) -> None:
        assert self.process.stdin
        self.process.stdin.write(data)
        self.process.stdin.flush()


@contextmanager
def live(program: Path, samples: NDArray[np.int16]) -> Iterator[Link]:
    port = Port(program, samples)
    try:
        yield Link(port, "host")
    finally:
        port.process.kill()
        port.process.communicate()

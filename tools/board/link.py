"""Requests and replies over one port, with retries for lost packets."""

from __future__ import annotations

import select
import time
from collections import deque
from typing import Any, NoReturn

import serial

from tools.board.errors import LinkError, PortError, RefusedError
from tools.board.packet import ERROR, Decoder, Packet, encode

PATIENCE = 2.0  # seconds until a request is sent again
ATTEMPTS = 5
TICK = 0.05  # seconds without a byte that count as idle
UNASKED = 0  # the number of unsolicited packets
PIECE = 4096  # bytes read at once
KEPT = 1000  # lines not taken yet


class Link:
    """A port with a board. Lines and unsolicited packets are kept until they are taken."""

    def __init__(self, port: Any, name: str) -> None:
        """`port`: a pyserial port with a timeout of 0 and a file descriptor."""
        self.name = name
        self.lines: deque[str] = deque(maxlen=KEPT)
        self.unasked: deque[Packet] = deque()
        self._port = port
        self._decoder = Decoder()
        self._replies: dict[int, Packet] = {}
        self._waiting: list[int] = []  # unanswered request numbers, oldest first
        self._number = UNASKED
        self._time = 0.0  # seconds idle; time with unread data in a buffer does not count

    def request(
        self, kind: int, data: bytes = b"", seconds: float = PATIENCE, attempts: int = ATTEMPTS
    ) -> bytes:
        """Returns the reply's data. Sends again if there is none: give `attempts` 1 for what must
        not happen twice."""
        sent: list[int] = []
        for _ in range(attempts):
            sent.append(self.send(kind, data))
            reply = self.reply(*sent, seconds=seconds)
            if reply is not None:
                return reply
        raise self.silent(kind)

    def send(self, kind: int, data: bytes = b"") -> int:
        """Returns the number that the reply will carry."""
        self._number = self._number % 255 + 1
        self._replies.pop(self._number, None)
        self._waiting = [number for number in self._waiting if number != self._number]
        self._waiting.append(self._number)
        self.write(encode(Packet(kind, self._number, data)))
        return self._number

    def reply(self, *numbers: int, seconds: float = PATIENCE) -> bytes | None:
        """Returns the first reply's data; None if it timed out or a later one came instead."""
        end = time.monotonic() + seconds
        while not (came := [n for n in numbers if n in self._replies]):
            left = end - time.monotonic()
            if left <= 0 or not any(n in self._waiting for n in numbers):
                return None
            self.listen(left)
        packet = self._replies.pop(came[0])
        if packet.type == ERROR:
            words = packet.data[1:].decode("ascii", "replace").strip() or "no reason given"
            raise RefusedError(f"{self.name}: refused: {words}")
        return packet.data

    def silent(self, kind: int) -> LinkError:
        return LinkError(
            f"{self.name}: no reply to request {kind:#04x}; reset the board and try again"
        )

    def listen(self, seconds: float) -> bool:
        """Reads what is available, or waits for the first data; False after a timeout."""
        received = b""
        while not received and seconds > 0:
            received = self._read(min(TICK, seconds))
            self._time += 0 if received else min(TICK, seconds)
            seconds -= TICK
        for found in self._decoder.feed(received, self._time):
            if isinstance(found, str):
                self.lines.append(found)
            elif found.number == UNASKED:
                self.unasked.append(found)
            elif found.number in self._waiting:
                # replies come in order: earlier ones that are missing are lost
                del self._waiting[: self._waiting.index(found.number) + 1]
                self._replies[found.number] = found
        return bool(received)

    def _read(self, seconds: float) -> bytes:
        try:
            ready, _, _ = select.select([self._port.fileno()], [], [], seconds)
            received: bytes = self._port.read(PIECE) if ready else b""
        except (
            OSError,
            ValueError,
            TypeError,
        ) as error:  # depends on the kind of port that disappeared
            self._gone(error)
        return received

    def write(self, data: bytes) -> None:
        try:
            self._port.write(data)
        except serial.SerialTimeoutException as error:
            raise LinkError(f"{self.name}: no longer accepts data; reset the board") from error
        except (OSError, ValueError, TypeError) as error:
            self._gone(error)

    def _gone(self, error: Exception) -> NoReturn:
        raise PortError(
            f"{self.name}: the connection was lost ({error}); plug the board in again"
        ) from error

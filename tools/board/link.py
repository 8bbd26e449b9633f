"""Requests and replies over one port, with patience for what gets lost."""

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
TICK = 0.05  # seconds without a byte that count as silence
UNASKED = 0  # the number of packets that answer no request
PIECE = 4096  # bytes read at once
KEPT = 1000  # lines that nobody has taken yet


class Link:
    """A port with a board behind it. Lines and unasked packets wait until they are taken."""

    def __init__(self, port: Any, name: str) -> None:
        """`port`: of pyserial, with a timeout of 0 and a file number."""
        self.name = name
        self.lines: deque[str] = deque(maxlen=KEPT)
        self.unasked: deque[Packet] = deque()
        self._port = port
        self._decoder = Decoder()
        self._replies: dict[int, Packet] = {}
        self._waiting: list[int] = []  # numbers sent and not answered, oldest first
        self._number = UNASKED
        self._time = 0.0  # seconds of silence: what waits unread in a buffer was no silence

    def request(
        self, kind: int, data: bytes = b"", seconds: float = PATIENCE, attempts: int = ATTEMPTS
    ) -> bytes:
        """The reply's data. Sent again where no answer comes: give `attempts` 1 where what is asked
        for must not happen twice."""
        sent: list[int] = []
        for _ in range(attempts):
            sent.append(self.send(kind, data))
            reply = self.reply(*sent, seconds=seconds)
            if reply is not None:
                return reply
        raise self.silent(kind)

    def send(self, kind: int, data: bytes = b"") -> int:
        """The number under which the reply will come."""
        self._number = self._number % 255 + 1
        self._replies.pop(self._number, None)
        self._waiting = [number for number in self._waiting if number != self._number]
        self._waiting.append(self._number)
        self.write(encode(Packet(kind, self._number, data)))
        return self._number

    def reply(self, *numbers: int, seconds: float = PATIENCE) -> bytes | None:
        """The data of the first that comes, or None: not in time, or a later one has come."""
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
            f"{self.name}: no answer to request {kind:#04x}; reset the board and try again"
        )

    def listen(self, seconds: float) -> bool:
        """Takes in what the port has, or the first that it gets; False if nothing came in time."""
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
                # replies come in order: those before it that did not come never will
                del self._waiting[: self._waiting.index(found.number) + 1]
                self._replies[found.number] = found
        return bool(received)

    def _read(self, seconds: float) -> bytes:
        try:
            ready, _, _ = select.select([self._port.fileno()], [], [], seconds)
            received: bytes = self._port.read(PIECE) if ready else b""
        except (OSError, ValueError, TypeError) as error:  # of a port that is gone, by its kind
            self._gone(error)
        return received

    def write(self, data: bytes) -> None:
        try:
            self._port.write(data)
        except serial.SerialTimeoutException as error:
            raise LinkError(f"{self.name}: takes no bytes any more; reset the board") from error
        except (OSError, ValueError, TypeError) as error:
            self._gone(error)

    def _gone(self, error: Exception) -> NoReturn:
        raise PortError(
            f"{self.name}: the connection is lost ({error}); plug the board in again"
        ) from error

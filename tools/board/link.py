"""Requests and replies over one port, with patience for what gets lost."""

from __future__ import annotations

import select
import time
from collections import deque
from typing import Any, NoReturn

import serial

from tools.board.errors import LinkError, PortError, RefusedError
from tools.board.packet import ERROR, Decoder, Packet, encode

PATIENCE = 2.0  # seconds for a reply
ATTEMPTS = 3
UNASKED = 0  # the number of packets that answer no request
PIECE = 4096  # bytes read at once
KEPT = 1000  # lines or packets that nobody has asked for yet


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
        self._number = UNASKED

    def request(
        self, kind: int, data: bytes = b"", seconds: float = PATIENCE, attempts: int = ATTEMPTS
    ) -> bytes:
        """The reply's data. Sent again where no answer comes: give `attempts` 1 where what is asked
        for must not happen twice."""
        for _ in range(attempts):
            reply = self.reply(self.send(kind, data), seconds)
            if reply is not None:
                return reply
        raise self.silent(kind)

    def send(self, kind: int, data: bytes = b"") -> int:
        """The number under which the reply will come."""
        self._number = self._number % 255 + 1
        self._replies.pop(self._number, None)
        self.write(encode(Packet(kind, self._number, data)))
        return self._number

    def reply(self, number: int, seconds: float = PATIENCE) -> bytes | None:
        """Its data, or None if it does not come in time."""
        end = time.monotonic() + seconds
        while number not in self._replies:
            left = end - time.monotonic()
            if left <= 0:
                return None
            self.listen(left)
        packet = self._replies.pop(number)
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
        try:
            ready, _, _ = select.select([self._port.fileno()], [], [], seconds)
            received = self._port.read(PIECE) if ready else b""
        except (OSError, ValueError, TypeError) as error:  # of a port that is gone, by its kind
            self._gone(error)
        for found in self._decoder.feed(received, time.monotonic()):
            if isinstance(found, str):
                self.lines.append(found)
            elif found.number == UNASKED:
                self.unasked.append(found)
            else:
                self._replies[found.number] = found
        return bool(received)

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

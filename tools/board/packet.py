"""Packets between lines, as in docs/serial.md, section 2; firmware/lib/serial matches it."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

MOST_DATA = 512
HEADER = struct.Struct("<BBH")  # type, number, length of the data
CHECK = struct.Struct("<I")
MOST_BYTES = HEADER.size + MOST_DATA + CHECK.size
SILENCE = 0.2  # seconds after which an incomplete packet is dropped
LONGEST_LINE = 1000  # bytes; the board's lines are a tenth of it
LONGEST_RUN = 255  # COBS: the code that no zero follows
ERROR = 0x7F


@dataclass(frozen=True)
class Packet:
    type: int
    number: int
    data: bytes = b""


def encode(packet: Packet) -> bytes:
    """Encodes the packet, with the zero bytes around it."""
    if len(packet.data) > MOST_DATA:
        raise ValueError(f"a packet has at most {MOST_DATA} bytes of data, not {len(packet.data)}")
    body = HEADER.pack(packet.type, packet.number, len(packet.data)) + packet.data
    return b"\0" + _stuff(body + CHECK.pack(zlib.crc32(body))) + b"\0"


def _stuff(data: bytes) -> bytes:
    """COBS: each zero becomes the distance to the next; a full run without one gets a code."""
    out = bytearray(1)
    code = 0  # the position of the current run's code
    for byte in data:
        if byte:
            out.append(byte)
        if not byte or len(out) - code == LONGEST_RUN:
            out[code] = len(out) - code
            code = len(out)
            out.append(0)
    out[code] = len(out) - code
    return bytes(out)


class Decoder:
    """Turns bytes, in any pieces, into lines and packets. `damaged` counts dropped packets."""

    def __init__(self) -> None:
        self.damaged = 0
        self._text = bytearray()
        self._heard = 0.0  # time of the last bytes, in seconds
        self._leave()

    def feed(self, received: bytes, now: float) -> Iterator[Packet | str]:
        """Yields what `received` completes; `now` is its time of arrival in seconds."""
        if received:
            if self._inside and now - self._heard > SILENCE:
                self._leave()
            self._heard = now
        for byte in received:
            found = self._one(byte)
            if found is not None:
                yield found

    def _one(self, byte: int) -> Packet | str | None:
        if not byte:
            if self._inside:
                return self._end()
            self._begin()
            return None
        if not self._inside:
            return self._letter(byte)
        if not self._decode(byte):
            self.damaged += 1
            self._leave()
        return None

    def _begin(self) -> None:
        self._leave()
        self._inside = True

    def _leave(self) -> None:
        """Leaves the packet and reads text again."""
        self._text.clear()
        self._inside = False
        self._data = bytearray()
        self._left = 0  # bytes until the next code
        self._zero = False  # whether a zero follows there

    def _end(self) -> Packet | None:
        collected = self._data or self._left or self._zero
        packet = None if self._left else parse(bytes(self._data))
        if packet:
            self._leave()
            return packet
        self.damaged += bool(collected)
        self._begin()  # this zero byte may be the first of the next packet
        return None

    def _decode(self, byte: int) -> bool:
        """Returns False if it is longer than any packet."""
        if self._left:
            self._left -= 1
        else:
            zero = self._zero
            self._left = byte - 1
            self._zero = byte < LONGEST_RUN
            if not zero:
                return True
            byte = 0
        if len(self._data) == MOST_BYTES:
            return False
        self._data.append(byte)
        return True

    def _letter(self, byte: int) -> str | None:
        self._text.append(byte)
        if byte != ord("\n"):
            if len(self._text) > LONGEST_LINE:
                self._text.clear()
            return None
        line = self._text.decode("ascii", "replace").rstrip("\r\n")
        self._text.clear()
        return line


def parse(body: bytes) -> Packet | None:
    """Returns the packet if this is exactly one, undamaged; else None."""
    length = len(body) - HEADER.size - CHECK.size
    if length < 0:
        return None
    kind, number, claimed = HEADER.unpack_from(body)
    (check,) = CHECK.unpack_from(body, HEADER.size + length)
    if claimed != length or check != zlib.crc32(body[: HEADER.size + length]):
        return None
    return Packet(kind, number, body[HEADER.size : HEADER.size + length])

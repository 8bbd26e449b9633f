"""A USB port, as far as a program can tell: a terminal of this computer, whose other end is an
emulated board. As a cable may do, it can damage what runs through it."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import threading
import tty
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from tools.board.packet import Decoder, Packet, encode

Damage = Callable[[bytes], bytes]


def each_packet(change: Callable[[Packet], Packet | None]) -> Damage:
    """Packets go on as `change` has them, or not at all; lines do not."""
    decoder = Decoder()

    def damage(passing: bytes) -> bytes:
        found = (f for f in decoder.feed(passing, 0.0) if isinstance(f, Packet))
        return b"".join(encode(one) for one in map(change, found) if one)

    return damage


def as_it_is(passing: bytes) -> bytes:
    return passing


@contextlib.contextmanager
def usb_port(url: str, to_board: Damage = as_it_is, from_board: Damage = as_it_is) -> Iterator[str]:
    """The port's name."""
    host, device = os.openpty()
    tty.setraw(device)
    stop, stopped = os.pipe()
    with board_socket(url) as board:
        copying = threading.Thread(target=_copy, args=(host, board, stop, to_board, from_board))
        copying.start()
        try:
            yield os.ttyname(device)
        finally:
            os.write(stopped, b"!")
            copying.join()
            for number in (host, device, stop, stopped):
                os.close(number)


def board_socket(url: str) -> socket.socket:
    """Bytes to and from a board, with nothing of ours in between."""
    where = urlsplit(url)
    return socket.create_connection((where.hostname, where.port or 0), timeout=20)


def _copy(host: int, board: socket.socket, stop: int, to_board: Damage, from_board: Damage) -> None:
    while True:
        ready, _, _ = select.select([host, board, stop], [], [])
        if stop in ready:
            return
        if host in ready:
            board.sendall(to_board(os.read(host, 4096)))
        if board in ready:
            os.write(host, from_board(board.recv(4096)))

"""Serial ports, the board that is probably on each, and why a port does not open."""

from __future__ import annotations

import errno
import os
import socket
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import serial
from serial.tools import list_ports

from tools.board.errors import PortError

BAUD = 921_600
WRITE_SECONDS = 5.0
LIST = "python -m tools.board list"

# by USB vendor and product ID
KNOWN = {
    (0x2341, 0x805A): "Arduino Nano 33 BLE",
    (0x2341, 0x005A): "Arduino Nano 33 BLE in its bootloader: press reset once",
    (0x10C4, 0xEA60): "ESP32, probably (CP210x)",
    (0x1A86, 0x7523): "ESP32, probably (CH340)",
    (0x1A86, 0x55D4): "ESP32, probably (CH9102)",
    (0x0403, 0x6001): "ESP32, perhaps (FT232)",
    (0x0403, 0x6010): "ESP32, perhaps (FT2232)",
    (0x0403, 0x6015): "ESP32, perhaps (FT231X)",
}
ESPRESSIF = 0x303A  # chips with built-in USB


@dataclass(frozen=True)
class Found:
    port: str
    usb: bool
    board: str  # a guess; empty if unknown
    description: str


def found() -> list[Found]:
    """Lists all serial ports, USB ports first."""
    ports = sorted(list_ports.comports(), key=lambda port: (port.vid is None, port.device))
    return [
        Found(port.device, port.vid is not None, guess(port.vid, port.pid), port.description)
        for port in ports
    ]


def guess(vendor: int | None, product: int | None) -> str:
    if vendor == ESPRESSIF:
        return "ESP32 with built-in USB"
    return KNOWN.get((vendor or 0, product or 0), "")


def only_one() -> str:
    """Returns the port to use when none is given."""
    ports = found()
    likely = [port.port for port in ports if port.board] or [
        port.port for port in ports if port.usb
    ]
    if not likely:
        raise PortError(
            "no board found; plug one in with a data cable, "
            "or give --board emulator or --board PORT"
        )
    if len(likely) > 1:
        raise PortError(f"found {len(likely)} possible boards; give --board {' or '.join(likely)}")
    return likely[0]


def opened(name: str) -> Any:
    """Opens a pyserial port exclusively; reads never block."""
    own = {} if "://" in name else {"exclusive": True}
    try:
        if name.startswith("socket://") and urlsplit(name).port is None:
            raise PortError(f"{name}: the port is missing; give socket://HOST:PORT")
        port = serial.serial_for_url(name, BAUD, timeout=0, write_timeout=WRITE_SECONDS, **own)
        if name.startswith("socket://"):
            _at_once(port.fileno())
        return port
    except (OSError, ValueError) as error:
        raise PortError(f"{name}: {remedy(name, error)}") from error


def _at_once(number: int) -> None:
    """Disables Nagle's algorithm, which would delay packets by 40 ms."""
    with socket.socket(fileno=os.dup(number)) as same:
        same.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def remedy(name: str, error: Exception) -> str:
    """Returns what is wrong, and what to do."""
    number = getattr(error, "errno", None)
    text = str(error)
    if number == errno.EACCES:
        return "permission denied; run: sudo usermod -aG dialout $USER, then log in again"
    if number == errno.EBUSY or "exclusively lock" in text:
        return "is in use by another program; close it (a monitor, the Arduino IDE)"
    if number in (errno.ENOENT, errno.ENXIO, errno.ENODEV):
        return f"not found; plug the board in ({LIST} shows all ports)"
    if name.startswith("socket://"):
        return (
            f"no response ({text.rpartition(': ')[2]}); start the board, or give socket://HOST:PORT"
        )
    return f"cannot be opened ({text}); {LIST} shows all ports"

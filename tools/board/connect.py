"""Opens a link to the board that `--board` names, and waits until it responds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tools.board import ports
from tools.board.emulator import KEEPING, NAME, emulator
from tools.board.errors import LinkError
from tools.board.link import Link
from tools.board.requests import INFO, PROTOCOL, RECORD, VERSIONS, WATCH

PATIENCE = 1.0  # seconds for each of the first requests
ATTEMPTS = 8  # many boards reset when their port is opened, which takes seconds


@contextmanager
def connected(
    board: str | None,
    microphone: Path | None = None,
    real_time: bool = True,
    bundle: Path | None = None,
    keeping: bool = False,
) -> Iterator[Link]:
    """`board`: a port, a URL, `emulator`, or nothing if there is only one board. `microphone` is a
    recording for the emulated microphone; `bundle` is what the emulated firmware is built with,
    `keeping` whether it keeps audio."""
    with ExitStack() as stack:
        if board == NAME:
            environment = KEEPING if keeping else NAME
            name = stack.enter_context(
                emulator(microphone, real_time, bundle=bundle, environment=environment)
            )
        else:
            name = board or ports.only_one()
        port = ports.opened(name)
        stack.callback(port.close)
        link = Link(port, board or name)
        _wake(link)
        yield link


def _wake(link: Link) -> None:
    """Waits for a board that is still starting, or busy with an earlier program's request."""
    try:
        versions = link.request(INFO, bytes([VERSIONS]), PATIENCE, ATTEMPTS)
        link.request(RECORD, bytes(4))
        link.request(WATCH, bytes(1))
    except LinkError as error:
        raise LinkError(
            f"{link.name}: does not respond; is tinykws on it? "
            "Upload it: pio run -t upload -e nano33ble (or another environment of platformio.ini)"
        ) from error
    if f"protocol={PROTOCOL}".encode() not in versions.split():
        raise LinkError(f"{link.name}: runs another version of the firmware; upload it again")
    link.lines.clear()
    link.unasked.clear()

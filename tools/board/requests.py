"""Typed requests to a board: docs/serial.md, section 3."""

from __future__ import annotations

import struct
import time
from collections import deque
from collections.abc import Container, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tools.board.errors import BoardError, LinkError
from tools.board.link import ATTEMPTS, Link
from tools.board.packet import Packet

PROTOCOL = 2  # version in docs/serial.md
INFO, SOURCE, AUDIO, FEATURES, SCORES, RECORD, SELFTEST, THRESHOLD, WATCH, REPEAT = range(1, 11)
KEPT, CLIP, NEAR = range(11, 14)  # only if the firmware was built with KWS_KEEP_AUDIO
MICROPHONE, INJECTED, ON_REQUEST = range(3)  # sources
VERSIONS, SIZES, COUNTERS, LABELS = range(4)  # info pages; labels may take several
LABELS_A_PAGE = 12
AUDIO_SAMPLES = 254  # per request
UNDER_WAY = 2  # audio requests in flight
CLIP_BLOCKS = 3  # per reply
CLIPS_UNDER_WAY = 8  # of 18 bytes each, fewer than one audio request has
FEATURE_BYTES = 510  # per reply
EVERYTHING = 0xFFFFFFFF  # samples
ALL_LABELS = 255
NEVER = 255  # as a threshold: the label is not a word
NOBODY = 255  # as a detected label
QUIET_SECONDS = 5.0  # without a requested packet: something is wrong


@dataclass(frozen=True)
class Scores:
    values: NDArray[np.int8]  # one per label
    frame_us: int
    network_us: int


@dataclass(frozen=True)
class SelfTest:
    frontend: bool
    engine: bool
    check: int  # of the features
    scores: NDArray[np.int8]


@dataclass(frozen=True)
class Decision:
    ms: int  # since the board's start
    level: int  # dB of full scale
    ran: bool  # whether the scores are the network's; else nobody spoke
    detected: int | None  # a label's index
    scores: NDArray[np.int8]


@dataclass(frozen=True)
class Kept:
    """What the board has kept the audio of."""

    number: int  # counts from 1; 0 if there is none
    ms: int  # when the window ended that was judged
    samples: int  # the length of the clip
    after: int  # its samples after that window
    label: int
    score: int  # of 256
    near: bool  # else it was detected


def info(link: Link, page: int) -> dict[str, str]:
    text = link.request(INFO, bytes([page])).decode("ascii", "replace")
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line)
    return {key.strip(): value.strip() for key, _, value in pairs}


def labels(link: Link) -> list[str]:
    return list(thresholds(link))


def thresholds(link: Link) -> dict[str, int]:
    """Returns the thresholds by label, of 256."""
    page = info(link, LABELS)
    count = int(info(link, SIZES).get("labels", 0))
    for number in range(LABELS + 1, LABELS + -(-count // LABELS_A_PAGE)):
        page |= info(link, number)
    try:
        rows = (page[str(number)].split() for number in range(len(page)))
        return {label: int(value) for label, value in rows}
    except (KeyError, ValueError) as error:
        raise LinkError(f"{link.name}: its list of labels is invalid: {page}") from error


def source(link: Link, which: int) -> None:
    link.request(SOURCE, bytes([which]))


def inject_alone(link: Link, window: NDArray[np.int16]) -> None:
    """Injects one window, discarding earlier audio; decisions are then made on request."""
    source(link, ON_REQUEST)
    inject(link, window)


def inject(link: Link, samples: NDArray[np.int16], first: int = 0) -> None:
    """Injects each sample exactly once; lost ones are sent again. `first`: the number of samples
    since `source`. Two requests are in flight: one is processed while the next arrives."""
    end = first + len(samples)
    taken = sent = first
    waiting: deque[tuple[int, int]] = deque()  # request, samples accepted after it
    attempts = ATTEMPTS
    while taken < end:
        while sent < end and len(waiting) < UNDER_WAY:
            piece = samples[sent - first : sent - first + AUDIO_SAMPLES].astype("<i2")
            data = struct.pack("<I", sent) + piece.tobytes()
            sent += len(piece)
            waiting.append((link.send(AUDIO, data), sent))
        number, expected = waiting.popleft()
        before, taken = taken, _taken(link, number, taken)
        if not before <= taken <= end:
            raise LinkError(
                f"{link.name}: accepted {taken} samples, expected {before} to {end}; try again"
            )
        attempts = ATTEMPTS if taken > before else attempts - 1
        if not attempts:
            raise link.silent(AUDIO)
        if taken != expected:
            waiting.clear()
            sent = taken


def _taken(link: Link, number: int, before: int) -> int:
    """Returns the number of samples accepted, from the audio reply; `before` without a reply."""
    reply = link.reply(number)
    if reply is None:
        return before
    (taken,) = _unpack(link, "<I", reply)
    return taken


def features(link: Link, shape: tuple[int, int]) -> NDArray[np.int8]:
    """Returns the features of the newest frames, int8 [frames, coefficients]."""
    count = shape[0] * shape[1]
    found = b""
    while len(found) < count:
        reply = link.request(FEATURES, struct.pack("<H", len(found)))
        (offset,) = _unpack(link, "<H", reply[:2])
        if offset != len(found) or len(reply) == 2 or len(found) + len(reply) - 2 > count:
            raise LinkError(f"{link.name}: invalid features reply at {offset} ({len(reply)} bytes)")
        found += reply[2:]
    return np.frombuffer(found, np.int8).reshape(shape)


def scores(link: Link) -> Scores:
    reply = link.request(SCORES)
    frame_us, network_us = _unpack(link, "<II", reply[-8:])
    return Scores(np.frombuffer(reply[:-8], np.int8), frame_us, network_us)


def selftest(link: Link) -> SelfTest:
    reply = link.request(SELFTEST)
    frontend, engine, check = _unpack(link, "<BBI", reply[:6])
    return SelfTest(bool(frontend), bool(engine), check, np.frombuffer(reply[6:], np.int8))


def threshold(link: Link, label: int, value: int) -> list[int]:
    """Sets one or all thresholds; returns all, of 256."""
    return list(link.request(THRESHOLD, bytes([label, value])))


@contextmanager
def listening_after(link: Link) -> Iterator[None]:
    """Switches the board back to its microphone at the end."""
    try:
        yield
    finally:
        with suppress(BoardError):  # it may be disconnected
            link.request(SOURCE, bytes([MICROPHONE]), attempts=1)


@contextmanager
def watching(link: Link) -> Iterator[Iterator[Decision]]:
    """Yields the board's decisions on its microphone's audio, as they are made."""
    source(link, MICROPHONE)
    link.request(WATCH, b"\1")
    try:
        yield _decisions(link)
    finally:
        with suppress(BoardError):
            link.request(WATCH, b"\0")


def _decisions(link: Link) -> Iterator[Decision]:
    while True:
        yield _decision(link, _unasked(link, (WATCH,), "decisions").data)


def _decision(link: Link, data: bytes) -> Decision:
    ms, level, ran, detected = _unpack(link, "<IbBB", data[:7])
    found = None if detected == NOBODY else detected
    return Decision(ms, level, bool(ran), found, np.frombuffer(data[7:], np.int8))


@contextmanager
def keeping(link: Link, near: int) -> Iterator[Iterator[Decision | Kept]]:
    """Yields decisions, and what the board keeps the audio of: words it detects, and nearly, from a
    score of `near` of 256 on (0: none)."""
    link.request(NEAR, bytes([near]))
    try:
        with watching(link):
            yield _decided_or_kept(link)
    finally:
        with suppress(BoardError):
            link.request(NEAR, b"\0")


def _decided_or_kept(link: Link) -> Iterator[Decision | Kept]:
    while True:
        packet = _unasked(link, (WATCH, KEPT), "decisions")
        read = _kept if packet.type == KEPT else _decision
        yield read(link, packet.data)


def kept(link: Link) -> Kept:
    """Returns the last clip that the board has kept."""
    return _kept(link, link.request(KEPT))


def _kept(link: Link, data: bytes) -> Kept:
    number, ms, samples, after, label, score, kind = _unpack(link, "<IIIIBBB", data)
    return Kept(number, ms, samples, after, label, score, kind == 2)


def clip(link: Link, number: int, blocks: int) -> bytes:
    """Returns the first `blocks` blocks of a kept clip. Many requests are in flight: each is short,
    and a detection while the clip is read is lost. Lost replies are asked for again."""
    found: dict[int, bytes] = {}
    for _ in range(ATTEMPTS):
        missing = deque(first for first in range(0, blocks, CLIP_BLOCKS) if first not in found)
        waiting: deque[tuple[int, int]] = deque()  # request, first block
        while missing or waiting:
            while missing and len(waiting) < CLIPS_UNDER_WAY:
                first = missing.popleft()
                waiting.append((link.send(CLIP, struct.pack("<IH", number, first)), first))
            sent, first = waiting.popleft()
            if (reply := link.reply(sent)) is not None:
                found[first] = reply[6:]  # after the number and the block
        if len(found) * CLIP_BLOCKS >= blocks:
            return b"".join(found[first] for first in sorted(found))
    raise link.silent(CLIP)


@contextmanager
def recording(link: Link) -> Iterator[Iterator[tuple[int, NDArray[np.int16]]]]:
    """Yields the microphone's samples in pieces, each with the index of its first sample."""
    source(link, MICROPHONE)
    link.request(RECORD, struct.pack("<I", EVERYTHING))
    try:
        yield _pieces(link)
    finally:
        with suppress(BoardError):
            link.request(RECORD, struct.pack("<I", 0))
        link.unasked.clear()


def _pieces(link: Link) -> Iterator[tuple[int, NDArray[np.int16]]]:
    while True:
        what = "samples; info shows the state of its microphone"
        data = _unasked(link, (RECORD,), what).data
        (index,) = _unpack(link, "<I", data[:4])
        yield index, np.frombuffer(data[4:], "<i2").astype(np.int16)


def _unasked(link: Link, kinds: Container[int], what: str) -> Packet:
    """Waits for a packet. Lines do not count: a board without a microphone keeps printing them."""
    end = time.monotonic() + QUIET_SECONDS
    while True:
        while link.unasked:
            packet = link.unasked.popleft()
            if packet.type in kinds:
                return packet
        left = end - time.monotonic()
        if left <= 0 or not link.listen(left):
            told = [line.removeprefix("# ") for line in link.lines if line.startswith("# ")]
            says = f"; it reports: {told[-1]}" if told else ""
            raise LinkError(f"{link.name}: sends no {what}{says}")


def _unpack(link: Link, form: str, data: bytes) -> tuple[int, ...]:
    try:
        return struct.unpack(form, data)
    except struct.error as error:
        raise LinkError(
            f"{link.name}: a reply of {len(data)} bytes is invalid; is its firmware of this "
            "version? Upload it again"
        ) from error

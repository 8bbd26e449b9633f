"""The codec in Python and the one in C: the same packets, lines and drops from any bytes."""

from __future__ import annotations

import ctypes
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tools.board.test_packet import lines, packets
from tools.board.packet import LONGEST_LINE, Decoder, Packet, encode
from train.features.compiler import find_compiler, run_compiler

SERIAL = Path(__file__).parents[3] / "firmware" / "lib" / "serial"
NOTHING, TEXT, PACKET, DAMAGED = range(4)
# µs; no sum of them is the 200,000 that end a packet: to Python's floats no sharp border
GAPS = (0, 1, 70_000, 199_000, 201_000, 3_000_000)


class CPacket(ctypes.Structure):
    """`kws_packet`."""

    _fields_ = [
        ("type", ctypes.c_uint8),
        ("number", ctypes.c_uint8),
        ("length", ctypes.c_uint16),
        ("data", ctypes.POINTER(ctypes.c_uint8)),
    ]


@pytest.fixture(scope="module")
def c_codec(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    library = tmp_path_factory.mktemp("codec") / "codec.so"
    flags = ["-std=c99", "-O1", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared"]
    source = str(SERIAL / "kws_packet.c")
    run_compiler([*find_compiler(), *flags, f"-I{SERIAL}", source, "-o", str(library)])
    return ctypes.CDLL(str(library))


def c_encoded(codec: ctypes.CDLL, packet: Packet) -> bytes:
    out = ctypes.create_string_buffer(600)
    count = codec.kws_packet_encode(packet.type, packet.number, packet.data, len(packet.data), out)
    return out.raw[:count]


def c_decoded(codec: ctypes.CDLL, pieces: list[tuple[int, bytes]]) -> tuple[list[object], int]:
    """What came out, and how many were dropped; of text, whole lines."""
    receiver, packet = ctypes.create_string_buffer(2048), CPacket()
    codec.kws_packet_start(receiver)
    found: list[object] = []
    text, damaged, now = bytearray(), 0, 0
    for gap, piece in pieces:
        now = (now + gap) % 2**32
        for byte in piece:
            what = codec.kws_packet_push(receiver, byte, now, ctypes.byref(packet))
            damaged += what == DAMAGED
            if what != TEXT:
                text.clear()
            else:
                text.append(byte)
            if what == PACKET:
                data = bytes(packet.data[: packet.length])
                found.append(Packet(packet.type, packet.number, data))
            elif text.endswith(b"\n"):
                found.append(text.decode("ascii", "replace").rstrip("\r\n"))
                text.clear()
            elif len(text) > LONGEST_LINE:
                text.clear()
    return found, damaged


def python_decoded(pieces: list[tuple[int, bytes]]) -> tuple[list[object], int]:
    decoder, now, found = Decoder(), 10.0, list[object]()
    for gap, piece in pieces:
        now += gap / 1e6
        found += decoder.feed(piece, now)
    return found, decoder.damaged


def mangled(encoded: bytes, at: int, what: int, byte: int) -> bytes:
    at %= len(encoded)
    put = {0: bytes([byte]), 1: b"", 2: encoded[at : at + 1] * 2}[what]
    return encoded[:at] + put + encoded[at + 1 :]


pieces = st.lists(
    st.tuples(
        st.sampled_from(GAPS),
        st.one_of(
            packets.map(encode),
            lines.map(lambda line: line.encode() + b"\r\n"),
            st.binary(max_size=700),
            st.builds(lambda byte, count: bytes([byte]) * count, st.integers(0, 255),
                      st.integers(0, 1100)),
            st.builds(mangled, packets.map(encode), st.integers(0, 600), st.integers(0, 2),
                      st.integers(0, 255)),
            st.builds(lambda e, at: e[at % len(e) :], packets.map(encode), st.integers(0, 600)),
            st.builds(lambda e, at: e[: at % len(e)], packets.map(encode), st.integers(0, 600)),
        ),
    ),
    max_size=12,
)  # fmt: skip


@given(packets)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_both_encode_alike(c_codec: ctypes.CDLL, packet: Packet) -> None:
    assert c_encoded(c_codec, packet) == encode(packet)


@given(pieces)
@settings(max_examples=500, deadline=None)
def test_both_decode_alike(c_codec: ctypes.CDLL, pieces: list[tuple[int, bytes]]) -> None:
    assert c_decoded(c_codec, pieces) == python_decoded(pieces)

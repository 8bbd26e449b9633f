"""The codec: what is encoded comes out again, and garbage costs at most the packets it touches."""

from __future__ import annotations

import zlib
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.board.packet import MOST_DATA, SILENCE, Decoder, Packet, encode, parse

packets = st.builds(
    Packet,
    st.integers(0, 255),
    st.integers(0, 255),
    st.one_of(
        st.binary(max_size=MOST_DATA),
        st.builds(  # long runs: where the codes of COBS are full
            lambda start, run, end: start + b"\1" * run + end,
            st.binary(max_size=4), st.integers(240, 500), st.binary(max_size=4),
        ),
    ),
)  # fmt: skip
lines = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=80)
anything = st.one_of(packets, lines)


def coded(one: Packet | str) -> bytes:
    return encode(one) if isinstance(one, Packet) else one.encode() + b"\r\n"


def decoded(received: bytes, pieces: list[int] | None = None) -> list[Packet | str]:
    decoder = Decoder()
    ends = sorted({0, len(received), *(p % (len(received) + 1) for p in pieces or [])})
    return [f for a, b in pairwise(ends) for f in decoder.feed(received[a:b], 0.0)]


def of_packets(found: list[Packet | str]) -> list[Packet]:
    return [one for one in found if isinstance(one, Packet)]


@given(st.lists(anything, max_size=8), st.lists(st.integers(0, 9999)))
def test_everything_comes_out_in_order_however_it_is_cut(
    sent: list[Packet | str], pieces: list[int]
) -> None:
    assert decoded(b"".join(map(coded, sent)), pieces) == sent


@given(packets)
def test_a_packet_has_no_zero_inside_and_the_length_of_cobs(packet: Packet) -> None:
    encoded = encode(packet)
    body = len(packet.data) + 8
    assert encoded[0] == encoded[-1] == 0 and 0 not in encoded[1:-1]
    assert body + 1 <= len(encoded) - 2 <= body + 1 + body // 254


@given(st.binary(max_size=600).map(lambda b: b.replace(b"\0", b"")), st.lists(packets, min_size=1))
def test_garbage_without_zeros_costs_nothing(garbage: bytes, sent: list[Packet]) -> None:
    received = b"".join(garbage + encode(packet) for packet in sent) + garbage
    assert of_packets(decoded(received)) == sent


@given(packets, st.binary(max_size=1500), packets, packets)
def test_any_garbage_costs_at_most_what_follows_at_once(
    before: Packet, garbage: bytes, touched: Packet, after: Packet
) -> None:
    received = encode(before) + garbage + encode(touched) + encode(after)
    found = of_packets(decoded(received))
    assert found[0] == before and found[-1] == after
    assert len(found) <= 3 and (len(found) < 3 or found[1] == touched)


@given(packets, packets, packets, st.data())
@settings(max_examples=300)
def test_damage_inside_a_packet_costs_that_packet(
    first: Packet, second: Packet, third: Packet, data: st.DataObject
) -> None:
    encoded = bytearray(encode(second))
    for _ in range(data.draw(st.integers(1, 4))):  # bits that turn
        at = data.draw(st.integers(1, len(encoded) - 2))
        encoded[at] ^= 1 << data.draw(st.integers(0, 7))
    found = of_packets(decoded(encode(first) + encoded + encode(third)))
    expected = [first, second, third] if bytes(encoded) == encode(second) else [first, third]
    assert found == expected


@given(packets, packets, packets, st.data())
def test_a_packet_that_breaks_off_costs_itself(
    first: Packet, second: Packet, third: Packet, data: st.DataObject
) -> None:
    encoded = encode(second)
    cut = encoded[: data.draw(st.integers(1, len(encoded) - 1))]
    found = of_packets(decoded(encode(first) + cut + encode(third)))
    # all but its last zero may have come
    assert found in ([first, third], [first, second], [first, second, third])
    assert of_packets(decoded(encode(first) + cut + encode(third) * 2))[-1] == third


@given(packets, packets, packets, st.booleans())
def test_a_lost_zero_costs_at_most_one_packet(
    first: Packet, second: Packet, third: Packet, at_start: bool
) -> None:
    encoded = encode(second)
    encoded = encoded[1:] if at_start else encoded[:-1]
    found = of_packets(decoded(encode(first) + encoded + encode(third) + encode(first)))
    assert found[0] == found[-1] == first and len(found) >= 3


@given(packets, packets, st.data())
def test_silence_inside_a_packet_ends_it(
    first: Packet, second: Packet, data: st.DataObject
) -> None:
    encoded = encode(first)
    cut = data.draw(st.integers(1, len(encoded) - 1))
    patient, late = Decoder(), Decoder()
    assert not list(patient.feed(encoded[:cut], 1.0)) and not list(late.feed(encoded[:cut], 1.0))
    assert list(patient.feed(encoded[cut:], 1.0 + SILENCE)) == [first]
    text = b"# a line" + b"\r\n"
    assert list(late.feed(text + encode(second), 1.01 + SILENCE)) == ["# a line", second]


def test_silence_counts_from_the_last_byte() -> None:
    encoded, decoder = encode(Packet(1, 2, b"seven")), Decoder()
    found = [f for i, b in enumerate(encoded) for f in decoder.feed(bytes([b]), 0.19 * i)]
    assert found == [Packet(1, 2, b"seven")]


def test_no_news_is_no_byte() -> None:
    encoded, decoder = encode(Packet(1, 2)), Decoder()
    assert not list(decoder.feed(encoded[:4], 0.0)) and not list(decoder.feed(b"", 0.15))
    assert not list(decoder.feed(b"", 0.3)) and not list(decoder.feed(encoded[4:], 0.3))


def test_damage_is_counted_and_emptiness_is_not() -> None:
    decoder = Decoder()
    damaged = bytearray(encode(Packet(1, 1, b"abc")))
    damaged[6] ^= 1
    found = list(decoder.feed(b"\0\0\0" + damaged + encode(Packet(2, 2)) + b"\0\0", 0.0))
    assert found == [Packet(2, 2)] and decoder.damaged == 1


def test_longer_than_any_packet_is_text_again() -> None:
    decoder = Decoder()
    assert list(decoder.feed(b"\0" + b"x" * 600 + b"\n# line\r\n", 0.0))[-1] == "# line"
    assert decoder.damaged == 1


def test_a_full_run_at_the_end_may_lack_its_last_code() -> None:
    """Some encoders end it with a code of its own, others do not: both are understood."""
    packet = Packet(1, 1, bytes([7]) * (2 * 254 - 8))
    encoded = encode(packet)
    assert encoded[-2:] == b"\1\0"
    assert decoded(encoded) == decoded(encoded[:-2] + b"\0") == [packet]


def test_the_check_is_that_of_zlib() -> None:
    assert (
        encode(Packet(0x0A, 1, b""))
        == b"\0\x03\x0a\x01\x01\x05" + zlib.crc32(b"\x0a\x01\0\0").to_bytes(4, "little") + b"\0"
    )
    assert parse(b"") is None and parse(b"\1" * 8) is None


def test_too_much_data_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 512"):
        encode(Packet(1, 1, bytes(513)))

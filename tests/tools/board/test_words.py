"""Words cut out of a stream: whole, one clip each, whatever the pieces it comes in."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tools.board.errors import LinkError
from tools.board.record import PATIENCE, spoken, stretches
from tools.board.show import Screen, bar, level_bar
from tools.board.words import BLOCK, LONGEST, MARGIN, RATE, Words
from train.data.placing import level

Samples = NDArray[np.int16]
QUIET = Screen(io.StringIO())


def room(seconds: float, loudness: float = 10.0, seed: int = 0) -> Samples:
    noise = np.random.default_rng(seed).normal(0, loudness, round(seconds * RATE))
    return noise.astype(np.int16)


def word(seconds: float, height: float = 3000.0) -> Samples:
    n = np.arange(round(seconds * RATE))
    swell = np.sin(np.pi * n / len(n)) ** 0.3
    return (height * swell * np.sin(n * 0.3)).astype(np.int16)


def cut(samples: Samples, size: int = 254) -> list[Samples]:
    words = Words()
    pieces = (samples[i : i + size] for i in range(0, len(samples), size))
    return [found for piece in pieces for found in words.push(piece)]


@pytest.mark.parametrize("loudness", [0.0, 10.0, 100.0])
def test_each_word_is_one_clip_with_a_margin(loudness: float) -> None:
    lengths = (0.25, 0.6, 1.0)
    parts = [room(1.0, loudness)]
    for seconds in lengths:
        parts += [word(seconds), room(1.0, loudness)]
    found = cut(np.concatenate(parts))
    assert len(found) == len(lengths)
    for samples, seconds in zip(found, lengths, strict=True):
        inside, margin = seconds * RATE, MARGIN * BLOCK
        assert inside + 1.6 * margin < len(samples) < inside + 2.4 * margin


@given(st.integers(1, 5000))
@settings(max_examples=20, deadline=None)
def test_the_pieces_do_not_matter(size: int) -> None:
    samples = np.concatenate([room(0.6), word(0.3), room(0.8), word(0.4), room(0.6)])
    for one, other in zip(cut(samples, size), cut(samples), strict=True):
        np.testing.assert_array_equal(one, other)


def test_clicks_and_steady_noise_are_no_words() -> None:
    click = room(2.0)
    click[RATE : RATE + 320] = 9000
    assert not cut(click) and not cut(room(5.0, 2000.0)) and not cut(room(5.0, 0.0))


def test_what_never_ends_is_cut_off() -> None:
    found = cut(np.concatenate([room(1.0), word(3.0), room(1.0)]))
    assert len(found[0]) == LONGEST * BLOCK


def test_levels() -> None:
    assert level(np.zeros(160, np.int16)) == -120.0
    assert level(np.full(160, 9000, np.int16)) == -120.0  # constant: no sound
    assert level(word(1.0, 32767)) == pytest.approx(-3.6, abs=1.0)


def pieces(*parts: tuple[int, Samples]) -> Iterator[tuple[int, Samples]]:
    """As the board sends them: each part begins at an index of its own."""
    for start, samples in parts:
        for at in range(0, len(samples), 254):
            yield (start + at) % 2**32, samples[at : at + 254]


def test_a_word_of_which_a_part_was_lost_is_none() -> None:
    before = np.concatenate([room(1.0), word(0.5)[:4000]])
    after = np.concatenate([word(0.5)[4000:], room(1.0), word(0.4), room(1.0)])
    said = io.StringIO()
    parts = pieces((0, before), (len(before) + 100, after))
    found = list(spoken(parts, "seven", Screen(said)))
    assert len(found) == 1 and len(found[0]) < (0.4 + 0.6) * RATE
    assert said.getvalue() == "100 samples were lost; please repeat\n"


def test_the_index_may_wrap() -> None:
    samples = np.concatenate([room(1.0), word(0.5), room(1.0)])
    assert len(list(spoken(pieces((2**32 - 20_000, samples)), "seven", QUIET))) == 1


def test_nobody_speaks() -> None:
    with pytest.raises(LinkError, match="no speech for 60 s"):
        list(spoken(pieces((0, room(PATIENCE + 1.0))), "seven", QUIET))


def test_noise_is_cut_in_equal_pieces_without_holes() -> None:
    samples = np.arange(RATE * 3, dtype=np.int64).astype(np.int16)
    found = list(stretches(pieces((0, samples[:20_000]), (20_100, samples[20_100:])), 8000))
    assert [len(one) for one in found] == [8000] * 5
    assert all((np.diff(one.astype(np.uint16)) == 1).all() for one in found)


def test_bars() -> None:
    assert bar(0.0, 4) == "    " and bar(1.0, 4) == "████" == bar(7.0, 4)
    assert bar(0.5, 4) == "██  " and bar(0.28125, 4) == "█▏  "
    assert all(len(bar(share / 100, 7)) == 7 for share in range(-5, 110))
    assert level_bar(0.0, 2) == "██" and level_bar(-90.0, 2) == "  "


def test_a_terminal_is_drawn_again_in_place_and_a_file_is_not() -> None:
    terminal, file = io.StringIO(), io.StringIO()
    for stream, live in ((terminal, True), (file, None)):
        screen = Screen(stream, live)
        screen.draw(["a", "b"])
        screen.draw(["c"])
        screen.say("seven")
    assert terminal.getvalue() == "a\nb\n\x1b[2A\x1b[Jc\n\x1b[1A\x1b[Jseven\n"
    assert file.getvalue() == "seven\n"

"""Jobs in processes: which ones do them, and that they end with whoever started them."""

from __future__ import annotations

import os

import pytest

from train.workers import cores, in_parallel, kept_processes

PIECES = range(64)


def process(_: int) -> int:
    return os.getpid()


def at(piece: int) -> int:
    if piece == 9:
        raise ValueError("this piece is bad")
    return piece


@pytest.mark.skipif(cores() == 1, reason="one core does all pieces itself")
def test_kept_processes_do_the_next_job_as_well() -> None:
    with kept_processes():
        first, second = (set(in_parallel(process, PIECES, "kept")) for _ in range(2))
        assert os.getpid() not in first | second
        assert len(first | second) <= cores()
    others = set(in_parallel(process, PIECES, "new"))
    assert not others & (first | second)


def test_a_job_that_fails_leaves_kept_processes_to_the_next() -> None:
    with kept_processes():
        with pytest.raises(ValueError, match="this piece is bad"):
            list(in_parallel(at, PIECES, "fails"))
        assert list(in_parallel(at, range(9), "goes on")) == list(range(9))

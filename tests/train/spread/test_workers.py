"""Jobs in processes that are kept: who does them, and what a failure leaves behind."""

from __future__ import annotations

import os

import pytest

from train.spread.workers import cores, in_parallel, kept_processes

PIECES = range(64)


def process(_: int) -> int:
    return os.getpid()


def at(piece: int) -> int:
    if piece == 9:
        raise ValueError("this piece is bad")
    return piece


def test_kept_processes_do_the_next_job_as_well() -> None:
    """More jobs than cores: new processes for each would be more than there are cores."""
    with kept_processes():
        jobs = [set(in_parallel(process, PIECES, "kept")) for _ in range(cores() + 1)]
    assert len(set.union(*jobs)) <= cores()


def test_a_job_that_fails_leaves_kept_processes_to_the_next() -> None:
    with kept_processes():
        with pytest.raises(ValueError, match="this piece is bad"):
            list(in_parallel(at, PIECES, "fails"))
        assert list(in_parallel(at, range(9), "goes on")) == list(range(9))

"""Recorded noises: for augmentation, silence and tests in noise."""

from __future__ import annotations

from dataclasses import dataclass

from train.data.entry import Entry


@dataclass(frozen=True, kw_only=True)
class Noises:
    """Recorded noises, and which part of each: training and tests never share a second."""

    entries: tuple[Entry, ...] = ()
    digests: tuple[str, ...] = ()
    testing: bool = False

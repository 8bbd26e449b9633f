"""Recorded noises: for augmentation, silence and tests in noise."""

from __future__ import annotations

from dataclasses import dataclass

from train.data.entry import Entry

# shares of each recording where a split's part begins and ends: no second is in two splits
PARTS = {"train": (0.0, 0.8), "validation": (0.8, 0.9), "test": (0.9, 1.0)}


@dataclass(frozen=True, kw_only=True)
class Noises:
    """Recorded noises, and the split whose part of each is meant."""

    entries: tuple[Entry, ...] = ()
    digests: tuple[str, ...] = ()
    split: str = "train"

    @property
    def number(self) -> int:
        return list(PARTS).index(self.split)

    def part(self, length: int) -> slice:
        """Of a recording of `length` samples."""
        begin, end = PARTS[self.split]
        return slice(int(begin * length), int(end * length))

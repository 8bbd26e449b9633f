"""Recorded noises: for augmentation, silence and tests in noise."""

from __future__ import annotations

from dataclasses import dataclass

from train.data.entry import Entry

# where each split's part of a recording begins and ends, as shares; splits do not overlap
PARTS = {"train": (0.0, 0.8), "validation": (0.8, 0.9), "test": (0.9, 1.0)}


@dataclass(frozen=True, kw_only=True)
class Noises:
    """Recorded noises, of which one split's part is used."""

    entries: tuple[Entry, ...] = ()
    digests: tuple[str, ...] = ()
    split: str = "train"

    @property
    def number(self) -> int:
        return list(PARTS).index(self.split)

    def part(self, length: int) -> slice:
        """The slice of a recording of `length` samples that belongs to the split."""
        begin, end = PARTS[self.split]
        return slice(int(begin * length), int(end * length))

"""What every source provides: entries, which are cheap to list; audio is read on demand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

KINDS = ("digits", "unknown", "noise")
MEASURING = "strangers"  # never used for training, whatever its manifest says


@dataclass(frozen=True)
class Voice:
    """How espeak-ng speaks an entry that has no file."""

    name: str  # an espeak-ng voice with its variant, such as en-us+f3
    pitch: int = 50  # 0 to 99
    rate: int = 170  # words per minute


@dataclass(frozen=True)
class Entry:
    """One clip of a source. A speaker's name belongs to one source only."""

    source: str
    # digits, unknown or noise. The settings decide which words are keywords; all of these then
    # have the kind digits, whatever they are.
    kind: str
    label: str
    speaker: str
    path: Path | None = None  # a recording, or
    voice: Voice | None = None  # a voice that says the label
    fold: str = ""  # the split or fold that the source assigns
    measuring_only: bool = False  # as its manifest says
    spoken: bool = True  # it is a word; any part of a clip of rain is rain

    @property
    def measures(self) -> bool:
        """Whether it may be used neither for training nor for making choices."""
        return self.measuring_only or self.source == MEASURING

    @property
    def name(self) -> str:
        """What identifies it for the user."""
        return str(self.path) if self.path else f"{self.label} by {self.speaker}"

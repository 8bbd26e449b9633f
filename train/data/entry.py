"""What every source of clips gives: entries, cheap to list, whose audio is read when asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

KINDS = ("digits", "unknown", "noise")
MEASURING = "strangers"  # a source that is never learned from, whatever its manifest says


@dataclass(frozen=True)
class Voice:
    """How espeak-ng speaks an entry that has no file."""

    name: str  # an espeak-ng voice with its variant, such as en-us+f3
    pitch: int = 50  # 0 to 99
    rate: int = 170  # words a minute


@dataclass(frozen=True)
class Entry:
    """One clip that a source offers. A speaker's name never spans two sources."""

    source: str
    # digits, unknown or noise; the settings then decide which words are to be recognized, and
    # those have the kind digits, whatever they are
    kind: str
    label: str
    speaker: str
    path: Path | None = None  # a recording, or
    voice: Voice | None = None  # a voice that speaks the label
    fold: str = ""  # the split or fold that the source itself puts it in
    measuring_only: bool = False  # as its manifest says
    spoken: bool = True  # a word; any part of rain is rain

    @property
    def measures(self) -> bool:
        """Whether nothing may be learned from it, nor chosen by it."""
        return self.measuring_only or self.source == MEASURING

    @property
    def name(self) -> str:
        """What a person finds it by."""
        return str(self.path) if self.path else f"{self.label} by {self.speaker}"

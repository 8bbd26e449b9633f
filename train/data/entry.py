"""What every source provides: entries, which are cheap to list; audio is read on demand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

KINDS = ("digits", "unknown", "noise")
ESPEAK, KOKORO, PIPER = "espeak", "kokoro", "piper"  # engines
MEASURING = "strangers"  # never used for training, whatever its manifest says


@dataclass(frozen=True)
class Voice:
    """How an entry that has no file is spoken."""

    name: str  # of espeak-ng, with a variant: en-us+f3; or of Kokoro: 0.7*af_bella+0.3*hm_omega
    pitch: int = 50  # of espeak-ng, 0 to 99
    rate: int = 170  # of espeak-ng, words per minute
    engine: str = ESPEAK
    accent: str = ""  # of Kokoro: one of train/data/voices/accents.py, or a language such as de
    habits: int = 0  # seed of which of the accent's rules the speaker has
    speed: float = 1.0  # of the neural engines
    shift: float = 1.0  # pitch and formants times this: a child has about 1.2


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
    voice: Voice | None = None  # a synthesized voice that says the label
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

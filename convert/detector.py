"""The detector's settings in a bundle: how confident it must be of a word, and how often it
decides."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from convert.errors import BundleError, ModelError

OF_256 = 256
LEAST, MOST = 1, 254  # limits of words' thresholds; 255 means never reported
ALL = "all"
ISOLATED_MS = 1500  # from other words to a word that is spoken alone
BEFORE = "#define KWS_DECISION_MS"  # a line of kws_settings.h


@dataclass(frozen=True)
class Detector:
    """Used until a different threshold is set on the board, which lasts until its next reset."""

    smoothed: int = 2  # windows
    threshold: int = 210  # of 256
    refractory_ms: int = 600
    decision_ms: int = 200
    isolated_ms: int = 0  # from other words to a detection; 0: they do not matter
    bonus: int = 1  # of the run's recipe, which the detector takes back
    thresholds: Mapping[str, int] = field(default_factory=dict)  # of words with their own

    def described(self) -> dict[str, Any]:
        """In the form of a manifest: what not every bundle has only if it is there."""
        tree = dataclasses.asdict(self)
        if not self.thresholds:
            del tree["thresholds"]
        if self.bonus == 1:
            del tree["bonus"]
        if not self.isolated_ms:
            del tree["isolated_ms"]
        return tree

    def options(self) -> list[str]:
        """What python -m convert.to_tflm is given to build in the same settings."""
        given = {ALL: self.threshold, **self.thresholds}
        values = [f"{word}={100 * value / OF_256:.2f}" for word, value in given.items()]
        options = [option for value in values for option in ("--threshold", value)]
        return options + ["--isolated"] * bool(self.isolated_ms)

    def every(self, decision_ms: int) -> Detector:
        """The same mean in time, of decisions made at another period."""
        smoothed = round(self.smoothed * self.decision_ms / decision_ms)
        return dataclasses.replace(self, decision_ms=decision_ms, smoothed=max(1, smoothed))

    def with_own(self, settings: str, labels: Sequence[str]) -> str:
        """The text of kws_settings.h with what not every bundle has: its template has none of it,
        so that other bundles stay identical to the byte."""
        lines = ""
        if self.bonus != 1:
            lines += f"#define KWS_DETECTOR_BONUS {self.bonus} /* which it takes back */\n"
        if self.isolated_ms:
            lines += f"#define KWS_DETECTOR_ISOLATED_MS {self.isolated_ms} /* after others */\n"
        if self.thresholds:
            own = ", ".join(str(self.thresholds.get(label, 0)) for label in labels)
            lines += f"#define KWS_DETECTOR_THRESHOLDS {{{own}}} /* by label; 0: as above */\n"
        return settings.replace(BEFORE, lines + BEFORE, 1)


def read_detector(manifest: Mapping[str, Any]) -> Detector:
    """The detector's settings of a bundle."""
    try:
        return Detector(**manifest["detector"])
    except (KeyError, TypeError) as error:
        raise BundleError(f"manifest.json: has no settings of the detector ({error})") from error


def detector_with(
    given: Sequence[str], labels: Sequence[str], bonus: int = 1, isolated: bool = False
) -> Detector:
    """`given`: WORD=PERCENT, or all=PERCENT."""
    detector = Detector(bonus=bonus, isolated_ms=ISOLATED_MS if isolated else 0)
    words = [label for label in labels if is_word(label)]
    own: dict[str, int] = {}
    for text in given:
        word, _, percent = text.partition("=")
        value = of_256(text, percent)
        if word == ALL:
            detector = dataclasses.replace(detector, threshold=value)
        elif word in words:
            own[word] = value
        else:
            raise ModelError(
                f"--threshold {text}: {word!r} is not a word that is reported; give "
                f"{', '.join(words)} or {ALL}"
            )
    return dataclasses.replace(detector, thresholds=own)


def is_word(label: str) -> bool:
    """The same rule as in kws_detector_start."""
    return not label.startswith("_") and label not in ("unknown", "silence")


def of_256(text: str, percent: str) -> int:
    try:
        share = float(percent.removesuffix("%"))
    except ValueError:
        share = -1.0
    if not 0 <= share <= 100:
        raise ModelError(f"--threshold {text}: give WORD=PERCENT, such as seven=90 or all=85")
    return min(max(LEAST, round(share * OF_256 / 100)), MOST)

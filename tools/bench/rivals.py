"""Wake-word detectors of others: which packages have them, and when they detect a word.

A user may have the packages or not; only their scores are used.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.stream.judging import Detection
from tools.stream.scene import RATE

REFRACTORY = 1.0  # seconds from a detection to the next
# of a score: they crowd near 0 and 1, so steps are equal on a logistic scale
LEVELS = 1 / (1 + np.exp(-np.linspace(-7.0, 12.0, 153)))

Samples = Iterable[NDArray[np.int16]]  # at RATE, in pieces of any size
Scores = Iterator[tuple[float, float]]  # seconds of audio so far, score


@dataclass(frozen=True)
class Rival:
    """A detector of others: its package, and how it scores samples for a word."""

    name: str
    package: str
    score: Callable[[Any, str, Samples], Scores]  # of the package

    @property
    def installed(self) -> bool:
        return importlib.util.find_spec(self.package) is not None

    @property
    def words(self) -> list[str]:
        """Those of the models in the package."""
        return sorted(str(one.value) for one in importlib.import_module(self.package).Model)


def _micro(package: Any, word: str, samples: Samples) -> Scores:
    model = package.MicroWakeWord.from_builtin(package.Model(word))
    features = package.MicroWakeWordFeatures()
    for time, chunk in _chunks(samples, RATE // 100):
        for vector in features.process_streaming(chunk):
            yield time, model.process_streaming_prob(vector)


def _open(package: Any, word: str, samples: Samples) -> Scores:
    model = package.OpenWakeWord.from_builtin(package.Model(word))
    features = package.OpenWakeWordFeatures.from_builtin()
    for time, chunk in _chunks(samples, RATE * 8 // 100):
        for embedding in features.process_streaming(chunk):
            for score in model.process_streaming(embedding):
                yield time, score


def _chunks(samples: Samples, size: int) -> Iterator[tuple[float, bytes]]:
    """Yields equal chunks with the time of their end; a rest that is shorter is left out."""
    rest, place = np.empty(0, np.int16), 0
    for piece in samples:
        rest = np.concatenate([rest, piece])
        whole = len(rest) // size * size
        for start in range(0, whole, size):
            place += size
            yield place / RATE, rest[start : start + size].tobytes()
        rest = rest[whole:]


RIVALS = {
    one.name: one
    for one in (
        Rival("microWakeWord", "pymicro_wakeword", _micro),
        Rival("openWakeWord", "pyopen_wakeword", _open),
    )
}


def detections(name: str, word: str, samples: Samples) -> list[list[Detection]]:
    """Those of a rival at each of its levels, lowest first."""
    rival = RIVALS[name]
    package = importlib.import_module(rival.package)
    scored = np.array(list(rival.score(package, word, samples))).reshape(-1, 2)
    return [fired(scored[:, 0], scored[:, 1], level, word) for level in LEVELS]


def fired(
    times: NDArray[np.float64], scores: NDArray[np.float64], level: float, word: str
) -> list[Detection]:
    """A detection where the score reaches the level; then none for `REFRACTORY`."""
    found: list[Detection] = []
    for i in np.flatnonzero(scores >= level):
        if not found or times[i] - found[-1].time >= REFRACTORY:
            found.append(Detection(float(times[i]), word, float(scores[i])))
    return found

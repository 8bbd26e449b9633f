"""Cuts words out of a stream of samples by their level: spoken, then quiet."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

RATE = 16_000  # Hz, unless another is given
BLOCK = 160  # samples at that rate: 10 ms
ABOVE = 12.0  # dB above the background: somebody speaks
QUIETEST = -55.0  # dB of full scale: less is not a word
BACKGROUND = 300  # blocks that tell what the background is
SETTLE = 20  # blocks before the first word can begin
BEGIN, END = 5, 35  # blocks of speech that begin a word, and of quiet that end it
PAUSE = 10  # blocks of quiet after a part was lost: what comes before is the rest of a word
MARGIN = 25  # blocks kept before and after
LONGEST = 200  # blocks

Samples = NDArray[np.int16]


class Words:
    """Samples in, in any pieces; whole words out, with a margin around each."""

    def __init__(self, rate: int = RATE) -> None:
        self._block = BLOCK * rate // RATE
        self.level = -120.0  # dB of full scale, of the last block
        self.speaking = False
        self._rest = np.zeros(0, np.int16)
        self._levels: deque[float] = deque(maxlen=BACKGROUND)
        self._before: deque[Samples] = deque(maxlen=MARGIN + BEGIN)
        self.forget()

    def forget(self) -> None:
        """The word under way, as a part of it was lost."""
        self.speaking = self._armed = False
        self._word: list[Samples] = []
        self._loud = self._quiet = 0
        self._rest = self._rest[:0]
        self._before.clear()

    def push(self, samples: Samples) -> Iterator[Samples]:
        self._rest = np.concatenate([self._rest, samples])
        while len(self._rest) >= self._block:
            block, self._rest = self._rest[: self._block], self._rest[self._block :]
            word = self._push_block(block)
            if word is not None:
                yield word

    def _push_block(self, block: Samples) -> Samples | None:
        self.level = level(block)
        settled = len(self._levels) >= SETTLE
        background = float(np.percentile(self._levels, 20)) if settled else 0.0
        loud = settled and self.level > max(QUIETEST, background + ABOVE)
        self._levels.append(self.level)
        self._loud = self._loud + 1 if loud else 0
        self._quiet = 0 if loud else self._quiet + 1
        if self.speaking:
            self._word.append(block)
            return self._ended()
        self._before.append(block)
        self._armed = self._armed or self._quiet >= PAUSE
        if self._armed and self._loud >= BEGIN:
            self.speaking = True
            self._word = list(self._before)
        return None

    def _ended(self) -> Samples | None:
        if self._quiet < END and len(self._word) < LONGEST:
            return None
        word = np.concatenate(self._word[: len(self._word) - max(0, self._quiet - MARGIN)])
        self.speaking = False
        self._before.clear()
        self._loud = self._quiet = 0
        return word


def level(samples: Samples) -> float:
    """dB of full scale, without the constant part; -120 is digital silence."""
    power = float(np.var(samples.astype(np.float64)))
    return max(-120.0, 10.0 * float(np.log10(max(power, 1e-3) / 32768.0**2)))

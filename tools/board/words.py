"""Cuts words out of a stream of samples by level: speech followed by quiet."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from train.data.placing import BEGIN, Endpoints, level

RATE = 16_000  # Hz, unless another is given
BLOCK = 160  # samples at that rate: 10 ms
ABOVE = 12.0  # dB above the background: speech
QUIETEST = -55.0  # dB of full scale: less is not a word
BACKGROUND = 300  # blocks from which the background is estimated
SETTLE = 20  # blocks before the first word can begin
PAUSE = 10  # quiet blocks after a loss: before that comes the rest of a word
MARGIN = 25  # blocks kept before and after
LONGEST = 200  # blocks

Samples = NDArray[np.int16]


class Words:
    """Turns samples, in any pieces, into whole words with a margin around each."""

    def __init__(self, rate: int = RATE) -> None:
        self._block = BLOCK * rate // RATE
        self.level = -120.0  # dB of full scale, of the last block
        self._rest = np.zeros(0, np.int16)
        self._levels: deque[float] = deque(maxlen=BACKGROUND)
        self._before: deque[Samples] = deque(maxlen=MARGIN + BEGIN)
        self.forget()

    @property
    def speaking(self) -> bool:
        return self._endpoints.speaking

    def forget(self) -> None:
        """Drops the current word, as part of it was lost."""
        self._endpoints = Endpoints(PAUSE)
        self._word: list[Samples] = []
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
        before = self.speaking
        self._endpoints.push(loud)
        if before:
            self._word.append(block)
            return self._ended()
        self._before.append(block)
        if self.speaking:
            self._word = list(self._before)
        return None

    def _ended(self) -> Samples | None:
        if self.speaking and len(self._word) < LONGEST:
            return None
        late = max(0, self._endpoints.quiet - MARGIN)
        word = np.concatenate(self._word[: len(self._word) - late])
        self._endpoints.stop()
        self._before.clear()
        return word

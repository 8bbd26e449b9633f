"""Finds the word in a recording: the one rule for training, tests and tools.

A word is a stretch of at least BEGIN blocks that stands out from the background and is followed by
END quiet blocks. In a recording, levels are smoothed first, so that a click does not count as a
word, and compared with the recording's own background, so that steady noise does not either.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from train.data.clip import centre

BLOCKS_PER_SECOND = 100
BEGIN, END = 5, 35  # loud blocks that begin a word, and quiet blocks that end it
SMOOTHING = 7  # blocks; anything shorter than half of this is a click
FAINTEST = -70.0  # dBFS; a recording that is never louder is silent
DEPTH = 45.0  # dB below the loudest block; lower limit of the background level
LEAST, MOST = 6.0, 12.0  # dB of speech above background: half the contrast, within these limits
CLEAR = 15.0  # dB below the loudest word; anything fainter is not a separate word
SHORTEST = 8  # blocks; neither is anything shorter

Samples = NDArray[np.int16]
Span = tuple[int, int]  # first sample, and the one after the last


class Endpoints:
    """Takes loud and quiet blocks in order, and reports when a word begins and has ended."""

    def __init__(self, pause: int = 0) -> None:
        """No word begins before `pause` quiet blocks: earlier sound is the rest of a word."""
        self.speaking = False
        self.quiet = 0  # blocks so far
        self._loud = 0
        self._pause = pause
        self._armed = False

    def push(self, loud: bool) -> bool:
        """Takes the next block and returns whether a word is in progress."""
        self._loud = self._loud + 1 if loud else 0
        self.quiet = 0 if loud else self.quiet + 1
        if self.speaking:
            self.speaking = self.quiet < END
        else:
            self._armed = self._armed or self.quiet >= self._pause
            self.speaking = self._armed and self._loud >= BEGIN
        return self.speaking

    def stop(self) -> None:
        """Ends the word and starts over."""
        self.speaking = False
        self.quiet = self._loud = 0


@dataclass(frozen=True)
class Place:
    """Where the window begins in a long recording; negative if the word is near its start."""

    start: int
    words: int  # number of separate words; 0 if nothing stands out
    moved: bool  # the recording's middle does not contain the whole word


def level(samples: Samples) -> float:
    """Level of each block in dBFS, without DC; -120 is digital silence."""
    return float(_levels(samples[np.newaxis])[0])


def placed(samples: Samples, window: int, rate: int) -> Samples:
    """Exactly `window` samples around the word; a clip that fits lies in the middle of zeros."""
    return centre(around_word(samples, window, rate), window)


def around_word(samples: Samples, window: int, rate: int) -> Samples:
    """A clip that fits the window unchanged; for a longer one, the window around its word."""
    if len(samples) <= window:
        return samples
    start = find(samples, window, rate).start
    inside = samples[max(0, start) : start + window]
    before = max(0, -start)
    return np.pad(inside, (before, window - before - len(inside)))


def find(samples: Samples, window: int, rate: int) -> Place:
    """Places the window in a longer recording: at the middle of its word, of the word with the most
    energy if there are several, or of the recording if there is none."""
    middle = (len(samples) - window) // 2
    block = max(1, rate // BLOCKS_PER_SECOND)
    levels = _smooth(_levels(_blocks(samples, block)))
    words = _clear(_stretches(levels), levels)
    if words and (words[-1][1] - words[0][0]) * block <= window:
        words = [(words[0][0], words[-1][1])]  # parts of one word, or words in one breath
    if not words:
        return Place(middle, 0, False)
    powers = 10 ** (levels / 10)
    begin, end = max(words, key=lambda word: float(powers[slice(*word)].sum()))
    length = max(1, window // block)
    if end - begin > length:  # longer than the window: take the part with the most energy
        sums = np.convolve(powers[begin:end], np.ones(length), "valid")
        begin += int(np.argmax(sums))
        end = begin + length
    start = (begin + end) * block // 2 - window // 2
    whole = middle <= begin * block and end * block <= middle + window
    return Place(start, len(words), not whole)


def _blocks(samples: Samples, block: int) -> Samples:
    count = len(samples) // block
    return samples[: count * block].reshape(count, block)


def _levels(blocks: Samples) -> NDArray[np.float64]:
    powers = np.var(blocks.astype(np.float64), axis=1) / 32768.0**2
    return np.maximum(-120.0, 10.0 * np.log10(np.maximum(powers, 1e-12)))


def _smooth(levels: NDArray[np.float64]) -> NDArray[np.float64]:
    side = SMOOTHING // 2
    around = np.pad(levels, side, mode="edge")
    return np.asarray(np.median(sliding_window_view(around, SMOOTHING), axis=1))


def _stretches(levels: NDArray[np.float64]) -> list[Span]:
    """The stretches of blocks that stand out from the background."""
    loudest = float(levels.max())
    background = max(float(np.percentile(levels, 20)), loudest - DEPTH)
    contrast = loudest - background
    if loudest < FAINTEST or contrast < LEAST:
        return []
    loud = levels > background + min(MOST, max(LEAST, contrast / 2))
    endpoints = Endpoints()
    found: list[Span] = []
    for number, is_loud in enumerate([*loud, *[False] * END]):
        before = endpoints.speaking
        if endpoints.push(bool(is_loud)) and not before:
            found.append((number + 1 - BEGIN, 0))
        elif before and not endpoints.speaking:
            found[-1] = (found[-1][0], number + 1 - END)
    return found


def _clear(stretches: list[Span], levels: NDArray[np.float64]) -> list[Span]:
    """Drops a chair, a breath or a distant voice next to the word."""
    peaks = [float(levels[slice(*stretch)].max()) for stretch in stretches]
    return [
        stretch
        for stretch, peak in zip(stretches, peaks, strict=True)
        if peak >= max(peaks) - CLEAR and stretch[1] - stretch[0] >= min(SHORTEST, len(levels))
    ]

"""Windows that try to break the front end, and random ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Windows = NDArray[np.int16]


def hostile_windows(length: int, fft_size: int) -> Windows:
    """Full-scale squares, DC, impulses, tones on and between bins, silence, ±1, ±32767."""
    n = np.arange(length)
    random = np.random.default_rng(1)
    windows = [np.zeros(length)]
    windows += [np.full(length, level) for level in (32767, -32768, 20000, 100, 1, -1)]
    windows += [
        np.where(n // half % 2, 32767, -32768) for half in (1, 2, 3, 5, 8, 16, 50, 128, 999)
    ]
    windows += [np.where(n % 2, 32767, -32767), np.where(n % 2, 1, -1), np.where(n % 3, 0, 1)]
    turn = 2 * np.pi * n / fft_size
    windows += [32767 * np.sign(np.sin(k * turn)) for k in (1, 7, 33, 100.5)]
    for position in (0, 1, 15, 16, 17, 255, 256, 300, 511, 512, 800, length - 1):
        for height in (32767, -32768, 1):
            impulse = np.zeros(length)
            impulse[position % length] = height
            windows.append(impulse)
    for bin_number in (0.5, 1, 1.5, 2, 3, 10, 31.25, 64, 64.5, 100, fft_size / 4, fft_size / 2 - 1):
        for level in (32767, 300, 2):
            windows.append(level * np.sin(bin_number * turn + 0.3))
    windows += [random.choice([-1, 1], length), random.choice([-32768, 32767], length)]
    windows += [random.integers(-1, 2, length) for _ in range(6)]
    windows += [random.choice([0, 0, 0, 0, 1], length), (n >= length // 2) * 32767]
    windows += [32767 * np.sin(np.pi * n * n / length / 2), n * 2 - length]
    return np.stack([np.clip(np.round(w), -32768, 32767) for w in windows]).astype(np.int16)


def random_windows(count: int, length: int, seed: int = 2) -> Windows:
    """Noise of any level and tilt, sometimes gated, sometimes clipped."""
    random = np.random.default_rng(seed)
    windows = np.empty((count, length), np.int16)
    for window in windows:
        noise = random.normal(size=length)
        tilt = random.uniform(-0.98, 0.98)
        noise[1:] -= tilt * noise[:-1]
        gate = np.repeat(random.integers(0, 2, 20), -(-length // 20))[:length]
        noise *= 2.0 ** random.uniform(-1, 16) * (gate if random.random() < 0.3 else 1)
        window[:] = np.clip(np.round(noise), -32768, 32767)
    return windows

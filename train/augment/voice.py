"""A different voice: higher or lower, faster or slower. Pitch and speed are independent."""

from __future__ import annotations

import numpy as np

from train.augment.context import Audio, Context, run

# When the library stretches to more than twice the length it draws random phases of its own, so the
# same seed would no longer give the same samples.
SLOWEST, FASTEST = 0.5, 10.0
FARTHEST = 24.0  # semitones; the library's limit


def pitch(audio: Audio, context: Context, random: np.random.Generator) -> Audio:
    """Up or down by at most `pitch` semitones, with the same length."""
    most = min(context.ranges.pitch, FARTHEST)
    if not most:
        return audio
    from audiomentations import PitchShift  # takes a second to import

    drawn = {"num_semitones": random.uniform(-most, most)}
    return run(PitchShift(), drawn, audio, context.rate)


def speed(audio: Audio, context: Context, random: np.random.Generator) -> Audio:
    """Faster or slower by at most the share `speed`, with the same pitch."""
    most = context.ranges.speed
    if not most:
        return audio
    from audiomentations import TimeStretch

    drawn = {"rate": min(max(1.0 + random.uniform(-most, most), SLOWEST), FASTEST)}
    return run(TimeStretch(leave_length_unchanged=False), drawn, audio, context.rate)

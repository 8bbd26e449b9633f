"""Another voice: higher or lower, faster or slower. Both keep the other as it was."""

from __future__ import annotations

import numpy as np

from train.augment.context import Audio, Context, run

# Where the library stretches to more than twice the length, it draws phases of its own: the same
# seed would no longer give the same samples.
SLOWEST, FASTEST = 0.5, 10.0
FARTHEST = 24.0  # semitones; as far as the library goes


def pitch(audio: Audio, context: Context, random: np.random.Generator) -> Audio:
    """Up or down by at most `pitch` semitones; as long as before."""
    most = min(context.ranges.pitch, FARTHEST)
    if not most:
        return audio
    from audiomentations import PitchShift  # takes a second to import

    drawn = {"num_semitones": random.uniform(-most, most)}
    return run(PitchShift(), drawn, audio, context.rate)


def speed(audio: Audio, context: Context, random: np.random.Generator) -> Audio:
    """Faster or slower by at most the share `speed`; as high as before."""
    most = context.ranges.speed
    if not most:
        return audio
    from audiomentations import TimeStretch

    drawn = {"rate": min(max(1.0 + random.uniform(-most, most), SLOWEST), FASTEST)}
    return run(TimeStretch(leave_length_unchanged=False), drawn, audio, context.rate)

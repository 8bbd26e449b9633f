"""What a speaker, a room and a microphone do to a clip, drawn at random for each copy.

Everything random comes from the caller's generator. A range of 0 switches a transform off.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from train.augment.channel import bandwidth, happens, microphone, room
from train.augment.context import Context, Transform
from train.augment.neighbours import among
from train.augment.sounds import sound
from train.augment.trim import trim
from train.augment.voice import pitch, speed
from train.augment.window import add_noise, hiss, level, noise, shift, some_noise, with_peak
from train.data.clip import to_int16
from train.settings import Augmentation

__all__ = ["TRANSFORMS", "among", "augment", "happens", "silence", "some_noise", "with_peak"]

# a cut clip first; then in the order of nature: a voice in a room, in noise, before a microphone
# and a line; noise that no line had narrowed would tell a copy from a recording
TRANSFORMS: dict[str, Transform] = {
    "trim": trim,
    "pitch": pitch,
    "speed": speed,
    "room": room,
    "hiss": hiss,
    "shift": shift,
    "noise": noise,
    "microphone": microphone,
    "bandwidth": bandwidth,
    "level": level,
}


def augment(
    samples: NDArray[np.int16],
    window: int,
    rate: int,
    ranges: Augmentation,
    noises: list[NDArray[np.int16]],
    random: np.random.Generator,
) -> NDArray[np.int16]:
    """A window with the clip, changed, somewhere near its middle."""
    context = Context(window, rate, ranges, noises)
    audio = samples.astype(np.float64)
    for transform in TRANSFORMS.values():
        audio = transform(audio, context, random)
    return to_int16(audio)


def silence(
    window: int,
    rate: int,
    ranges: Augmentation,
    noises: list[NDArray[np.int16]],
    random: np.random.Generator,
) -> NDArray[np.int16]:
    """Nobody speaks: noise or other sounds of any level, now and then nothing at all."""
    if random.random() < 0.1:
        return np.zeros(window, np.int16)
    context = Context(window, rate, ranges, noises)
    audio = some_noise(window, noises, random)
    if happens(ranges.sounds, random):
        audio = add_noise(sound(window, rate, random), audio, ranges, random)
    for transform in (microphone, bandwidth, level):
        audio = transform(audio, context, random)
    return to_int16(audio)

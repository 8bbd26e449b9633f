"""The effects of speaker, room and microphone on a clip, drawn at random for each copy.

All randomness comes from the caller's generator. A range of 0 turns a transform off.
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

__all__ = [
    "TRANSFORMS", "among", "augment", "augment_stream", "happens", "silence", "some_noise",
    "with_peak",
]  # fmt: skip

# cutting first; then in physical order: a voice in a room, in noise, through a microphone and a
# line. Full-band noise on a narrow-band voice would tell a copy from a recording.
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
# those that suit minutes of sound: the others place a clip in a window, or change its length
STREAMED = ("room", "noise", "microphone", "bandwidth", "level")


def augment(
    samples: NDArray[np.int16],
    window: int,
    rate: int,
    ranges: Augmentation,
    noises: list[NDArray[np.int16]],
    random: np.random.Generator,
) -> NDArray[np.int16]:
    """A window with the augmented clip near its middle."""
    context = Context(window, rate, ranges, noises)
    audio = samples.astype(np.float64)
    for transform in TRANSFORMS.values():
        audio = transform(audio, context, random)
    return to_int16(audio)


def augment_stream(
    samples: NDArray[np.int16],
    rate: int,
    ranges: Augmentation,
    noises: list[NDArray[np.int16]],
    random: np.random.Generator,
) -> NDArray[np.int16]:
    """A long recording in other surroundings; whatever happens in it keeps its time."""
    context = Context(len(samples), rate, ranges, noises)
    audio = samples.astype(np.float64)
    for name in STREAMED:
        audio = TRANSFORMS[name](audio, context, random)
        before = (len(audio) - len(samples)) // 2  # a room adds as much before as behind
        audio = audio[before : before + len(samples)]
    return to_int16(audio)


def silence(
    window: int,
    rate: int,
    ranges: Augmentation,
    noises: list[NDArray[np.int16]],
    random: np.random.Generator,
) -> NDArray[np.int16]:
    """A window without speech: noise or other sounds at any level, sometimes digital silence."""
    if random.random() < 0.1:
        return np.zeros(window, np.int16)
    context = Context(window, rate, ranges, noises)
    audio = some_noise(window, noises, random)
    if happens(ranges.sounds, random):
        audio = add_noise(sound(window, rate, random), audio, ranges, random)
    for transform in (microphone, bandwidth, level):
        audio = transform(audio, context, random)
    return to_int16(audio)

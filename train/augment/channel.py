"""The path from the mouth to the samples: a room, a microphone, a narrow band."""

from __future__ import annotations

from typing import Any

import numpy as np
import soxr

from train.augment.context import Audio, Context, run

BANDS = (63.0, 136.0, 294.0, 632.0, 1363.0, 2936.0, 6324.0)  # Hz, at 16 kHz and above
BAND_GAIN = 5.0  # largest gain or loss in dB; bands overlap, so their sum can reach 8 dB
THIN = 0.3  # share of microphones without low frequencies
THINNEST = 300.0  # Hz
NARROWEST = 3_300  # Hz, the band of a telephone
TELEPHONE = 8_000  # Hz; half of the narrow bands simulate a recording at this rate


def room(audio: Audio, context: Context, random: np.random.Generator) -> Audio:
    """The clip with echoes, and silence of that length before it: its middle stays."""
    if not happens(context.ranges.room, random):
        return audio
    response = impulse_response(random.uniform(0.1, 0.6), context.rate, random)
    tail = len(response) - 1
    length = len(audio) + tail
    size = 1 << (length - 1).bit_length()  # the FFT is fastest with powers of 2
    spectrum = np.fft.rfft(audio, size) * np.fft.rfft(response, size)
    return np.concatenate([np.zeros(tail), np.fft.irfft(spectrum, size)[:length]])


def impulse_response(seconds: float, rate: int, random: np.random.Generator) -> Audio:
    """The direct sound (1, at once), some early reflections, and an echo that has decayed by 60 dB
    after `seconds`."""
    time = np.arange(max(1, round(seconds * rate))) / rate
    echo = random.normal(size=len(time)) * 10.0 ** (-3.0 * time / seconds)
    echo[time < 0.01] = 0.0  # the first 3 metres of detour are single reflections
    energy = 10.0 ** (-random.uniform(0.0, 12.0) / 10.0)  # of the echo; the direct sound has 1
    response = echo * np.sqrt(energy / max(1e-9, float(np.sum(echo**2))))
    for _ in range(random.integers(3, 7)):
        delay = round(random.uniform(0.002, 0.03) * rate)
        response[min(delay, len(time) - 1)] += random.choice([-1, 1]) * random.uniform(0.1, 0.4)
    response[0] = 1.0
    return response


def microphone(audio: Audio, context: Context, random: np.random.Generator) -> Audio:
    """Smooth gain or loss in seven bands; sometimes low frequencies are removed."""
    if not happens(context.ranges.microphone, random):
        return audio
    from audiomentations import HighPassFilter

    audio = run(equalizer(context.rate, random), {}, audio, context.rate)
    if random.random() >= THIN:
        return audio
    drawn = {
        "cutoff_freq": random.uniform(80.0, THINNEST),
        "rolloff": 6 * int(random.integers(1, 4)),  # dB per octave
    }
    return run(HighPassFilter(), drawn, audio, context.rate)


def equalizer(rate: int, random: np.random.Generator) -> Any:
    """A SevenBandParametricEQ with filter parameters that we drew."""
    from audiomentations import SevenBandParametricEQ

    transform = SevenBandParametricEQ()
    filters = [
        transform.low_shelf_filter,
        *transform.peaking_filters,
        transform.high_shelf_filter,
    ]
    squeeze = min(1.0, rate / 16_000)  # a filter above the Nyquist frequency would be unstable
    for band, one in zip(BANDS, filters, strict=True):
        narrow = one in transform.peaking_filters
        one.parameters = {
            "should_apply": True,
            "center_freq": band * squeeze * 2.0 ** random.uniform(-0.25, 0.25),
            "gain_db": random.uniform(-BAND_GAIN, BAND_GAIN),
            "q_factor": random.uniform(1.4, 2.0) if narrow else random.uniform(0.5, 0.9),
        }
    return transform


def bandwidth(audio: Audio, context: Context, random: np.random.Generator) -> Audio:
    """Limits the band: half like an 8 kHz recording, half at any frequency above 3.3 kHz."""
    if not happens(context.ranges.bandwidth, random):
        return audio
    # multiples of 50 Hz: resampling by a simple ratio is five times as fast
    edge = 50 * round(random.uniform(NARROWEST, max(NARROWEST, context.rate / 2)) / 50)
    narrow = TELEPHONE if random.random() < 0.5 else 2 * edge
    return through_rate(audio, context.rate, narrow)


def through_rate(audio: Audio, rate: int, narrow: int) -> Audio:
    """Resampled to a lower rate and back: a filter as steep as those of real recordings."""
    if narrow >= rate:
        return audio
    back = soxr.resample(soxr.resample(audio, rate, narrow), narrow, rate)[: len(audio)]
    return np.pad(back, (0, len(audio) - len(back)))


def happens(share: float, random: np.random.Generator) -> bool:
    return share > 0 and random.random() < share

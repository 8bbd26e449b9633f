"""What a microphone's samples go through before the front end."""

import ctypes
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.firmware.library import load

RATE = 16000


class Conditioner(ctypes.Structure):
    """The fields that the firmware reads."""

    _fields_ = [("automatic_gain", ctypes.c_bool), ("settling", ctypes.c_uint32),
                ("offset", ctypes.c_int32), ("gain", ctypes.c_int32), ("peak", ctypes.c_int32),
                ("since", ctypes.c_int32), ("clipped", ctypes.c_uint32)]  # fmt: skip


@pytest.fixture(scope="module", params=["gcc", "clang"])
def library(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> ctypes.CDLL:
    folder: Path = tmp_path_factory.mktemp("audio")
    return load(folder, "audio/kws_conditioner.c", compiler=request.param)


def run(
    library: ctypes.CDLL, samples: NDArray[np.int16], settling: int = 0, gain: bool = False
) -> tuple[NDArray[np.int16], Conditioner]:
    conditioner = Conditioner()
    library.kws_conditioner_start(ctypes.byref(conditioner), settling, gain)
    out = []
    for piece in np.split(samples.copy(), range(160, len(samples), 160)):
        left = library.kws_conditioner_run(
            ctypes.byref(conditioner), ctypes.c_void_p(piece.ctypes.data), len(piece)
        )
        out.append(piece[:left])
    return np.concatenate(out), conditioner


def tone(level: float, seconds: float = 1.0, hertz: float = 440.0) -> NDArray[np.int16]:
    t = np.arange(int(seconds * RATE)) / RATE
    return np.round(32767 * level * np.sin(2 * np.pi * hertz * t)).astype(np.int16)


def test_a_constant_offset_disappears(library: ctypes.CDLL) -> None:
    out, _ = run(library, (tone(0.1) + 5000).astype(np.int16))
    assert abs(out[8000:].astype(float).mean()) < 5
    assert np.abs(out[8000:] - tone(0.1)[8000:].astype(int)).max() < 100


def test_speech_band_passes_unchanged(library: ctypes.CDLL) -> None:
    """Above 100 Hz the level changes by less than 0.1 dB."""
    for hertz in (100, 440, 4000):
        samples = tone(0.3, hertz=hertz)
        out, _ = run(library, samples)
        gain = out[8000:].astype(float).std() / samples[8000:].astype(float).std()
        assert abs(20 * np.log10(gain)) < 0.1


def test_what_settles_is_cut(library: ctypes.CDLL) -> None:
    samples = np.arange(4000, dtype=np.int16)
    out, _ = run(library, samples, settling=1000)
    assert len(out) == 3000


def test_samples_at_full_scale_are_counted(library: ctypes.CDLL) -> None:
    samples = tone(0.5)
    samples[1000:1010] = 32767
    samples[2000:2005] = -32768
    _, conditioner = run(library, samples)
    assert conditioner.clipped == 15


def test_a_stuck_microphone_saturates_without_wrapping(library: ctypes.CDLL) -> None:
    out, conditioner = run(library, np.full(RATE, -32768, np.int16))
    assert conditioner.clipped == RATE
    assert np.all(out <= 0)
    assert abs(int(out[-1])) < 100  # an offset like any other


def test_gain_rises_in_quiet_and_falls_at_once(library: ctypes.CDLL) -> None:
    quiet, loud = tone(0.01, 12), tone(0.9, 1)
    out, conditioner = run(library, np.concatenate([quiet, loud]), gain=True)
    assert np.abs(out[11 * RATE : 12 * RATE].astype(int)).max() > 4 * 300
    clipped = np.abs(out[12 * RATE :].astype(int)) >= 32767
    assert clipped[: RATE // 10].any()
    assert not clipped[RATE // 2 :].any()
    assert conditioner.gain == 0


def test_without_automatic_gain_the_level_stays(library: ctypes.CDLL) -> None:
    out, conditioner = run(library, tone(0.01, 12))
    assert conditioner.gain == 0
    assert np.abs(out[-RATE:].astype(int)).max() < 340

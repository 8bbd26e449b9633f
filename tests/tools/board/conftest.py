"""An emulated board, and words for it to hear."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from tools.board.emulator import emulator, missing
from train.data.clip import resample
from train.data.load import load
from train.data.sources import synthetic

RATE = 16_000  # Hz


@pytest.fixture(scope="session")
def emulates() -> None:
    """Without its tools the test is skipped by name, and fails in CI."""
    if why := missing():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(why)


@pytest.fixture(scope="module")
def board(emulates: None) -> Iterator[str]:
    """Its URL. One after the other may connect."""
    with emulator() as url:
        yield url


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for training: LABEL/SPEAKER/NUMBER.wav, 220 digits of 22 voices."""
    folder = tmp_path_factory.mktemp("clips")
    for number, entry in enumerate(synthetic.entries(22, seed=5)):
        clip = resample(load(entry), RATE)
        place = folder / entry.label / entry.speaker
        place.mkdir(parents=True)
        soundfile.write(place / f"{number}.wav", clip.samples, RATE, subtype="PCM_16")
    return folder


@pytest.fixture(scope="session")
def words() -> list[NDArray[np.int16]]:
    """Four words of one voice, each at half the level."""
    return [resample(load(e), RATE).samples // 2 for e in synthetic.entries(1, seed=5)[:4]]


@pytest.fixture(scope="session")
def speech(words: list[NDArray[np.int16]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording for the emulated microphone: the words, a second of a quiet room between."""
    pause = np.zeros(RATE, np.int16)
    samples = np.concatenate([part for word in words for part in (word, pause)])
    samples = samples + np.random.default_rng(0).normal(0, 8, len(samples))
    path = tmp_path_factory.mktemp("speech") / "speech.wav"
    soundfile.write(path, samples.astype(np.int16), RATE, subtype="PCM_16")
    return path

"""A folder laid out as ESC-50: 50 labels, five folds, sounds that are formulas."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from train.settings import read_settings

RATE = 44_100  # Hz
FOLDS = 5
LABELS = read_settings("esc50", []).data.words
KINDS = 5  # of sounds; ten pitches of each
LOWEST = 220.0  # Hz


def sound(target: int, random: np.random.Generator, seconds: float) -> NDArray[np.float64]:
    """Of label number `target`: tone, chirp, band of noise, clicks or wobbling noise, never the
    same twice."""
    pitch = LOWEST * 1.55 ** (target // KINDS) * random.uniform(0.95, 1.05)  # Hz, to 12 kHz
    time = np.arange(round(seconds * random.uniform(0.7, 1.0) * RATE)) / RATE
    turn = 2 * np.pi * pitch * time
    noise = random.normal(size=len(time))
    made = (
        np.sin(turn),
        np.sin(turn * (1 + time / time[-1])),
        noise * np.sin(turn),
        np.exp(-400 * (time % (20 / pitch))) * np.sin(turn),
        noise * (1 + np.sign(np.sin(turn / 64))),
    )[target % KINDS]
    return made / np.abs(made).max() * random.uniform(0.05, 0.9)


def esc50(folder: Path, takes: int, seconds: float = 0.5, length: float = 0.0) -> Path:
    """`takes` clips of each label in each fold, at most `seconds` long, padded with zeros to
    `length` where that is longer."""
    random = np.random.default_rng(0)
    (folder / "audio").mkdir(parents=True)
    (folder / "meta").mkdir()
    rows = [("filename", "fold", "target", "category", "esc10", "src_file", "take")]
    for fold in range(1, FOLDS + 1):
        for target, category in enumerate(LABELS):
            for take in range(takes):
                number = str(1000 * target + 10 * fold + take // 2)  # two of a recording
                letter = "AB"[take % 2]
                name = f"{fold}-{number}-{letter}-{target}.wav"
                audio = sound(target, random, seconds)
                audio = np.pad(audio, (0, max(0, round(length * RATE) - len(audio))))
                soundfile.write(folder / "audio" / name, audio, RATE, subtype="PCM_16")
                rows.append((name, str(fold), str(target), category, "False", number, letter))
    with (folder / "meta" / "esc50.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return folder

"""Memory with as many recordings as AudioMNIST has: 30,000 clips of 60 speakers."""

import contextlib
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

RATE = 48_000  # Hz, of AudioMNIST's originals
# recordings of each digit by each speaker, bytes at most: what a small laptop has left
SIZES = [(10, 1.8e9), pytest.param(50, 3e9, marks=pytest.mark.slow)]


def tree_of_clips(folder: Path, repetitions: int) -> Path:
    """Short recordings of each digit by each speaker; no two have the same samples."""
    time = np.arange(int(0.1 * RATE)) / RATE
    for speaker in range(1, 61):
        (folder / "data" / f"{speaker:02}").mkdir(parents=True)
        for digit in range(10):
            pitch = 80 + 3 * speaker
            tones = np.sin(2 * np.pi * pitch * time) + np.sin(2 * np.pi * 300 * (digit + 1) * time)
            names = [f"{digit}_{speaker:02}_{repetition}.wav" for repetition in range(repetitions)]
            paths = [folder / "data" / f"{speaker:02}" / name for name in names]
            word = (8000 * tones * np.hanning(len(time))).astype(np.int16)
            for repetition, path in enumerate(paths):
                word[0] = repetition
                soundfile.write(path, word, RATE)
    return folder


def memory_of(session: int) -> int:
    """Bytes of all processes of a session; what they share counts once."""
    total = 0
    for process in Path("/proc").glob("[0-9]*"):
        # a process may end while we look
        with contextlib.suppress(ProcessLookupError, FileNotFoundError):
            if os.getsid(int(process.name)) == session:
                rollup = (process / "smaps_rollup").read_text()
                total += 1024 * int(rollup.partition("\nPss:")[2].split()[0])
    return total


@pytest.mark.parametrize(("repetitions", "limit"), SIZES)
def test_training_on_6_000_and_30_000_clips_leaves_memory_free(
    repetitions: int, limit: float, tmp_path: Path
) -> None:
    folder = tree_of_clips(tmp_path / "AudioMNIST", repetitions)
    command = [
        sys.executable, "-m", "train.kws", "--data", str(folder), "--run", str(tmp_path / "run"),
        "--set", "data.synthetic.speakers=0", "--set", "data.unknown=false",
        "--set", "data.held_out=audiomnist-01", "--set", "augmentation.copies=0",
        "--set", "model.family=tc_resnet", "--set", "model.budget=9000", "--set", "recipe.epochs=1",
        "--set", "recipe.prune_epochs=0", "--set", "recipe.quantize_epochs=1",
    ]  # fmt: skip
    peak = 0
    log = tmp_path / "printed"
    with log.open("w") as printed:
        process = subprocess.Popen(command, stdout=printed, stderr=printed, start_new_session=True)
        while process.poll() is None:
            peak = max(peak, memory_of(process.pid))
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.5)
    assert process.returncode == 0, log.read_text()
    assert re.search(rf"{500 * repetitions:,} by 50 speakers", log.read_text())
    print(f"at most {peak / 1e9:.2f} GB")
    assert 0.3e9 < peak < limit

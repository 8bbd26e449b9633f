"""`python -m tools.demo`: from scratch to an emulated board that recognizes ten digits.

Trains a small model on synthesized speech, converts it, builds the firmware with it, and speaks
ten digits to the emulated board, in a voice that is not in the training data. Everything is written
to build/demo; the bundle in firmware/lib/model is not changed. If interrupted, run it again to
resume.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from train.command import CommandParser, run_command
from train.data.clip import resample
from train.data.entry import Entry, Voice
from train.data.load import load
from train.errors import DataError
from train.settings.words import DIGITS
from train.spread.progress import tqdm

PROJECT = Path(__file__).resolve().parents[1]
# the family that trains fastest, and no noisy, tightly cut copies: without them a small model that
# is only used on synthesized voices is more accurate (99.55 instead of 97.29 % of 221 windows)
SMALL = ("model.family=res_ds", "augmentation.hiss=0", "augmentation.trim=0.2")
STRANGER = Voice("en-us+m2", pitch=45, rate=160)  # train.data.sources.synthetic has no variant m2
RATE = 16_000  # Hz
BEFORE, GAP = 1.0, 1.0  # seconds of quiet before the first word and after each
ROOM = 10  # of 32,768: the noise level in the quiet parts
ENOUGH = 8  # of ten digits: with fewer, something is broken
LINE = re.compile(r"^ *(\d+\.\d{3}) s  ([\w-]+)  +\d+ %")  # docs/serial.md, section 1
NEXT = """
Next, a real board. The firmware compiles for these, but has not run on them yet: see docs/boards
for what was tested. KWS_BUNDLE selects the model that was just made; without it, the one in
firmware/lib/model is used, which was trained on real voices.
  Arduino Nano 33 BLE Sense:   KWS_BUNDLE={bundle} .venv/bin/pio run -t upload
  ESP32 with an INMP441:       KWS_BUNDLE={bundle} .venv/bin/pio run -e esp32dev -t upload
  then watch its detections:   .venv/bin/python -m tools.board monitor
Check this computer for missing tools: .venv/bin/python -m tools.doctor
Words of your own: docs/guides/own-words.md"""


class DemoError(RuntimeError):
    """A step failed; the message says which and what to do."""


@dataclass(frozen=True)
class Said:
    """A word of the recording that starts at `start`, in seconds."""

    word: str
    start: float


def main(arguments: list[str] | None = None) -> int:
    parser = CommandParser(
        prog="python -m tools.demo",
        description=__doc__,
        epilog="example: python -m tools.demo --set recipe.epochs=5",
    )
    parser.add_argument(
        "--folder", type=Path, default=Path("build/demo"), help="a folder (default: build/demo)"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="PATH=VALUE",
        help="change a setting of the training, such as recipe.epochs=5",
    )
    parser.add_argument(
        "--began",
        type=float,
        metavar="SECONDS",
        help="start time (Unix seconds), for the elapsed-time line",
    )
    options = parser.parse_args(arguments)
    return run_command(lambda: _demo(options), (DemoError, DataError), "run it again to resume")


def _demo(options: argparse.Namespace) -> int:
    folder: Path = options.folder.resolve()
    run, bundle, recording = folder / "run", folder / "bundle", folder / "digits.wav"
    changes = [part for change in (*SMALL, *options.set) for part in ("--set", change)]
    words: list[Said] = []
    heard: list[tuple[float, str]] = []

    def convert() -> None:
        _tool("convert.to_tflm", "--run", _short(run), "--out", _short(bundle))

    times = _timed(
        {
            "train": lambda: _tool("train.kws", *changes, "--run", _short(run)),
            "convert": convert,
            "build the firmware": lambda: _build(bundle),
            "speak ten digits": lambda: words.extend(_speak(recording)),
            "listen on the serial port": lambda: heard.extend(_listen(bundle, recording)),
        }
    )
    if options.began:
        times = {"set up": time.time() - options.began - sum(times.values())} | times
    right, wrong = judged(words, heard)
    taken = ", ".join(f"{name} {minutes(seconds)}" for name, seconds in times.items())
    print(f"\n{minutes(sum(times.values()))} in total: {taken}")
    print(f"{right} of {len(words)} digits recognized, {wrong} wrong words")
    if right < ENOUGH:
        why = f"fewer than {ENOUGH} of {len(words)} digits were recognized"
        raise DemoError(f"{why}; see what the model learned in {_short(run / 'report.html')}")
    print(NEXT.format(bundle=_short(bundle)))
    return 0


def _timed(steps: dict[str, Callable[[], None]]) -> dict[str, float]:
    """Runs the steps; returns the seconds of each."""
    times = {}
    for number, (name, work) in enumerate(steps.items(), start=1):
        start = time.monotonic()
        print(f"\n{number}/{len(steps)} {name}", flush=True)
        work()
        times[name] = time.monotonic() - start
        print(f"{number}/{len(steps)} {name} … {minutes(times[name])}", flush=True)
    return times


def minutes(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02}"


def _short(path: Path) -> str:
    """Shortens a path to be relative to the project's folder."""
    return str(path.relative_to(PROJECT) if path.is_relative_to(PROJECT) else path)


def _tool(module: str, *arguments: str) -> None:
    """Runs one of the project's own commands, as a user would."""
    print(f"$ python -m {module} {' '.join(arguments)}", flush=True)
    done = subprocess.run([sys.executable, "-m", module, *arguments], cwd=PROJECT, check=False)
    if done.returncode:
        raise DemoError(f"{module} failed with exit code {done.returncode}; see its output above")


def _build(bundle: Path) -> None:
    with tqdm(desc="compiling", unit=" files", leave=False) as bar:
        for line in _pio(bundle):
            bar.update("Compiling" in line)
            if line.startswith(("RAM:", "Flash:")):
                bar.write(line, file=sys.stdout)


def _speak(recording: Path) -> list[Said]:
    """Synthesizes the digits with an unknown voice, in a quiet room."""
    words, pieces, at = [], [np.zeros(int(BEFORE * RATE))], int(BEFORE * RATE)
    for digit in DIGITS:
        clip = resample(load(Entry("synthetic", "digits", digit, "stranger", voice=STRANGER)), RATE)
        words.append(Said(digit, at / RATE))
        pieces += [clip.samples.astype(float), np.zeros(int(GAP * RATE))]
        at += len(clip.samples) + int(GAP * RATE)
    sound = np.concatenate(pieces)
    sound = np.round(sound + np.random.default_rng(0).normal(0, ROOM, len(sound)))
    samples = sound.clip(-32768, 32767).astype(np.int16)
    try:
        recording.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(recording, samples, RATE, subtype="PCM_16")
    except (OSError, soundfile.SoundFileError) as error:
        raise DemoError(f"{recording}: cannot be written ({error}); give a --folder") from error
    print(f"{_short(recording)}: {', '.join(DIGITS)}")
    return words


def _listen(bundle: Path, recording: Path) -> list[tuple[float, str]]:
    """Returns the detections from the serial port during the recording: seconds and words."""
    found = []
    with closing(_pio(bundle, "-t", "upload", microphone=recording)) as lines:
        for line in lines:
            if match := LINE.match(line):
                found.append((float(match[1]), match[2]))
            if match or line.startswith("# "):
                print(line, flush=True)
    return found


def judged(words: Sequence[Said], heard: Sequence[tuple[float, str]]) -> tuple[int, int]:
    """Counts the words detected before the next one was spoken, and all other detections."""
    right = set()
    for second, label in heard:
        spoken = [i for i, said in enumerate(words) if said.start <= second]
        if spoken and words[spoken[-1]].word == label:
            right.add(spoken[-1])
    return len(right), len(heard) - len(right)


def _pio(
    bundle: Path, *arguments: str, microphone: Path | None = None
) -> Generator[str, None, None]:
    """Yields the lines of PlatformIO's build for the emulator as they are printed."""
    settings = {"KWS_BUNDLE": _short(bundle)}
    if microphone:
        settings["KWS_MICROPHONE"] = _short(microphone)
    shown = [*(f"{name}={value}" for name, value in settings.items()), "pio run -e emulator"]
    print("$ " + " ".join([*shown, *arguments]), flush=True)
    command = [sys.executable, "-m", "platformio", "run", "-e", "emulator", *arguments]
    lines = []
    with subprocess.Popen(
        command, cwd=PROJECT, env=os.environ | settings, text=True, errors="replace",
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as process:  # fmt: skip
        assert process.stdout
        try:
            for line in process.stdout:
                lines.append(line.rstrip())
                yield lines[-1]
        except BaseException:
            process.terminate()
            raise
    if process.returncode:
        print("\n".join(lines), file=sys.stderr)
        raise DemoError("pio run failed, see above; python -m tools.doctor may find the cause")


if __name__ == "__main__":
    sys.exit(main())

"""The emulated board: builds its firmware, starts QEMU, and always stops it."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from convert.options import BUNDLE, VARIABLE
from tools.board.errors import EmulatorError
from train import PROJECT
from train.data.clip import Clip, resample
from train.data.load import read_audio

NAME = "emulator"  # the board's name, and its environment in platformio.ini
KEEPING = "emulator_keep"  # the environment whose firmware keeps audio
QEMU = "qemu-system-arm"
MACHINE = ("-M", "mps2-an386", "-nographic", "-monitor", "none")
SEMIHOSTING = "enable=on,target=native"
SHIFT = 4  # 2^4 ns per instruction: 62.5 MHz
MICROPHONE = "microphone.raw"  # in its folder: the emulated microphone's input
HEARD = 600  # seconds for which a recording is repeated
BUILT = ".pio/build/{}/firmware.elf"  # of an environment
NOTED = "bundle.txt"  # next to the firmware, by firmware/prebuild.py: its bundle's folder
WAITING = "waiting for connection"  # QEMU prints this when its port is open
TRIES = 3  # another program may take the free port first
END_SECONDS = 5.0


def missing() -> str:
    """Returns why it cannot run on this computer; empty if it can."""
    gone = [name for name in (QEMU, "arm-none-eabi-gcc") if not shutil.which(name)]
    return f"{', '.join(gone)} not found; run: make setup" if gone else ""


@contextlib.contextmanager
def emulator(
    microphone: Path | None = None,
    real_time: bool = True,
    firmware: Path | None = None,
    bundle: Path | None = None,
    environment: str = NAME,
) -> Iterator[str]:
    """Yields the URL of its serial port. It runs at full speed, or at the pace of a real board.
    `firmware` and `bundle` override those of platformio.ini and the chosen bundle."""
    if why := missing():
        raise EmulatorError(why)
    firmware = firmware.resolve() if firmware else build(bundle=bundle, name=environment)
    with tempfile.TemporaryDirectory(prefix="tinykws-") as folder:
        if microphone:
            _write_microphone(microphone, Path(folder), rate_of(firmware))
        process, port = _start(firmware, Path(folder), real_time)
        try:
            yield f"socket://127.0.0.1:{port}"
        finally:
            _end(process)


def build(project: Path = PROJECT, bundle: Path | None = None, name: str = NAME) -> Path:
    """Returns its firmware; compiled if a source is newer or the bundle has changed."""
    firmware = project / BUILT.format(name)
    own = (project / BUNDLE.relative_to(PROJECT)).resolve()
    given = os.environ.get(VARIABLE)
    bundle = (bundle or (project / given if given else own)).resolve()
    noted = firmware.with_name(NOTED)
    same = noted.is_file() and noted.read_text() == str(bundle)
    folders = (project / "firmware", bundle)
    sources = [project / "platformio.ini", *(p for folder in folders for p in folder.rglob("*"))]
    times = [path.stat().st_mtime for path in [*sources, noted] if path.is_file()]
    if same and firmware.is_file() and firmware.stat().st_mtime > max(times):
        return firmware
    if not (project / "platformio.ini").is_file():
        raise EmulatorError(
            f"{project}: platformio.ini is missing; run this from a complete checkout"
        )
    print("building the firmware for the emulator ...", file=sys.stderr)
    command = [sys.executable, "-m", "platformio", "run", "-e", name]
    environment = os.environ | {VARIABLE: "" if bundle == own else str(bundle)}
    done = subprocess.run(
        command, cwd=project, env=environment, capture_output=True, text=True, check=False,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    if done.returncode or not firmware.is_file():
        lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
        why = next((line for line in lines if "error" in line.lower()), lines[-1] if lines else "")
        raise EmulatorError(
            f"pio run -e {name} failed: {why.strip()}; run it to see its whole output"
        )
    firmware.touch()  # a change without effect leaves its time unchanged
    return firmware


def rate_of(firmware: Path) -> int:
    """Returns the sampling rate that it expects from the microphone."""
    noted = firmware.with_name(NOTED)
    bundle = Path(noted.read_text()) if noted.is_file() else BUNDLE
    try:
        manifest = json.loads((bundle / "manifest.json").read_text())
        return int(manifest["frontend"]["sample_rate"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EmulatorError(
            f"{bundle}: the bundle of {firmware} is missing; build the firmware again"
        ) from error


def _write_microphone(recording: Path, folder: Path, rate: int) -> None:
    samples, recorded = read_audio(recording)
    clip = resample(Clip(samples, recorded, "", "", ""), rate)
    # repeated, as a client cannot be ready for the first word after a start
    again = np.tile(clip.samples, -(-HEARD * rate // len(clip.samples)))
    try:
        (folder / MICROPHONE).write_bytes(again.astype("<i2").tobytes())
    except OSError as error:
        raise EmulatorError(f"{folder}: {error.strerror}; set TMPDIR to another folder") from error


def _start(firmware: Path, folder: Path, real_time: bool) -> tuple[subprocess.Popen[str], int]:
    said = ""
    for _ in range(TRIES):
        port = _free_port()
        serial = f"tcp:127.0.0.1:{port},server=on,wait=on,nodelay=on"
        process = subprocess.Popen(
            [QEMU, *MACHINE, *_clock(real_time), "-serial", serial, "-kernel", str(firmware)],
            cwd=folder, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, preexec_fn=_die_with_parent, start_new_session=True,
        )  # fmt: skip
        try:
            said = _until_waiting(process)
        except BaseException:
            _end(process)
            raise
        if WAITING in said:
            return process, port
        _end(process)
    raise EmulatorError(f"{QEMU} does not start: {said.strip() or 'no output'}")


def _clock(real_time: bool) -> tuple[str, ...]:
    """Selects whether the idle board's clock waits for ours or skips ahead; the firmware for the
    emulator is told which."""
    if real_time:
        return ("-icount", f"shift={SHIFT},sleep=on", "-semihosting-config", SEMIHOSTING)
    jumps = f"{SEMIHOSTING},arg=firmware,arg=jumping"
    return ("-icount", f"shift={SHIFT},sleep=off", "-semihosting-config", jumps)


def _until_waiting(process: subprocess.Popen[str]) -> str:
    assert process.stderr
    line = ""
    for line in process.stderr:
        if WAITING in line:
            # later output must not fill the pipe and block it
            threading.Thread(target=process.stderr.read, daemon=True).start()
            break
    return line


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _die_with_parent() -> None:
    """Makes Linux stop QEMU even if this program is killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)

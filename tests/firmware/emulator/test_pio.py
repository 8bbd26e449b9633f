"""What the README promises of PlatformIO: it builds without its registry, runs, and hears."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from convert.targets import TARGETS
from tests.conftest import usable
from tests.firmware.app.scenario import spoken
from tests.firmware.library import FIRMWARE, LIB
from tools.stream.listener import detections, hear, read_bundle
from train.settings.words import DIGITS

PROJECT = FIRMWARE.parent
FLASH, RAM = 115 * 1000, 20 * 1000  # bytes that the firmware may take


def pio(folder: Path, *arguments: str, microphone: Path | None = None) -> str:
    """With an empty home, and no way out: a proxy where nobody answers."""
    usable(TARGETS["cortex-m4f"])
    nowhere = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"),
                            "http://127.0.0.1:9")  # fmt: skip
    environment = os.environ | nowhere | {
        "PLATFORMIO_CORE_DIR": str(folder / "core"),
        "PLATFORMIO_WORKSPACE_DIR": str(folder / "work"),
    }  # fmt: skip
    if microphone:
        environment["KWS_MICROPHONE"] = str(microphone)
    done = subprocess.run(
        [sys.executable, "-m", "platformio", "run", "-e", "emulator", *arguments],
        cwd=PROJECT, env=environment, capture_output=True, text=True, check=False,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pio")
    said = pio(folder)
    assert "warning" not in said
    return folder


@pytest.fixture(scope="module")
def program(built: Path) -> Path:
    return built / "work" / "build" / "emulator" / "firmware.elf"


def test_spoken_digits_come_out_of_the_serial_port(built: Path, tmp_path: Path) -> None:
    """When and how sure they are is what tools.stream computes on this computer."""
    samples = spoken(*DIGITS)
    microphone = tmp_path / "digits.raw"
    microphone.write_bytes(samples.astype("<i2").tobytes())
    said = pio(built, "-t", "upload", microphone=microphone)
    lines = re.findall(r"^ *(\d+\.\d{3}) s  (\w+)  (\d+) %", said, re.MULTILINE)
    assert [word for _, word, _ in lines] == list(DIGITS)
    assert "lost" not in said
    bundle = read_bundle(LIB / "model")
    assert lines == [
        (f"{one['time_ms'] / 1000:.3f}", bundle.labels[one["label"]],
         f"{(100 * int(one['score']) + 128) // 256}")
        for one in detections(hear(bundle, [samples]))
    ]  # fmt: skip


def test_no_heap_no_float_no_printf(program: Path) -> None:
    symbols = subprocess.run(
        ["arm-none-eabi-nm", str(program)], capture_output=True, text=True, check=True
    ).stdout
    found = re.findall(r"\b(malloc|free|_sbrk|\w*printf|__aeabi_[fd]\w+|_Zn\w+)$", symbols, re.M)
    assert found == []
    assert re.search(
        r"kws_engine_stream_step$", symbols, re.M
    )  # the search above looks at something


def test_it_fits(program: Path) -> None:
    """text, rodata and data in flash; data and bss in RAM."""
    sizes = subprocess.run(
        ["arm-none-eabi-size", str(program)], capture_output=True, text=True, check=True
    ).stdout
    text, data, bss = map(int, sizes.splitlines()[1].split()[:3])
    assert 20_000 < text + data <= FLASH
    assert 5_000 < data + bss <= RAM

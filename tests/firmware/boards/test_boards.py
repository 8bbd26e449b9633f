"""Every environment of platformio.ini compiles, with each warning an error, and misses nothing.

PlatformIO's registry is needed for the real cores; include/ declares exactly what is used of them.
docs/boards/README.md says what was compiled against the real ones."""

from __future__ import annotations

import re
import shlex
import subprocess
import tempfile
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pytest
from platformio.project.config import ProjectConfig

from convert.targets import TARGETS, WARNINGS
from tests.conftest import usable
from tests.firmware.library import FIRMWARE, LIB

INCLUDE = Path(__file__).parent / "include"
CONFIG = ProjectConfig(str(FIRMWARE.parent / "platformio.ini"))
NAMES = [name.removeprefix("env:") for name in CONFIG.sections() if name.startswith("env:")]
BOARDS = [name for name in NAMES if not name.startswith("emulator")]
# what differs between boards, and what calls it
FOLDERS = [FIRMWARE / "src", LIB / "audio", LIB / "board", LIB / "detector", LIB / "serial"]
LIBRARIES = [f"-I{folder}" for folder in (*sorted(LIB.iterdir()), FIRMWARE / "src")]
COMMON = (*WARNINGS, "-O1", *LIBRARIES, "-DARDUINO=10810")


@dataclass(frozen=True)
class Core:
    c: tuple[str, ...]
    cxx: tuple[str, ...]
    nm: str
    defines: tuple[str, ...]  # of the core's own build scripts and boards
    include: Path


ARM = ("-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=soft")
NEITHER = ("-fno-exceptions", "-fno-rtti")
CORES = {
    "nordicnrf52": Core(
        ("arm-none-eabi-gcc", "-std=gnu11", *ARM),
        ("arm-none-eabi-g++", "-std=gnu++14", *NEITHER, *ARM),
        "arm-none-eabi-nm",
        ("-DARDUINO_ARCH_MBED", "-DARDUINO_ARDUINO_NANO33BLE"),
        INCLUDE / "mbed",
    ),
    "espressif32": Core(  # no compiler for its processor is packaged
        ("clang", "-std=gnu99"),
        ("clang++", "-std=gnu++11", *NEITHER),
        "nm",
        ("-DARDUINO_ARCH_ESP32",),
        INCLUDE / "esp32",
    ),
}
TARGETS_OF = {"nordicnrf52": "cortex-m4f", "espressif32": "clang"}  # that have these compilers


def core_of(board: str) -> Core:
    platform = str(CONFIG.get(f"env:{board}", "platform")).split("@")[0]
    usable(TARGETS[TARGETS_OF[platform]])
    return CORES[platform]


def flags_of(board: str) -> list[str]:
    """Those of platformio.ini; the library is there only where lib_deps names it."""
    words = shlex.split(" ".join(CONFIG.get(f"env:{board}", "build_flags")))
    library = CONFIG.get(f"env:{board}", "lib_deps", [])
    tflm = [f"-I{INCLUDE / 'tflm'}"] if any("TensorFLow" in name for name in library) else []
    return [word.replace("$PIOENV", board) for word in words] + tflm


def compile_all(core: Core, flags: list[str], sources: list[Path], folder: Path) -> Path:
    """One object of all sources."""
    objects = []
    for source in sources:
        objects.append(str(folder / f"{source.name}.o"))
        compiler = core.c if source.suffix == ".c" else core.cxx
        command = [*compiler, *COMMON, *core.defines, f"-I{core.include}", *flags]
        subprocess.run([*command, "-c", str(source), "-o", objects[-1]], check=True,
                       capture_output=True, text=True)  # fmt: skip
    made = folder / "all.o"
    subprocess.run([*core.cxx[:1], "-nostdlib", "-r", *objects, "-o", str(made)], check=True)
    return made


def sources_of(folders: list[Path]) -> list[Path]:
    return sorted(path for folder in folders for path in folder.glob("*.c*") if path.is_file())


def symbols(core: Core, made: Path, kind: str) -> set[str]:
    said = subprocess.run([core.nm, kind, str(made)], capture_output=True, text=True, check=True)
    return {line.split()[-1] for line in said.stdout.splitlines()}


@cache
def library_symbols(core: Core) -> frozenset[str]:
    """What the front end and the bundle define, for all boards with this core."""
    with tempfile.TemporaryDirectory() as folder:
        sources = sources_of([LIB / "frontend", LIB / "model"])
        made = compile_all(core, ["-O0"], sources, Path(folder))
        return frozenset(symbols(core, made, "--defined-only"))


@pytest.mark.parametrize("board", BOARDS)
def test_a_board_compiles_and_has_all_parts(board: str, tmp_path: Path) -> None:
    core = core_of(board)
    made = compile_all(core, flags_of(board), sources_of(FOLDERS), tmp_path)
    missing = symbols(core, made, "--undefined-only") - library_symbols(core)
    assert not [name for name in missing if "kws" in name]
    defined = symbols(core, made, "--defined-only")
    assert {"kws_audio_read", "kws_board_write", "kws_network_scores"} <= defined
    # with the names that the core calls
    mbed = core is CORES["nordicnrf52"]
    assert ({"setup", "loop"} if mbed else {"_Z5setupv", "_Z4loopv"}) <= defined
    assert board.encode() in made.read_bytes()  # kws_board_name


@pytest.mark.parametrize("board", ["nano33ble_engine", "esp32dev_engine"])
def test_a_board_compiles_with_the_audio_that_it_keeps(board: str, tmp_path: Path) -> None:
    core = core_of(board)
    flags = [*flags_of(board), "-DKWS_KEEP_AUDIO"]
    made = compile_all(core, flags, sources_of([FIRMWARE / "src"]), tmp_path)
    assert "kws_keeper_judge" in symbols(core, made, "--defined-only")


def test_each_board_has_both_engines() -> None:
    for board in BOARDS:
        generated = board.endswith("_engine")
        assert ("-DKWS_ENGINE_TFLM" in flags_of(board)) == (not generated)
        name = board.removesuffix("_engine")
        assert {name, f"{name}_engine"} <= set(BOARDS)
    assert CONFIG.get("platformio", "default_envs") == ["nano33ble"]


TYPOS = {
    "nano33ble": [
        ("lib/audio/audio_nano33ble.cpp", "PDM.setBufferSize", "PDM.setBuffersize"),
        ("lib/board/board_arduino.cpp", "KWS_PORT.send_nb", "KWS_PORT.sendnb"),
        ("src/kws_model_tflm.cpp", "AllocateTensors", "AllocateTensor"),
        ("src/main.cpp", "kws_app_step(&app)", "kws_app_step(app)"),
    ],
    "esp32dev": [
        ("lib/audio/audio_esp32.cpp", "dma_buf_count", "dma_buffer_count"),
        ("lib/audio/audio_esp32.cpp", "I2S_EVENT_RX_Q_OVF", "I2S_EVENT_RX_OVF"),
        ("lib/board/board_arduino.cpp", "setTxBufferSize", "setTXBufferSize"),
    ],
}


@pytest.mark.parametrize(
    ("board", "name", "right", "wrong"),
    [(board, *typo) for board, typos in TYPOS.items() for typo in typos],
)
def test_a_typo_does_not_compile(
    board: str, name: str, right: str, wrong: str, tmp_path: Path
) -> None:
    core, text = core_of(board), (FIRMWARE / name).read_text()
    source = tmp_path / Path(name).name
    source.write_text(text)
    compile_all(core, flags_of(board), [source], tmp_path)
    assert right in text
    source.write_text(text.replace(right, wrong))
    with pytest.raises(subprocess.CalledProcessError) as failed:
        compile_all(core, flags_of(board), [source], tmp_path)
    assert re.search(r"error:", failed.value.stderr)


@pytest.mark.parametrize("pin", ["KWS_I2S_BCLK", "KWS_I2S_WS", "KWS_I2S_DIN", "KWS_BOARD"])
def test_a_flag_that_is_missing_is_named(pin: str, tmp_path: Path) -> None:
    flags = [flag for flag in flags_of("esp32dev") if pin not in flag]
    with pytest.raises(subprocess.CalledProcessError) as failed:
        compile_all(core_of("esp32dev"), flags, sources_of(FOLDERS), tmp_path)
    assert pin in failed.value.stderr


@pytest.mark.parametrize(
    ("board", "rate", "compiles"),
    [
        ("nano33ble", 16_000, True), ("nano33ble", 44_100, False), ("esp32-s3", 44_100, False),
        ("esp32dev", 44_100, True), ("esp32dev", 96_000, False),
    ],
)  # fmt: skip
def test_a_microphone_that_cannot_give_the_rate_of_the_bundle_is_refused(
    board: str, rate: int, compiles: bool, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    for header in (LIB / "model").glob("*.h"):
        text = header.read_text().replace("KWS_SAMPLE_RATE 16000", f"KWS_SAMPLE_RATE {rate}")
        (bundle / header.name).write_text(text)
    sources, flags = [FIRMWARE / "src" / "kws_microphone.c"], flags_of(board)
    # before -I of the committed bundle, which COMMON has
    core = core_of(board)
    core = replace(core, c=(*core.c, f"-I{bundle}"))
    if compiles:
        compile_all(core, flags, sources, tmp_path)
        return
    with pytest.raises(subprocess.CalledProcessError) as failed:
        compile_all(core, flags, sources, tmp_path)
    assert "cannot sample at the bundle's rate" in failed.value.stderr


@pytest.mark.parametrize(
    ("board", "remedy"),
    [
        ("nano33ble", b"only zeros: only the Nano 33 BLE Sense has a microphone"),
        ("esp32dev", b"only zeros: set the other channel (-DKWS_MIC_RIGHT) or check the data wire"),
        ("m5stack-atom-echo", b"only zeros: set the other channel (without -DKWS_MIC_RIGHT) or"),
    ],
)
def test_a_board_says_what_to_do_if_its_microphone_sends_only_zeros(
    board: str, remedy: bytes, tmp_path: Path
) -> None:
    sources = [FIRMWARE / "src" / "kws_microphone.c"]
    assert remedy in compile_all(core_of(board), flags_of(board), sources, tmp_path).read_bytes()

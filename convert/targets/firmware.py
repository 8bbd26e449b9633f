"""The firmware for the emulated board with either engine, as PlatformIO builds it, and the sizes of
its parts.

TensorFlow Lite Micro is used compiled: `library` is a folder with its headers, `archive` the
compiled library, such as PlatformIO's .pio/build/nano33ble/lib*/libChirale_TensorFLowLite.a.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from convert.targets import TARGETS, run_tool

PROJECT = Path(__file__).resolve().parents[2]
FIRMWARE = PROJECT / "firmware"
CORE = FIRMWARE / "emulator" / "core"
TARGET = TARGETS["cortex-m4f"]
MACHINE = ("-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=soft")
COMMON = ("-O2", "-ffunction-sections", "-fdata-sections", "-DKWS_BOARD_EMULATOR", "-DNDEBUG")
C = ("-std=gnu99",)
CXX = ("-std=gnu++17", "-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics",
       "-fno-use-cxa-atexit")  # fmt: skip
PARTS = ("front end", "network", "weights", "rest")
FLASH, RAM = (".text", ".ARM.exidx", ".data"), (".data", ".bss")


@dataclass(frozen=True)
class Micro:
    """TensorFlow Lite Micro, compiled."""

    library: Path
    archive: Path


@dataclass(frozen=True)
class Weights:
    """Size of each part in bytes."""

    flash: dict[str, int]
    ram: dict[str, int]


def build_firmware(folder: Path, bundle: Path, micro: Micro | None) -> Path:
    """The program, with its map next to it. Without `micro` it has the native engine."""
    TARGET.require()
    folder.mkdir(parents=True, exist_ok=True)
    libraries = [path for path in sorted((FIRMWARE / "lib").iterdir()) if path.name != "model"]
    folders = [CORE, FIRMWARE / "src", *libraries, bundle]
    flags = [*MACHINE, *COMMON, *(f"-I{path}" for path in folders)]
    if micro:
        flags += ["-DKWS_ENGINE_TFLM", "-isystem", str(_headers(micro.library))]
    objects = []
    for path in (path for one in folders for path in sorted(one.glob("*.c*"))):
        part = "model" if path.parent == bundle else path.parent.name
        objects.append(str(folder / f"{part}-{path.stem}.o"))
        cxx = path.suffix != ".c"
        compiler = [_cxx(), *CXX] if cxx else [TARGET.compiler[0], *C]
        run_tool([*compiler, *flags, "-c", str(path), "-o", objects[-1]])
    program = folder / "firmware.elf"
    run_tool([
        _cxx(), *MACHINE, "-nostartfiles", "--specs=nosys.specs", "-Wl,--gc-sections",
        f"-Wl,-Map,{program.with_suffix('.map')}", "-T", str(CORE / "link.ld"), *objects,
        *([str(micro.archive.resolve())] if micro else []), "-o", str(program),
    ])  # fmt: skip
    return program


def weigh(program: Path, archive: Path | None = None) -> Weights:
    """The content of each part, from the linker's map."""
    flash, ram = (dict.fromkeys(PARTS, 0) for _ in range(2))
    text = program.with_suffix(".map").read_text().partition("Linker script and memory map")[2]
    output = ""
    # a long name has its own line
    for line in re.sub(r"\n {2,}(0x\w+ +0x\w+ )", r" \1", text).splitlines():
        if found := re.match(r"(\.\S+)", line):
            output = found[1]
        found = re.match(r" (\S+) +0x\w+ +0x(\w+)(?: +(\S.*))?$", line)
        if found and output in (*FLASH, *RAM):
            size, part = int(found[2], 16), _part(found[1], found[3] or "", archive)
            flash[part] += size * (output in FLASH)
            ram[part] += size * (output in RAM)
    return Weights(flash, ram)


def _part(section: str, where: str, archive: Path | None) -> str:
    name = Path(where).name
    if archive and archive.name in where:
        return "network"
    if name.startswith("frontend-") or name == "model-kws_frontend_tables.o":
        return "front end"
    if name == "model-model_data.o":
        return "weights"
    if name in ("model-kws_engine.o", "model-kws_engine_stream.o"):
        return "weights" if section.startswith(".rodata") else "network"
    return "network" if re.match(r"src-kws_(model|network)_", name) else "rest"


def _headers(library: Path) -> Path:
    return library / "src" if (library / "src").is_dir() else library


def _cxx() -> str:
    return TARGET.compiler[0].replace("gcc", "g++")

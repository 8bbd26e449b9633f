"""TensorFlow Lite Micro on the emulated Cortex-M4F: the real library with one of our bundles.

It is used compiled: `library` is a folder with its headers, `archive` the library compiled for
this processor, such as PlatformIO's .pio/build/nano33ble/lib*/libChirale_TensorFLowLite.a.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from convert.check import read_bundle, read_manifest
from convert.errors import TargetError
from convert.targets import FOLDER, FRONTEND, TARGETS, execute, run_tool

TARGET = TARGETS["cortex-m4f"]
# no exceptions and no destructors, as Arduino's cores compile it
CXX = ("-std=gnu++17", "-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics",
       "-fno-use-cxa-atexit", "-DNDEBUG")  # fmt: skip
MACHINE = ("-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=soft")  # PlatformIO's options for it
DEFINES = ("-DARDUINO=10819", "-DARDUINO_ARCH_MBED")
SECTIONS = ("-ffunction-sections", "-fdata-sections")


@dataclass(frozen=True)
class Result:
    arena_used: int  # bytes; 0: too small
    scores: NDArray[np.int8]  # [windows, labels]
    instructions: NDArray[np.uint32]  # [windows]


def build_tflm(library: Path, archive: Path, bundle: Path, folder: Path) -> Path:
    """The test program with this library and bundle."""
    TARGET.require()
    program = folder / "tflm"
    includes = [FRONTEND, bundle, FOLDER / "driver"]
    flags = [*MACHINE, "-O2", *DEFINES, *SECTIONS, *(f"-I{path}" for path in includes),
             *_headers(library)]  # fmt: skip
    objects = []
    for source in (FOLDER / "driver" / "tflm_driver.cc", bundle / "model_data.cc"):
        objects.append(str(folder / f"{source.stem}.o"))
        run_tool([_cxx(), *CXX, *flags, "-c", str(source), "-o", objects[-1]])
    for name in (*TARGET.sources, str(bundle.resolve() / "kws_frontend_tables.c")):
        objects.append(str(folder / f"{Path(name).stem}.o"))
        run_tool([*TARGET.compiler, "-std=gnu99", *flags, "-c", str(FOLDER / name), "-o",
                  objects[-1]])  # fmt: skip
    link = ["-Wl,--gc-sections", "-Wl,--defsym=end=bss_end", "--specs=nosys.specs", *TARGET.link]
    run_tool([_cxx(), *MACHINE, *objects, str(archive), *link, "-o", str(program)])
    return program


def run_tflm(program: Path, bundle: Path, arena: int, features: NDArray[np.int8]) -> Result:
    """Features int8 [windows, frames, coefficients] through the emulated board."""
    labels = len(read_manifest(bundle)["labels"])
    header = np.array([arena, len(features)], "<i4").tobytes()
    output = execute(TARGET, program, header + features.tobytes())
    used = int(np.frombuffer(output[:4], "<u4")[0])
    records = np.frombuffer(output[4:], [("scores", "i1", labels), ("instructions", "<u4")])
    return Result(used, records["scores"].copy(), records["instructions"].copy())


def smallest_arena(program: Path, bundle: Path, largest: int) -> int:
    """Bytes, by bisection on the emulated board."""
    config = read_bundle(bundle, read_manifest(bundle)).config
    none = np.zeros((0, *config.shape), np.int8)
    low, high = 0, largest // 16
    while high - low > 1:
        middle = (low + high) // 2
        fits = run_tflm(program, bundle, 16 * middle, none).arena_used > 0
        low, high = (low, middle) if fits else (middle, high)
    return 16 * high


def _cxx() -> str:
    return TARGET.compiler[0].replace("gcc", "g++")


def _headers(library: Path) -> list[str]:
    source = library / "src" if (library / "src").is_dir() else library
    if not (source / "tensorflow" / "lite" / "micro" / "micro_interpreter.h").is_file():
        raise TargetError(
            f"{library}: does not contain TensorFlow Lite Micro (micro_interpreter.h is missing)"
        )
    return ["-isystem", str(source)]

"""TensorFlow Lite Micro on the emulated Cortex-M4F: the real library with a bundle of ours.

No package index carries its sources; `library` is a folder with a copy, such as the Arduino library
Chirale_TensorFlowLite. Nothing of it is kept in the project.
"""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from convert.check import read_bundle, read_manifest
from tools.targets import FOLDER, FRONTEND, TARGETS, TargetError, execute, run_tool
from train.workers import cores

TARGET = TARGETS["cortex-m4f"]
# no exceptions and no destructors, as Arduino's cores compile it
CXX = ("-std=gnu++17", "-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics",
       "-fno-use-cxa-atexit", "-DNDEBUG")  # fmt: skip
DEFINES = ("-DARDUINO=10819", "-DCMSIS_NN", "-DARDUINO_ARCH_MBED")
SECTIONS = ("-ffunction-sections", "-fdata-sections")
# what needs an operating system or an Arduino core; the driver has its own
LEFT_OUT = ("micro_time", "system_setup", "debug_log", "test_helper", "mock_", "fake_", "_test.",
            "peripherals", "recording_", "all_ops_resolver", "signal/")  # fmt: skip


@dataclass(frozen=True)
class Result:
    arena_used: int  # bytes; 0: it was too small
    scores: NDArray[np.int8]  # [windows, labels]
    instructions: NDArray[np.uint32]  # [windows]


def build_tflm(library: Path, bundle: Path, folder: Path, optimize: str = "-O2") -> Path:
    """The test program with this library and this bundle."""
    TARGET.require()
    archive = _archive(library, folder, optimize)
    program = folder / "tflm"
    includes = [FRONTEND, bundle, FOLDER / "driver", *_includes(library)]
    flags = [*TARGET.flags, optimize, *DEFINES, *SECTIONS, *(f"-I{path}" for path in includes)]
    objects = []
    for source in (FOLDER / "driver" / "tflm_driver.cc", bundle / "model_data.cc"):
        objects.append(str(folder / f"{source.stem}.o"))
        run_tool([_cxx(), *CXX, *flags, "-c", str(source), "-o", objects[-1]])
    for name in (*TARGET.sources, str(bundle / "kws_frontend_tables.c")):
        objects.append(str(folder / f"{Path(name).stem}.o"))
        run_tool([*TARGET.compiler, "-std=gnu99", *flags, "-c", str(FOLDER / name), "-o",
                  objects[-1]])  # fmt: skip
    link = ["-Wl,--gc-sections", "-Wl,--defsym=end=bss_end", "--specs=nosys.specs", *TARGET.link]
    run_tool([_cxx(), *TARGET.flags, *objects, str(archive), *link, "-o", str(program)])
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


def _includes(library: Path) -> list[Path]:
    source = library / "src" if (library / "src").is_dir() else library
    inside = (
        "third_party/flatbuffers/include", "third_party/gemmlowp", "third_party/ruy",
        "third_party/kissfft", "third_party/cmsis_nn", "third_party/cmsis_nn/Include",
        "third_party/cmsis/CMSIS/Core/Include",
    )  # fmt: skip
    return [source, *(source / path for path in inside if (source / path).is_dir())]


def _archive(library: Path, folder: Path, optimize: str) -> Path:
    """The library's objects; compiled once for each state of its sources."""
    source = _includes(library)[0]
    if not (source / "tensorflow" / "lite" / "micro" / "micro_interpreter.h").is_file():
        raise TargetError(f"{library}: holds no TensorFlow Lite Micro (no micro_interpreter.h)")
    files = [
        path
        for path in sorted(source.rglob("*"))
        if path.suffix in (".c", ".cc", ".cpp")
        and not any(part in str(path.relative_to(source)) for part in LEFT_OUT)
    ]
    digest = hashlib.sha256(optimize.encode())
    for path in files:
        digest.update(path.read_bytes())
    objects = folder / f"library-{digest.hexdigest()[:12]}"
    archive = objects / "library.a"
    if archive.is_file():
        return archive
    objects.mkdir(parents=True, exist_ok=True)
    flags = [*TARGET.flags, optimize, *DEFINES, *SECTIONS]
    flags += [f"-I{path}" for path in _includes(library)]

    def compiled(numbered: tuple[int, Path]) -> str:
        number, path = numbered
        made = objects / f"{number}.o"
        language = ["-std=gnu11"] if path.suffix == ".c" else list(CXX)
        compiler = TARGET.compiler[0] if path.suffix == ".c" else _cxx()
        run_tool([compiler, *language, "-w", *flags, "-c", str(path), "-o", str(made)])
        return str(made)

    with ThreadPoolExecutor(cores()) as pool:
        made = list(pool.map(compiled, enumerate(files)))
    partial = archive.with_suffix(".part")
    partial.unlink(missing_ok=True)
    run_tool([TARGET.binutil("ar"), "rcs", str(partial), *made])
    partial.replace(archive)
    return archive

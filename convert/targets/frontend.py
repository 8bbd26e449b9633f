"""The front end on a target: build it for a configuration, run windows, measure its size."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from convert.frontend_tables import write
from convert.targets import FOLDER, FRONTEND, Target, build, execute, run_tool
from train.settings.frontend import FrontendConfig

STAGES = ("taper", "fft", "mel", "project")
STATE = ("stream", "samples", "scratch")  # what the test program provides to the front end


@dataclass(frozen=True)
class Run:
    frames: NDArray[np.int16]  # [windows, frames, coefficients]
    features: NDArray[np.int8]  # [windows, frames, coefficients]
    instructions_per_frame: float  # for the first window, which arrives hop by hop


@dataclass(frozen=True)
class Size:
    code_bytes: int
    table_bytes: int
    ram_bytes: int  # the stream, its samples and its scratch
    stack_bytes: int  # largest


def build_frontend(
    target: Target, config: FrontendConfig, folder: Path, flags: Sequence[str] = ("-O2",)
) -> Path:
    """The test program for this front end, in its own folder."""
    write(config, folder)
    sources = [
        *sorted(FRONTEND.glob("*.c")),
        folder / "kws_frontend_tables.c",
        FOLDER / "driver" / "frontend_driver.c",
    ]
    return build(target, sources, [FRONTEND, folder], folder / "frontend", flags)


def run_frontend(
    target: Target, program: Path, config: FrontendConfig, windows: NDArray[np.int16]
) -> Run:
    output = execute(target, program, np.int32(len(windows)).tobytes() + windows.tobytes())
    values = config.frames * config.coefficients
    kind = np.dtype(
        [("frames", "<i2", values), ("features", "i1", values), ("instructions", "<u4")]
    )
    records = np.frombuffer(output, kind)
    shape = (len(windows), *config.shape)
    return Run(
        records["frames"].reshape(shape),
        records["features"].reshape(shape),
        float(records["instructions"][0]) / config.frames,
    )


def measure_size(target: Target, config: FrontendConfig, folder: Path) -> Size:
    """Bytes of the compiled front end, without the C library."""
    write(config, folder)
    code = tables = 0
    stack: dict[str, int] = {}
    for source in [*sorted(FRONTEND.glob("*.c")), folder / "kws_frontend_tables.c"]:
        built = folder / (source.stem + ".o")
        run_tool([
            *target.compiler, "-std=c99", "-O2", *target.flags, "-fstack-usage",
            f"-I{FRONTEND}", f"-I{folder}", "-c", str(source), "-o", str(built),
        ])  # fmt: skip
        text, data = _sections(target, built)
        if source.stem == "kws_frontend_tables":
            tables = text + data
        else:
            code += text + data
            stack[source.stem] = _stack(built.with_suffix(".su"))
    return Size(
        code,
        tables,
        _state(target, build_frontend(target, config, folder)),
        stack["kws_frontend"] + max(stack[f"kws_{stage}"] for stage in STAGES),
    )


def _state(target: Target, program: Path) -> int:
    symbols = run_tool([target.binutil("nm"), "--print-size", str(program)]).splitlines()
    sizes = {parts[3]: int(parts[1], 16) for parts in map(str.split, symbols) if len(parts) == 4}
    return sum(sizes[name] for name in STATE)


def _sections(target: Target, built: Path) -> tuple[int, int]:
    text, data, bss = run_tool([target.binutil("size"), str(built)]).splitlines()[1].split()[:3]
    if int(bss):
        raise AssertionError(f"{built.name}: the front end must not have static variables")
    return int(text), int(data)


def _stack(usage: Path) -> int:
    """No function of a file calls another twice deep, so the sum bounds any path through it."""
    return sum(int(re.split(r"\t", line)[1]) for line in usage.read_text().splitlines())


def disassemble(target: Target, config: FrontendConfig, folder: Path) -> str:
    """The front end's machine code, as text."""
    measure_size(target, config, folder)
    objects = [str(folder / (source.stem + ".o")) for source in sorted(FRONTEND.glob("*.c"))]
    return run_tool([target.binutil("objdump"), "-d", "-r", *objects])

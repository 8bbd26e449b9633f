"""The native engine on a target: build it for a model, run features through it, measure its
size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from convert.native.engine import RUNTIME, Engine
from convert.targets import FOLDER, WARNINGS, Target, build, execute, run_tool


@dataclass(frozen=True)
class Run:
    scores: NDArray[np.int8]  # [windows, labels]
    instructions: NDArray[np.uint32]  # [windows]
    stack_bytes: int  # largest; 0 if it cannot be measured
    traced: NDArray[np.int8]  # [windows, values of all layers one after another]


def build_engine(
    target: Target, engine: Engine, folder: Path, flags: Sequence[str] = ("-O2",)
) -> Path:
    """The test program for this model, in its own folder."""
    return build_generated(target, engine.files, ("kws_engine.c", "engine"), folder, flags)


def build_generated(
    target: Target,
    files: Mapping[str, str],
    program: tuple[str, str],
    folder: Path,
    flags: Sequence[str],
) -> Path:
    """Generated files with a driver: `program` is their main source and the name of the driver."""
    for name, text in files.items():
        (folder / name).write_text(text)
    source, driver = program
    sources = [folder / source, FOLDER / "driver" / f"{driver}_driver.c"]
    return build(target, sources, [RUNTIME, folder], folder / driver, flags)


def run_engine(
    target: Target, program: Path, features: NDArray[np.int8], labels: int, traced: int = 0
) -> Run:
    """`traced` is the number of values of all layers, if the engine outputs them."""
    output = execute(target, program, np.int32(len(features)).tobytes() + features.tobytes())
    kind = [("traced", "i1", traced), ("scores", "i1", labels), ("counted", "<u4", 2)]
    records = np.frombuffer(output, kind)
    return Run(
        records["scores"].copy(),
        records["counted"][:, 0].copy(),
        int(records["counted"][:, 1].max(initial=0)),
        records["traced"].copy(),
    )


def code_bytes(target: Target, engine: Engine, folder: Path) -> tuple[int, int]:
    """Code, and constants (weights, biases, factors), of the compiled engine."""
    build_engine(target, engine, folder)
    return section_bytes(target, folder / "kws_engine.c")


def section_bytes(target: Target, source: Path) -> tuple[int, int]:
    """Code and constants of a source file next to its headers."""
    built = source.with_suffix(".o")
    run_tool([*target.compiler, "-std=c99", *WARNINGS, *target.flags, "-O2", f"-I{RUNTIME}",
              f"-I{source.parent}", "-c", str(source), "-o", str(built)])  # fmt: skip
    sections = run_tool([target.binutil("size"), "-A", str(built)]).splitlines()
    sizes = {p[0]: int(p[1]) for p in map(str.split, sections) if len(p) == 3 and p[1].isdigit()}
    code = sum(n for name, n in sizes.items() if name.startswith(".text"))
    constants = sum(n for name, n in sizes.items() if name.startswith(".rodata"))
    return code, constants

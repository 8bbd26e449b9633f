"""The target machines, as compilers and emulators on this computer.

Each target builds a C program (see driver/host.h), which reads `input.bin` and writes `output.bin`.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from convert.errors import TargetError

FOLDER = Path(__file__).parent
FRONTEND = FOLDER.parents[1] / "firmware" / "lib" / "frontend"
WARNINGS = ("-Wall", "-Wextra", "-Wconversion", "-Werror")
# 1 ns of emulated time per instruction, so that the machine's own timer counts instructions
QEMU = ("-nographic", "-monitor", "none", "-serial", "none", "-icount", "shift=0")
SEMIHOSTING = ("-semihosting-config", "enable=on,target=native")
RUN_SECONDS = 900


@dataclass(frozen=True)
class Target:
    name: str
    compiler: tuple[str, ...]
    flags: tuple[str, ...]  # compiler options of its firmware
    link: tuple[str, ...]
    sources: tuple[str, ...]  # start-up code and host.h, in FOLDER
    runner: tuple[str, ...]  # the program's path is appended
    packages: str  # Debian packages with its tools
    counts_instructions: bool = True

    def missing(self) -> list[str]:
        """Tools that are missing on this computer."""
        programs = [c[0] for c in (self.compiler, self.runner) if c]
        gone = [name for name in programs if not shutil.which(name)]
        if "ziglang" in self.compiler and not importlib.util.find_spec("ziglang"):
            gone.append("ziglang")
        return gone

    def require(self) -> None:
        if gone := self.missing():
            raise TargetError(
                f"target {self.name}: {', '.join(gone)} not found; install {self.packages}"
            )

    def binutil(self, name: str) -> str:
        """objdump, size or nm for this target."""
        return self.compiler[0].removesuffix("gcc") + name


def _native(name: str) -> Target:
    return Target(name, (name,), (), (), ("native/host.c",), (), name, counts_instructions=False)


TARGETS = {
    target.name: target
    for target in (
        _native("gcc"),
        _native("clang"),
        Target(
            "cortex-m4f",
            ("arm-none-eabi-gcc",),
            ("-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16"),
            ("-nostartfiles", "-T", str(FOLDER / "cortex_m4f/link.ld")),
            ("driver/semihosting.c", "cortex_m4f/start.c"),
            ("qemu-system-arm", "-M", "mps2-an386", *QEMU, *SEMIHOSTING, "-kernel"),
            "gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm",
        ),
        Target(
            "rv32imc",
            ("riscv64-unknown-elf-gcc",),
            ("-march=rv32imc", "-mabi=ilp32", "--specs=picolibc.specs"),
            ("-nostartfiles", "-T", str(FOLDER / "rv32imc/link.ld")),
            ("driver/semihosting.c", "rv32imc/start.c"),
            ("qemu-system-riscv32", "-M", "virt", "-bios", "none", *QEMU, *SEMIHOSTING, "-kernel"),
            "gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf qemu-system-misc",
        ),
        Target(
            "xtensa-lx106",
            ("xtensa-lx106-elf-gcc",),
            ("-ffreestanding", "-mlongcalls", "-isystem", str(FOLDER / "xtensa_lx106/include")),
            ("-nostdlib", "-lgcc", "-T", str(FOLDER / "xtensa_lx106/link.ld")),
            ("xtensa_lx106/start.c",),
            ("qemu-system-xtensa", "-M", "sim", "-cpu", "lx106", *QEMU, "-semihosting", "-kernel"),
            "gcc-xtensa-lx106 qemu-system-misc",
        ),
        Target(
            "wasm32",
            (sys.executable, "-m", "ziglang", "cc"),
            ("-target", "wasm32-wasi"),
            (),
            ("native/host.c",),
            ("node", "--no-warnings", str(FOLDER / "wasm32/run.mjs")),
            "nodejs, and ziglang from PyPI",
            counts_instructions=False,
        ),
    )
}


def build(
    target: Target,
    sources: Sequence[Path],
    includes: Sequence[Path],
    program: Path,
    flags: Sequence[str] = ("-O2",),
) -> Path:
    """Compile and link `sources` with the target's start-up code."""
    target.require()
    own = [FOLDER / name for name in target.sources]
    include_flags = [f"-I{path}" for path in (FOLDER / "driver", *includes)]
    command = [*target.compiler, "-std=gnu99", *WARNINGS, *target.flags, *flags, *include_flags]
    run_tool([*command, *map(str, [*sources, *own]), "-o", str(program), *target.link])
    return program


def execute(target: Target, program: Path, data: bytes) -> bytes:
    """Run a program with `data` as its input, in its own folder, and return its output."""
    target.require()
    folder = program.parent
    (folder / "input.bin").write_bytes(data)
    (folder / "output.bin").unlink(missing_ok=True)
    command = [*target.runner, str(program.resolve())]
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=RUN_SECONDS,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired as error:
        raise TargetError(f"target {target.name}: still running after {RUN_SECONDS} s") from error
    if done.returncode:
        raise TargetError(
            f"target {target.name}: exit code {done.returncode}\n{done.stdout}{done.stderr}".strip()
        )
    return (folder / "output.bin").read_bytes()


def run_tool(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise TargetError(f"{' '.join(command)}\n{done.stderr.strip()}")
    return done.stdout

"""The firmware's C as a library that Python calls, with every warning and undefined behaviour an
error."""

import ctypes
import subprocess
from collections.abc import Sequence
from pathlib import Path

FIRMWARE = Path(__file__).parents[2] / "firmware"
LIB = FIRMWARE / "lib"
STRICT = (
    "-std=c99", "-O1", "-g", "-Wall", "-Wextra", "-Wconversion", "-Werror",
    "-fsanitize=undefined", "-fsanitize-undefined-trap-on-error",
)  # fmt: skip


def load(folder: Path, *sources: str, compiler: str = "gcc") -> ctypes.CDLL:
    """Sources below firmware/lib."""
    made = folder / f"{Path(sources[0]).stem}-{compiler}.so"
    files = [str(LIB / source) for source in sources]
    subprocess.run([compiler, *STRICT, "-fPIC", "-shared", *files, "-o", str(made)], check=True)
    return ctypes.CDLL(str(made))


def memory(size: int = 1 << 14) -> ctypes.Array[ctypes.c_char]:
    """For a struct that only C looks into."""
    return ctypes.create_string_buffer(size)


def strings(values: Sequence[str]) -> ctypes.Array[ctypes.c_char_p]:
    return (ctypes.c_char_p * len(values))(*(value.encode() for value in values))

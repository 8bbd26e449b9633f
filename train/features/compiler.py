"""Compiles C for this computer, mainly the front end. Results are cached by a hash of everything
that they depend on (sources, flags, compiler version)."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from train import FRONTEND_SOURCES
from train.cache import cache_folder
from train.errors import CompilerError

HOST_SOURCES = Path(__file__).with_name("host")
FLAGS = ("-std=gnu99", "-O3", "-march=native", "-fPIC", "-shared")


def find_compiler() -> list[str]:
    """clang (its vector code is the fastest), gcc, or PyPI's ziglang if there is neither."""
    for name in ("clang", "gcc"):
        if path := shutil.which(name):
            return [path]
    if importlib.util.find_spec("ziglang"):
        return [sys.executable, "-m", "ziglang", "cc"]
    raise CompilerError(
        "no C compiler found; install clang or gcc, or run: "
        f"{sys.executable} -m pip install ziglang"
    )


def build_library(compiler: Sequence[str] | None = None, flags: Sequence[str] = FLAGS) -> Path:
    """The front end as a shared library for this computer."""
    sources = frontend_sources("*.c")
    if not sources:
        raise CompilerError(f"no C sources in {FRONTEND_SOURCES}; run from a complete checkout")
    folders = (FRONTEND_SOURCES, HOST_SOURCES)
    return build_shared("frontend", sources, frontend_sources(), folders, compiler, flags)


def build_shared(
    name: str,
    sources: Sequence[Path],
    files: Sequence[Path],
    includes: Sequence[Path],
    compiler: Sequence[str] | None = None,
    flags: Sequence[str] = FLAGS,
) -> Path:
    """A shared library of `sources`, compiled unless it is cached. `files` are the sources and all
    headers that they include."""
    command = list(compiler or find_compiler())
    folders = [f"-I{folder}" for folder in includes]
    target = cache_folder() / f"{name}-{_fingerprint(command, flags, files)}.so"
    if target.exists():
        return target
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            partial = Path(folder) / target.name
            run_compiler([*command, *flags, *folders, "-o", str(partial), *map(str, sources)])
            partial.replace(target)
    except OSError as error:
        raise CompilerError(
            f"cannot write to the cache {target.parent} ({error.strerror}); "
            "set TINYKWS_CACHE to a folder that you can write to"
        ) from error
    return target


def frontend_sources(pattern: str = "*.[ch]") -> list[Path]:
    return [p for folder in (FRONTEND_SOURCES, HOST_SOURCES) for p in sorted(folder.glob(pattern))]


def _fingerprint(command: Sequence[str], flags: Sequence[str], files: Sequence[Path]) -> str:
    digest = hashlib.sha256("\0".join([*command, *flags]).encode())
    # all macros that the compiler defines: its version, and the processor's features
    macros = run_compiler([*command, *flags, "-E", "-dM", "-x", "c", os.devnull])
    digest.update("\n".join(sorted(macros.splitlines())).encode())
    for path in files:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def run_compiler(command: Sequence[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise CompilerError(f"{command[0]}: not found; install it or choose another") from error
    if done.returncode:
        raise CompilerError(f"{command[0]} failed:\n{done.stderr.strip()}")
    return done.stdout

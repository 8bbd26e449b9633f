"""Compiles the firmware's listener and a bundle to WebAssembly, cached by a hash of all inputs."""

from __future__ import annotations

import hashlib
import importlib.util
import re
import sys
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from convert.targets import TARGETS, WARNINGS
from tools.board.words import RATE
from tools.studio.errors import StudioError
from train.cache import cache_folder
from train.errors import CompilerError
from train.features.compiler import run_compiler

HERE = Path(__file__).parent
FIRMWARE = HERE.parents[1] / "firmware"
LIBRARIES = ("audio", "board", "detector", "engine", "frontend", "serial")
PARTS = (
    "lib/audio/kws_conditioner.c", "lib/detector/*.c", "lib/frontend/*.c",
    "lib/serial/kws_packet.c", "src/kws_listener.c", "src/kws_model_native.c",
    "src/kws_network_*.c", "src/kws_selftest.c",
)  # fmt: skip
BUNDLE_PARTS = ("kws_engine.c", "kws_frontend_tables.c")
STREAM = "kws_engine_stream.c"  # in the bundle of a model that can be a stream
HEADER = "kws_frontend_tables.h"
# without WASI: nothing is imported, and only these files are compiled
FLAGS = ("-target", "wasm32-freestanding", "-Wl,--no-entry", "-std=gnu99", "-O2", "-s")


def build_wasm(bundle: Path) -> Path:
    """Returns the module; compiles it if it is not cached yet."""
    if missing := [name for name in BUNDLE_PARTS if not (bundle / name).is_file()]:
        raise StudioError(
            f"{bundle}: is not a bundle ({missing[0]} is missing); run: python -m convert.to_tflm"
        )
    if (rate := _rate(bundle)) != RATE:
        raise StudioError(
            f"{bundle}: expects {rate:,} Hz, but the page can only record at {RATE:,} Hz"
        )
    if not importlib.util.find_spec("ziglang"):
        raise CompilerError(
            f"ziglang is not installed; run: {sys.executable} -m pip install ziglang"
        )
    sources = [path for part in PARTS for path in sorted(FIRMWARE.glob(part))]
    sources += [*(bundle / name for name in BUNDLE_PARTS), HERE / "kws_studio.c"]
    sources += bundle.glob(STREAM)
    folders = [HERE / "include", *(FIRMWARE / "lib" / name for name in LIBRARIES)]
    folders += [FIRMWARE / "src", bundle]
    target = cache_folder() / f"studio-{_fingerprint(sources, folders)}.wasm"
    if not target.exists():
        print("compiling the firmware to WebAssembly, once for this bundle ...", file=sys.stderr)
        _compile(sources, folders, target)
    return target


def _rate(bundle: Path) -> int:
    header = (bundle / HEADER).read_text() if (bundle / HEADER).is_file() else ""
    found = re.search(r"#define KWS_SAMPLE_RATE (\d+)", header)
    return int(found[1]) if found else RATE


def _compile(sources: Sequence[Path], folders: Sequence[Path], target: Path) -> None:
    command = [*TARGETS["wasm32"].compiler, *FLAGS, *WARNINGS, *(f"-I{path}" for path in folders)]
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            partial = Path(folder) / target.name
            run_compiler([*command, *map(str, sources), "-o", str(partial)])
            partial.replace(target)
    except OSError as error:
        raise CompilerError(
            f"cannot write to the cache {target.parent} ({error.strerror}); "
            "set TINYKWS_CACHE to a folder that you can write to"
        ) from error


def _fingerprint(sources: Sequence[Path], folders: Sequence[Path]) -> str:
    digest = hashlib.sha256("\0".join([version("ziglang"), *FLAGS, *WARNINGS]).encode())
    headers = [path for folder in folders for path in sorted(folder.glob("*.h"))]
    for path in (*sources, *headers):
        try:
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
        except OSError as error:
            raise CompilerError(
                f"{path}: cannot be read ({error.strerror}); run from a complete checkout"
            ) from error
    return digest.hexdigest()[:16]

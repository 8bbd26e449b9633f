"""`python -m tools.doctor`: check what this computer has, what is missing, and how to fix it.

`fail`: missing, and required to train, convert, build and emulate; the exit code is then 1.
`warn`: only needed for some tasks. Nothing is changed, and no port is opened.
"""

from __future__ import annotations

import errno
import grp
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from convert.targets import TARGETS, Target
from train.cache import cache_folder
from train.command import CommandParser, run_command
from train.errors import CompilerError
from train.features.compiler import find_compiler

PROJECT = Path(__file__).resolve().parents[1]
SETUP = "make setup"
OLDEST, TOO_NEW = (3, 11), (3, 13)  # Python versions, as in pyproject.toml
LEAST_DISK, GOOD_DISK = 1.0, 4.0  # GB: for runs and caches; including the packages
GOOD_MEMORY = 3.0  # GB: a training of the digits preset takes 1.1, and 0.4 for each core
SOUND = Path("/proc/asound/pcm")
SERIAL_GROUPS = ("dialout", "uucp")  # groups that may open serial ports: Debian, Arch
RULES = ("/etc/udev/rules.d", "/usr/lib/udev/rules.d", "/lib/udev/rules.d")
PROBE = '#include <stdint.h>\n#include <string.h>\nint main(void) { return (int)strlen(""); }\n'
SECONDS = 120  # timeout for other programs


@dataclass(frozen=True)
class Finding:
    state: str  # ok, warn or fail
    what: str
    found: str
    remedy: str = ""


def main(arguments: list[str] | None = None) -> int:
    parser = CommandParser(
        prog="python -m tools.doctor",
        description=__doc__,
        epilog="example: python -m tools.doctor",
    )
    parser.parse_args(arguments)
    return run_command(_doctor, (), "nothing was changed")


def _doctor() -> int:
    states = []
    for check in CHECKS:
        for finding in check():
            print(row(finding), flush=True)
            states.append(finding.state)
    failed, warned = states.count("fail"), states.count("warn")
    if failed:
        print(f"{failed} missing for the laptop path, {warned} warnings")
    else:
        print(f"everything for the laptop path is installed, {warned} warnings")
    return 1 if failed else 0


def row(finding: Finding) -> str:
    remedy = f"; {finding.remedy}" if finding.remedy else ""
    return f"{finding.state:<5} {finding.what:<16} {finding.found}{remedy}"


def python() -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    if OLDEST <= sys.version_info[:2] < TOO_NEW:
        yield Finding("ok", "Python", version)
    else:
        yield Finding("fail", "Python", version, f"use 3.11 or 3.12: {SETUP} PYTHON=python3.12")


def packages(lock: Path = PROJECT / "requirements.lock") -> Iterator[Finding]:
    """Checks the installed packages against the lock file."""
    wanted = dict(_locked(lock))
    kept = {name: _version(name) for name in wanted}
    missing = [name for name, version in kept.items() if version is None]
    other = [f"{n} {kept[n]} for {v}" for n, v in wanted.items() if kept[n] not in (None, v)]
    if missing:
        found = f"{len(missing)} of {len(wanted)} missing, such as {missing[0]}"
        yield Finding("fail", "packages", found, f"run {SETUP}, then use .venv/bin/python")
    elif other:
        found = f"{len(other)} of {len(wanted)} with another version: {', '.join(other[:3])}"
        yield Finding("warn", "packages", found, f"run {SETUP}")
    else:
        yield Finding("ok", "packages", f"{len(wanted)}, as in {lock.name}")


def _locked(lock: Path) -> Iterator[tuple[str, str]]:
    """Yields names and versions that apply to this computer."""
    for line in lock.read_text().splitlines():
        found = re.match(r"([A-Za-z0-9_.-]+)==(\S+)(?: ; (.*?))?(?: \\)?$", line)
        if found and _applies(found[3]):
            yield found[1], found[2]


def _applies(marker: str | None) -> bool:
    if not marker:
        return True
    try:
        from packaging.markers import Marker
    except ImportError:  # then more is missing
        return True
    return Marker(marker).evaluate()


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def compilers() -> Iterator[Finding]:
    try:
        yield Finding("ok", "host compiler", " ".join(find_compiler()))
    except CompilerError as error:
        yield Finding("fail", "host compiler", "none", str(error).partition("; ")[2])
    for name, target in TARGETS.items():
        needed = name == "cortex-m4f"  # for the emulated board
        gone = target.missing()
        install = f"run {SETUP}, or install {target.packages}"
        task = "" if needed else ", for tests and benches"
        if gone:
            state = "fail" if needed else "warn"
            yield Finding(state, name, f"{', '.join(gone)} not found{task}", install)
        elif "-ffreestanding" not in target.flags and (why := _broken(target)):
            yield Finding("fail" if needed else "warn", name, f"{why}{task}", install)
        else:
            yield Finding("ok", name, " + ".join(_tools(target)))


def _tools(target: Target) -> list[str]:
    compiler = "ziglang" if "ziglang" in target.compiler else target.compiler[0]
    return [compiler, *target.runner[:1]]


def _broken(target: Target) -> str:
    """Checks for the C library, as a compiler may be installed without it."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "probe.c"
        source.write_text(PROBE)
        command = [*target.compiler, *target.flags, "-c", str(source), "-o", f"{source}.o"]
        said = _said(command)
    return "" if said is not None else f"{target.compiler[0]} finds no C library"


def _said(command: list[str]) -> str | None:
    """Returns a program's output; None if it is missing or fails."""
    try:
        done = subprocess.run(
            command, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=SECONDS,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    return None if done.returncode else done.stdout + done.stderr


def emulator() -> Iterator[Finding]:
    said = _said(["qemu-system-arm", "-M", "help"])
    if said is None:
        yield Finding("fail", "emulated board", "qemu-system-arm does not run", f"run {SETUP}")
    elif "mps2-an386" not in said:
        found = "this QEMU has no machine mps2-an386"
        yield Finding("fail", "emulated board", found, "install Debian's qemu-system-arm")
    else:
        version = (_said(["qemu-system-arm", "--version"]) or "").splitlines()[:1]
        yield Finding("ok", "emulated board", "".join(version))


def platformio() -> Iterator[Finding]:
    version = _version("platformio")
    if not version:
        yield Finding("fail", "PlatformIO", "not installed", f"run {SETUP}")
        return
    folder = Path(os.environ.get("PLATFORMIO_CORE_DIR") or Path.home() / ".platformio")
    yield _writable("PlatformIO", folder, f"{version}, in {folder}", "set PLATFORMIO_CORE_DIR")


def folders() -> Iterator[Finding]:
    cache = cache_folder()
    yield _writable("cache", cache, str(cache), "set TINYKWS_CACHE to a folder of yours")
    build = PROJECT / "build"
    yield _writable("runs", build, str(build), "make yourself the owner of the checkout with chown")


def _writable(what: str, folder: Path, found: str, remedy: str) -> Finding:
    """Checks the nearest existing folder, without creating any."""
    near = next(path for path in (folder, *folder.parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=near):
            return Finding("ok", what, found)
    except OSError as error:
        why = f"{folder} cannot be written ({error.strerror})"
        return Finding("fail", what, why, f"{remedy}")


def resources() -> Iterator[Finding]:
    free = shutil.disk_usage(PROJECT).free / 1e9
    state = "fail" if free < LEAST_DISK else "warn" if free < GOOD_DISK else "ok"
    remedy = "" if state == "ok" else f"free up space: {GOOD_DISK:g} GB including packages"
    yield Finding(state, "disk", f"{free:.1f} GB free", remedy)
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    state = "ok" if memory >= GOOD_MEMORY else "warn"
    remedy = "" if state == "ok" else "train with --set augmentation.copies=1"
    yield Finding(state, "memory", f"{memory:.1f} GB", remedy)
    slow = "training takes twice as long as documented"
    cores = os.cpu_count() or 1
    yield Finding("ok" if cores > 1 else "warn", "cores", str(cores), slow * (cores < 2))


def bundle(folder: Path = PROJECT / "firmware/lib/model") -> Iterator[Finding]:
    """Runs convert.check in a separate process: does it match its model and generator?"""
    command = [sys.executable, "-m", "convert.check", str(folder)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    last = (done.stderr.strip().splitlines() or ["no output"])[-1]
    if not done.returncode:
        manifest = json.loads((folder / "manifest.json").read_text())
        labels = len(manifest["labels"])
        found = f"model {manifest['model']}, {labels} labels, as generated"
        yield Finding("ok", "bundle", found)
    elif last.startswith(("ModuleNotFoundError", "ImportError")):
        yield Finding("fail", "bundle", f"not checked ({last})", f"run {SETUP}")
    else:
        see = "run python -m convert.check for the file; git checkout firmware/lib/model reverts it"
        yield Finding("fail", "bundle", last.removeprefix("error: ").partition("; ")[0], see)


def serial_ports() -> Iterator[Finding]:
    try:
        from tools.board import ports
    except ImportError:
        yield Finding("warn", "serial ports", "not checked", f"run {SETUP}")
        return
    found = [port for port in ports.found() if port.usb or port.board]
    if not found:
        help_ = "to use a real board, plug it in with a data cable"
        yield Finding("warn", "serial ports", "no board", help_)
    for one in found:
        yield port(one.port, one.board or one.description)
    yield permission()


def port(name: str, board: str) -> Finding:
    from tools.board import ports

    if os.access(name, os.R_OK | os.W_OK):
        return Finding("ok", "serial port", f"{name}, {board}")
    why = errno.EACCES if Path(name).exists() else errno.ENOENT
    return Finding("warn", "serial port", f"{name}, {board}", ports.remedy(name, OSError(why, "")))


def permission() -> Finding:
    """Checks the permission to open serial ports, even if no board is plugged in."""
    what = "may open ports"
    mine = {group.gr_name for group in map(_group, os.getgroups()) if group}
    rules = any(Path(folder, "99-platformio-udev.rules").is_file() for folder in RULES)
    if os.geteuid() == 0:
        return Finding("ok", what, "as root")
    if groups := mine.intersection(SERIAL_GROUPS):
        return Finding("ok", what, f"group {', '.join(sorted(groups))}")
    if rules:
        return Finding("ok", what, "PlatformIO's udev rules")
    remedy = "run: sudo usermod -aG dialout $USER, then log in again"
    return Finding("warn", what, "not in the group dialout, and no udev rules", remedy)


def _group(number: int) -> grp.struct_group | None:
    try:
        return grp.getgrgid(number)
    except KeyError:
        return None


def microphones(listed: Path = SOUND) -> Iterator[Finding]:
    lines = listed.read_text().splitlines() if listed.is_file() else []
    names = [line.split(" : ")[0].split(": ")[1] for line in lines if " : capture" in line]
    if names:
        yield Finding("ok", "microphones", ", ".join(names))
    else:
        need = "only needed to record on this computer; the emulated board plays files"
        yield Finding("warn", "microphones", "none", need)


CHECKS: tuple[Callable[[], Iterator[Finding]], ...] = (
    python, packages, compilers, emulator, platformio, folders, resources, bundle, serial_ports,
    microphones,
)  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())

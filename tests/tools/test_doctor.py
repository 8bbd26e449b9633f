"""The doctor under real conditions: no programs, folders that cannot be written, ports and bundles
that are as broken as they say."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.firmware.library import LIB
from tools import doctor
from tools.doctor import Finding

PROJECT = Path(doctor.__file__).parents[1]


def examined(**environment: str) -> tuple[int, dict[str, str]]:
    """The exit code, and the rows of the table by what they are about."""
    done = subprocess.run(
        [sys.executable, "-m", "tools.doctor"], cwd=PROJECT, env=os.environ | environment,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert not done.stderr, done.stderr
    return done.returncode, {line[6:22].strip(): line for line in done.stdout.splitlines()}


def test_where_everything_is_there_it_says_so() -> None:
    code, rows = examined()
    failed = [row for row in rows.values() if row.startswith("fail")]
    assert (code, failed) == (0, []) or not os.environ.get("CI"), failed
    assert rows["bundle"].startswith("ok") and "12 labels" in rows["bundle"]
    assert rows["Python"].split() == ["ok", "Python", sys.version.split()[0]]


def test_without_programs_each_is_missed_with_a_remedy(tmp_path: Path) -> None:
    code, rows = examined(PATH=str(tmp_path))
    assert code == 1
    assert "arm-none-eabi-gcc, qemu-system-arm not found; run make setup" in rows["cortex-m4f"]
    for name in ("cortex-m4f", "emulated board"):
        assert rows[name].startswith("fail")
    for name in ("gcc", "rv32imc", "xtensa-lx106"):  # tests alone need them
        assert rows[name].startswith("warn") and "make setup" in rows[name]
    assert rows["host compiler"].startswith("ok")  # ziglang, of the packages


def test_folders_that_cannot_be_written(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("no folder")
    code, rows = examined(TINYKWS_CACHE=str(file / "cache"), PLATFORMIO_CORE_DIR=str(file / "pio"))
    assert code == 1
    assert rows["cache"].startswith("fail") and "set TINYKWS_CACHE" in rows["cache"]
    assert rows["PlatformIO"].startswith("fail") and "set PLATFORMIO_CORE_DIR" in rows["PlatformIO"]


def test_a_compiler_without_its_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As gcc-arm-none-eabi is without libnewlib-arm-none-eabi."""
    bare = tmp_path / "arm-none-eabi-gcc"
    bare.write_text('#!/bin/sh\necho "fatal error: string.h: No such file" >&2\nexit 1\n')
    bare.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    (found,) = [one for one in doctor.compilers() if one.what == "cortex-m4f"]
    assert (found.state, found.found) == ("fail", "arm-none-eabi-gcc finds no C library")


def test_packages_are_held_against_the_lock(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.lock"

    def found(*lines: str) -> Finding:
        lock.write_text("\n".join(["# a comment", *lines, "    --hash=sha256:00", ""]))
        return next(doctor.packages(lock))

    version = pytest.__version__
    assert found(f"pytest=={version} \\").state == "ok"
    assert found("pytest==0.1 ; python_version > '3' \\").found == (
        f"1 of 1 with another version: pytest {version} for 0.1"
    )
    assert found(f"pytest=={version} \\", "no-such==1 ; sys_platform == 'vms' \\").state == "ok"
    missing = found(f"pytest=={version} \\", "no-such==1 \\")
    assert (missing.state, missing.found) == ("fail", "1 of 2 missing, such as no-such")


def test_a_damaged_bundle(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(LIB / "model", folder)
    settings = folder / "kws_settings.h"
    settings.write_text(re.sub(r"(THRESHOLD) \d+", r"\1 20", settings.read_text()))
    (found,) = doctor.bundle(folder)
    assert found.state == "fail" and "out of date" in found.found
    assert "git checkout" in found.remedy


def as_nobody(question: Callable[[], Finding]) -> str:
    """The row that a user without rights gets: root may everything."""
    if os.geteuid():
        return doctor.row(question())
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
        os.write(writing, doctor.row(question()).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as said:
        row = said.read()
    os.waitpid(child, 0)
    return row


def test_a_port_that_one_may_not_open_and_one_that_is_gone() -> None:
    ours, theirs = os.openpty()
    name = os.ttyname(theirs)
    doctor.port(name, "")  # imports what it needs, while it may
    try:
        assert doctor.row(doctor.port(name, "a board")) == f"ok    serial port      {name}, a board"
        os.chmod(name, 0)  # noqa: PTH101
        row = as_nobody(lambda: doctor.port(name, "a board"))
        assert row.startswith("warn") and "sudo usermod -aG dialout $USER" in row
    finally:
        os.close(ours)
        os.close(theirs)
    assert "not found; plug the board in" in doctor.row(doctor.port(name, "a board"))


def test_who_may_open_ports() -> None:
    row = as_nobody(doctor.permission)
    if row.startswith("ok"):  # this user is in the group, or PlatformIO's rules are installed
        assert "group" in row or "udev" in row
    else:
        assert "usermod -aG dialout" in row


def test_microphones_are_those_that_the_kernel_lists(tmp_path: Path) -> None:
    listed = tmp_path / "pcm"
    listed.write_text(
        "00-00: ALC257 Analog : ALC257 Analog : playback 1 : capture 1\n"
        "00-03: HDMI 0 : HDMI 0 : playback 1\n"
    )
    assert next(doctor.microphones(listed)) == Finding("ok", "microphones", "ALC257 Analog")
    assert next(doctor.microphones(tmp_path / "none")).state == "warn"

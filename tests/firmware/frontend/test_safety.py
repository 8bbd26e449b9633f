"""No overflow, no undefined behaviour, no stray access, no float and no division."""

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

from convert.errors import TargetError
from convert.frontend_tables import write
from convert.targets import FOLDER, FRONTEND, TARGETS, build, run_tool
from convert.targets.frontend import build_frontend, disassemble, run_frontend
from tests.conftest import answers, frontend_config, usable

SANITIZERS = {
    "gcc undefined": ("gcc", "-fsanitize=undefined"),
    "gcc overflow": ("gcc", "-ftrapv", "-fsanitize=signed-integer-overflow,shift"),
    "gcc address": ("gcc", "-fsanitize=address"),
    "clang undefined": ("clang", "-fsanitize=undefined,implicit-conversion"),
    "clang address": ("clang", "-fsanitize=address"),
}
EMULATED = ("cortex-m4f", "rv32imc", "xtensa-lx106")
HELPERS = r"__\w*(div|mod)[sdt]i3|__\w+[sd]f\w*"  # of libgcc, for division and floats
FORBIDDEN = {
    "cortex-m4f": r"\t(v[a-z]\S*|[su]div)\t|__aeabi_(\w*div\w*|[fd]\w+|u?i2[fd]|u?l2[fd])",
    "rv32imc": rf"\t(f(add|sub|mul|div|cvt|mv|l|s)\S*|div\S*|rem\S*)\t|{HELPERS}",
    "xtensa-lx106": rf"\t(\w+\.s|quo[su]|rem[su])\t|{HELPERS}",
}


@pytest.mark.parametrize("sanitizer", SANITIZERS)
def test_sanitizers_find_nothing(sanitizer: str, name: str, tmp_path: Path) -> None:
    compiler, *checks = SANITIZERS[sanitizer]
    target, config, expected = usable(TARGETS[compiler]), frontend_config(name), answers(name)
    flags = ("-O1", "-g", "-DCHECK_BATCH", *checks, "-fno-sanitize-recover=all")
    program = build_frontend(target, config, tmp_path, flags)
    run = run_frontend(target, program, config, expected.windows)
    np.testing.assert_array_equal(run.features, expected.features)


def test_overflow_would_be_found(tmp_path: Path) -> None:
    """The check above can fail: a constant that breaks the proof is caught."""
    target, config = usable(TARGETS["gcc"]), frontend_config("default")
    write(config, tmp_path)
    tables = tmp_path / "kws_frontend_tables.c"
    broken, changes = re.subn(r"(\.log_floor =) -\d+", r"\1 2147483647", tables.read_text())
    assert changes == 1
    tables.write_text(broken)
    program = build(
        target,
        [*FRONTEND.glob("*.c"), tables, FOLDER / "driver" / "frontend_driver.c"],
        [FRONTEND, tmp_path],
        tmp_path / "frontend",
        ("-O1", "-fsanitize=undefined", "-fno-sanitize-recover=all"),
    )
    with pytest.raises(TargetError, match="signed integer overflow"):
        run_frontend(target, program, config, answers("default").windows[:1])


@pytest.mark.parametrize("target_name", EMULATED)
def test_no_float_and_no_division(target_name: str, tmp_path: Path) -> None:
    target = usable(TARGETS[target_name])
    code = disassemble(target, frontend_config("default"), tmp_path)
    assert len(code.splitlines()) > 500
    found = re.search(FORBIDDEN[target_name], code)
    assert not found, found


@pytest.mark.parametrize("target_name", EMULATED)
def test_float_and_division_would_be_found(target_name: str, tmp_path: Path) -> None:
    target = usable(TARGETS[target_name])
    for expression in ("x / y", "(int)((float)x * 0.5f)"):
        source = tmp_path / "bad.c"
        source.write_text(f"int bad(int x, int y) {{ return y ? {expression} : 0; }}")
        built = tmp_path / "bad.o"
        run_tool([*target.compiler, "-O2", *target.flags, "-c", str(source), "-o", str(built)])
        code = run_tool([target.binutil("objdump"), "-d", "-r", str(built)])
        assert re.search(FORBIDDEN[target_name], code), code


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_compiles_without_a_warning_as_c99(compiler: str, tmp_path: Path) -> None:
    usable(TARGETS[compiler])
    for source in sorted(FRONTEND.glob("*.c")):
        run_tool([
            compiler, "-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Wpedantic", "-Werror",
            "-O2", "-c", str(source), "-o", str(tmp_path / "out.o"),
        ])  # fmt: skip


def test_fuzzing_the_stream_finds_nothing(tmp_path: Path) -> None:
    usable(TARGETS["clang"])
    write(frontend_config("default"), tmp_path)
    fuzzer = tmp_path / "fuzz_stream"
    run_tool([
        "clang", "-std=c99", "-O1", "-g", "-fsanitize=fuzzer,address,undefined",
        "-fno-sanitize-recover=all", f"-I{FRONTEND}", f"-I{tmp_path}",
        str(Path(__file__).with_name("fuzz_stream.c")), str(tmp_path / "kws_frontend_tables.c"),
        *map(str, sorted(FRONTEND.glob("*.c"))), "-o", str(fuzzer),
    ])  # fmt: skip
    done = subprocess.run(
        # no limit of memory: the largest size of the process that started it would count as its own
        [fuzzer, "-seed=1", "-runs=20000", "-max_total_time=20", "-max_len=8192", "-len_control=0",
         "-rss_limit_mb=0"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert "Done" in done.stderr

"""What the generated code is like: small, the same every time, within its memory, refused if it
cannot be."""

import re
import time
from pathlib import Path

import numpy as np
import pytest

from convert.errors import ModelError, TargetError
from convert.graph import read_graph
from convert.native import engine as generator
from convert.native.arithmetic import exponential, quantize_multiplier
from convert.native.engine import LINE, Engine, generate
from convert.native.memory import Overlap, Space, peak, place
from convert.targets import TARGETS, run_tool
from convert.targets.engine import build_engine, run_engine
from tests.conftest import usable
from tests.convert.models import family, rewritten
from tests.convert.native.comparison import case_of, native
from tests.convert.native.graphs import random_graph
from tools.bench.engine import MODELS, mlperf_ds_cnn

FAMILIES = ("ds_cnn", "tc_resnet", "res_ds", "tcn", "mel_stream")
MOST_STACK = 512  # bytes, as docs/engine.md says


def engine_of(content: bytes) -> Engine:
    return generate(read_graph(content), "0123456789abcdef", "python -m convert.to_tflm")


@pytest.mark.parametrize("name", FAMILIES)
def test_generation_is_quick_and_the_same_twice(name: str) -> None:
    content = family(name)
    read_graph(content)  # which imports the schema
    start = time.perf_counter()
    first = engine_of(content)
    assert time.perf_counter() - start < 5
    assert first == engine_of(content)


@pytest.mark.parametrize("name", FAMILIES)
def test_the_code_needs_no_library_but_copies_of_memory(name: str, tmp_path: Path) -> None:
    target = usable(TARGETS["cortex-m4f"])
    build_engine(target, engine_of(family(name)), tmp_path)
    built = tmp_path / "kws_engine.o"
    flags = [*target.flags, "-O2", "-Ifirmware/lib/engine", f"-I{tmp_path}"]
    run_tool([*target.compiler, *flags, "-c", str(tmp_path / "kws_engine.c"), "-o", str(built)])
    needed = run_tool([target.binutil("nm"), "--undefined-only", str(built)]).split()
    assert set(needed) - {"U"} <= {"memcpy", "memmove", "memset"}
    kept = run_tool([target.binutil("size"), "-A", str(built)])
    assert all(re.search(rf"^\.{s}\s+0\s", kept, re.M) for s in ("data", "bss")), kept


def test_a_layer_has_its_name_its_shapes_and_its_memory_in_the_code() -> None:
    source = engine_of(family("ds_cnn")).files["kws_engine.c"]
    assert "/* CONV_2D: [49, 40, 1] -> [25, 20, " in source
    assert "static void kws_layer_1_depthwise(" in source
    assert "    kws_layer_1_depthwise(values + CONV_0, values + DEPTHWISE_1, " in source
    assert max(map(len, source.splitlines())) <= 100


def test_a_long_statement_is_continued_after_commas_alone() -> None:
    members = ", ".join(f".member_{i} = {-i}" for i in range(20))
    lines = generator.code(f"static const struct kws_window window = {{{members}}};")
    assert len(lines) > 1 and max(map(len, lines)) <= LINE - 4
    assert all(line.endswith(",") for line in lines[:-1])
    assert " ".join(line.strip() for line in lines) == (
        f"static const struct kws_window window = {{{members}}};"
    )


def test_another_models_header_is_a_compile_error(tmp_path: Path) -> None:
    engine = engine_of(family("tc_resnet"))
    header = engine.files["kws_engine.h"].replace("0x0123", "0x9123")
    wrong = Engine(engine.files | {"kws_engine.h": header}, engine.scratch_bytes)
    with pytest.raises(TargetError, match=r"kws_engine\.h was generated for a different model"):
        build_engine(usable(TARGETS["gcc"]), wrong, tmp_path)


def test_the_guards_of_the_scratch_memory_see_an_overrun(tmp_path: Path) -> None:
    """With 64 bytes less than it needs, the engine must run into them."""
    content = family("tc_resnet")
    engine = engine_of(content)
    size = f"SCRATCH_BYTES {engine.scratch_bytes}"
    header = engine.files["kws_engine.h"].replace(
        size, f"SCRATCH_BYTES {engine.scratch_bytes - 64}"
    )
    assert header != engine.files["kws_engine.h"]
    target = usable(TARGETS["gcc"])
    program = build_engine(
        target, Engine(engine.files | {"kws_engine.h": header}, engine.scratch_bytes), tmp_path
    )
    with pytest.raises(TargetError, match="exit code 5"):
        run_engine(target, program, case_of(content, 1).inputs, 12)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("target", ["cortex-m4f", "rv32imc", "xtensa-lx106"])
def test_the_stack_stays_below_its_bound(name: str, target: str, tmp_path: Path) -> None:
    run = native(usable(TARGETS[target]), case_of(MODELS[name](), 3), tmp_path, "-O2")
    assert 16 < run.stack_bytes <= MOST_STACK


def test_the_mlperf_model_keeps_our_promises(tmp_path: Path) -> None:
    """1.2 instructions a multiplication, 11 kB of memory, 15 kB of code on a Cortex-M4F."""
    from tools.bench.engine import measure

    found = measure({"mlperf_ds_cnn": mlperf_ds_cnn()}, ["cortex-m4f"], tmp_path)
    numbers = found["models"]["mlperf_ds_cnn"]["targets"]["cortex-m4f"]
    assert found["models"]["mlperf_ds_cnn"]["macs"] == 2_656_768
    assert numbers["instr"] <= 3_100_000 and numbers["instr_per_mac"] <= 1.2
    assert numbers["ram_bytes"] + numbers["stack_bytes"] <= 11_000
    assert numbers["flash_bytes"]["code"] <= 15_000


def test_an_operator_without_a_kernel_is_named() -> None:
    def change(model: object) -> None:
        from train.models.keras import tflite_schema

        codes = model.operatorCodes  # type: ignore[attr-defined]
        for code in codes:
            if code.builtinCode == tflite_schema().BuiltinOperator.SOFTMAX:
                code.builtinCode = code.deprecatedBuiltinCode = (
                    tflite_schema().BuiltinOperator.LOG_SOFTMAX
                )

    with pytest.raises(ModelError, match=r"operator \d+ \(LOG_SOFTMAX\) is not supported by the"):
        engine_of(rewritten(family("ds_cnn"), change))


@pytest.mark.parametrize("seed", range(60))
def test_a_damaged_file_is_refused_or_still_generated(seed: int) -> None:
    """Never anything but a ModelError, whatever byte has changed."""
    content, random = random_graph(seed), np.random.default_rng(seed)
    outcomes = set()
    for _ in range(40):
        damaged = bytearray(content)
        for at in random.integers(8, len(content), int(random.integers(1, 4))):
            damaged[at] = int(random.integers(0, 256))
        try:
            engine_of(bytes(damaged))
            outcomes.add("generated")
        except ModelError:
            outcomes.add("refused")
    assert outcomes == {"generated", "refused"}


def test_tensors_that_live_together_lie_apart_unless_allowed() -> None:
    spaces = [Space("a", 100, 0, 1), Space("b", 60, 1, 2), Space("c", 100, 2, 3)]
    assert peak(spaces, place(spaces, {})) == 160
    in_place = {("a", "b"): Overlap(0), ("b", "c"): Overlap(0)}
    assert peak(spaces, place(spaces, in_place)) == 100


def test_an_exact_overlap_is_taken_where_it_saves_memory() -> None:
    spaces = [Space("a", 100, 0, 1), Space("b", 60, 1, 2)]
    assert peak(spaces, place(spaces, {})) == 160
    offsets = place(spaces, {("a", "b"): Overlap(20, exact=True)})
    assert offsets["a"] - offsets["b"] == 20
    assert peak(spaces, offsets) == 120


def test_in_place_layers_share_their_memory() -> None:
    """MLPerf's model has eight layers whose input and output are 8,000 bytes each: one of them,
    and what the layers work in, must do."""
    assert engine_of(mlperf_ds_cnn()).scratch_bytes < 9_000


def test_factors_are_kept_to_31_bits() -> None:
    for factor in np.random.default_rng(0).uniform(1e-6, 2.0, 200).tolist():
        multiplier, shift = quantize_multiplier(factor)
        assert 1 << 30 <= multiplier < 1 << 31
        assert multiplier / 2.0**31 / 2.0**shift == pytest.approx(factor, rel=1e-9)


def test_powers_of_e_are_close_to_the_real_ones() -> None:
    """To Taylor's first term left out: (1/8)^5 / 120."""
    for exponent in np.random.default_rng(0).uniform(-16, 0, 200).tolist():
        raw = round(exponent * (1 << 26))
        assert exponential(raw) / 2.0**31 == pytest.approx(np.exp(raw / 2.0**26), abs=2.6e-7)

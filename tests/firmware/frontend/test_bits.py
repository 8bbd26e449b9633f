"""Every machine we ship to computes the bits of the integer model."""

from pathlib import Path

import numpy as np
import pytest

from convert.targets import FOLDER, TARGETS, Target, build, execute
from convert.targets.frontend import build_frontend, run_frontend
from tests.conftest import FEW, MANY, answers, frontend_config, usable


@pytest.mark.parametrize("count", [FEW, pytest.param(MANY, marks=pytest.mark.slow)])
def test_target_equals_the_integer_model(
    count: int, target: Target, name: str, tmp_path: Path
) -> None:
    expected = answers(name, count)
    config = frontend_config(name)
    assert len(expected.windows) == count
    run = run_frontend(target, build_frontend(target, config, tmp_path), config, expected.windows)
    np.testing.assert_array_equal(run.frames, expected.frames)
    np.testing.assert_array_equal(run.features, expected.features)


def test_the_expected_bits_are_worth_comparing(name: str) -> None:
    """Not constant, not all saturated: or equality would mean little."""
    features = answers(name).features
    assert len(np.unique(features)) > 100
    assert (np.abs(features.astype(int)) < 127).mean() > 0.5


@pytest.mark.parametrize("optimization", ["-O0", "-Os", "-O3"])
def test_bits_do_not_depend_on_optimization(optimization: str, tmp_path: Path) -> None:
    expected, config = answers("default"), frontend_config("default")
    target = usable(TARGETS["cortex-m4f"])
    program = build_frontend(target, config, tmp_path, (optimization,))
    run = run_frontend(target, program, config, expected.windows[:150])
    np.testing.assert_array_equal(run.frames, expected.frames[:150])


@pytest.mark.parametrize("target_name", [n for n, t in TARGETS.items() if t.counts_instructions])
def test_instruction_counter_counts_instructions(target_name: str, tmp_path: Path) -> None:
    target = usable(TARGETS[target_name])
    program = build(target, [FOLDER / "driver" / "count_driver.c"], [], tmp_path / "count")
    rounds = 500_000
    count = int(np.frombuffer(execute(target, program, np.int32(rounds).tobytes()), np.uint32)[0])
    assert count == pytest.approx(2 * rounds, rel=0.001)

"""What the front end may cost on a board: the goals, at 512/40/40 and -O2."""

from pathlib import Path

import pytest

from convert.targets import TARGETS
from convert.targets.frontend import build_frontend, measure_size, run_frontend
from tests.conftest import answers, frontend_config, usable


@pytest.mark.parametrize(("target_name", "goal"), [("cortex-m4f", 45_000), ("rv32imc", 80_000)])
def test_instructions_per_frame(target_name: str, goal: int, tmp_path: Path) -> None:
    target, config = usable(TARGETS[target_name]), frontend_config("default")
    program = build_frontend(target, config, tmp_path)
    speech = answers("default").windows[:5]
    for window in speech:
        count = run_frontend(target, program, config, window[None]).instructions_per_frame
        assert 10_000 < count <= goal


def test_bytes_on_cortex_m4f(tmp_path: Path) -> None:
    size = measure_size(usable(TARGETS["cortex-m4f"]), frontend_config("default"), tmp_path)
    assert size.code_bytes + size.table_bytes <= 12_000
    assert size.ram_bytes + size.stack_bytes <= 4_000
    assert min(vars(size).values()) > 0

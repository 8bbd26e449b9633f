"""The bench of the page: it is light, and the sum of its parts."""

import json
import os
import subprocess
import sys
from typing import Any

from tests.firmware.library import LIB
from tools.bench.page import SECONDS


def test_weight_and_speed(chromium: Any, wasm: bytes) -> None:
    """In a process of its own: Playwright takes one at a time."""
    command = [sys.executable, "-m", "tools.bench", "page", "--json", "--bundle", LIB / "model"]
    said = subprocess.run(command, capture_output=True, check=True, env=os.environ).stdout
    found = json.loads(said)
    sizes = found["bytes"]
    parts = [size for name, size in sizes.items() if name not in ("all", "exported")]
    assert sizes["WebAssembly"] == len(wasm) and sizes["all"] == sum(parts)
    assert sizes["all"] < 1_000_000 and sizes["exported"] < 1_000_000
    assert found["selftest"] and 0 < found["seconds_a_second"] < 1
    assert 24 * (SECONDS - 1) < found["decisions"] <= 25 * SECONDS

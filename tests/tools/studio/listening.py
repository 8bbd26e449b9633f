"""The page's listener in Node, without a browser."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.studio.wasm import build_wasm

ENGINE = Path(__file__).parents[3] / "tools" / "studio" / "web" / "engine.js"
START = """
import { readFileSync } from "node:fs";
const [engine, wasm, raw] = process.argv.slice(-3);
const source = readFileSync(engine, "utf8");
const { createListener } = await import("data:text/javascript," + encodeURIComponent(source));
const listener = createListener(new WebAssembly.Module(readFileSync(wasm)));
const bytes = readFileSync(raw);
const samples = new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
"""


def in_node(script: str, bundle: Path, samples: NDArray[np.int16], folder: Path) -> Any:
    """What the script prints as JSON. It has a `listener` of the bundle, and the `samples`."""
    raw = folder / "samples"
    raw.write_bytes(samples.astype("<i2").tobytes())
    command = ["node", "--input-type=module", "-e", START + script, "--", str(ENGINE)]
    command += [str(build_wasm(bundle)), str(raw)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)

"""TensorFlow Lite Micro as compiled for boards, compared with the one that verified the bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from convert import tflm as golden
from convert.check import read_bundle, read_manifest
from convert.targets.tflm import build_tflm, run_tflm, smallest_arena

WINDOWS = 20  # of random features: the emulator takes a second for each
LARGEST = 1 << 20  # bytes of arena


def measure(library: Path, archive: Path, bundle: Path, folder: Path) -> dict[str, Any]:
    folder.mkdir(parents=True, exist_ok=True)
    manifest = read_manifest(bundle)
    source = read_bundle(bundle, manifest)
    program = build_tflm(library, archive, bundle, folder)
    random = np.random.default_rng(0)
    features = random.integers(-128, 128, (WINDOWS, *source.config.shape)).astype(np.int8)
    ran = run_tflm(program, bundle, manifest["arena"]["bytes"], features)
    expected = golden.scores(source.content, features)
    apart = np.abs(ran.scores.astype(int) - expected)
    return {
        "model": manifest["model"],
        "arena": {
            "given": manifest["arena"]["bytes"],
            "used": ran.arena_used,
            "smallest": smallest_arena(program, bundle, LARGEST),
        },
        "scores_equal": float((apart == 0).mean()),
        "scores_apart": int(apart.max()),
        "decisions_equal": float((ran.scores.argmax(1) == expected.argmax(1)).mean()),
        "instr": float(ran.instructions.mean()),
        "instr_per_mac": float(ran.instructions.mean() / manifest["macs"]),
    }


def describe(result: dict[str, Any]) -> str:
    arena = result["arena"]
    return (
        f"model {result['model']} on an emulated Cortex-M4F, {WINDOWS} windows of random "
        "features:\n"
        f"  arena: {arena['given']:,} bytes given, {arena['used']:,} used, "
        f"{arena['smallest']:,} would suffice\n"
        f"  scores: {100 * result['scores_equal']:.2f} % equal the reference kernels', differing "
        f"by at most {result['scores_apart']}/256; "
        f"decisions {100 * result['decisions_equal']:.2f} %\n"
        f"  instructions: {result['instr']:,.0f} per window, {result['instr_per_mac']:.2f} per MAC"
    )

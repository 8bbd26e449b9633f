"""The complete firmware on the emulated board: the size of its parts and its scores, with the
native engine and with TensorFlow Lite Micro."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convert.targets.firmware import PARTS, Micro, build_firmware, weigh
from tools.bench import realtime
from tools.bench.speech import speech_windows
from tools.board import golden, requests
from tools.board.connect import connected
from tools.board.emulator import emulator
from tools.board.link import Link
from train.pages.markdown import markdown

WINDOWS = 6  # windows of speech


def measure(bundle: Path, folder: Path, micro: Micro | None) -> dict[str, Any]:
    known = golden.read(bundle)
    config = known.source.config
    windows, _ = speech_windows(None, WINDOWS, config.sample_rate, config.window)
    _, expected = golden.answers(known, windows)
    engines: dict[str, Micro | None] = {"native": None}
    if micro:
        engines["tflm"] = micro
    result: dict[str, Any] = {"model": known.manifest["model"], "engines": {}}
    scores = {}
    for name, one in engines.items():
        program = build_firmware(folder / name, bundle, one)
        weights = weigh(program, one.archive if one else None)
        scores[name], facts = _run(program, windows)
        result["engines"][name] = {
            "flash": {**weights.flash, "all": sum(weights.flash.values())},
            "ram": {**weights.ram, "all": sum(weights.ram.values())},
            **facts,
            "scores_equal": float((scores[name] == expected).mean()),
            "scores_apart": int(np.abs(scores[name].astype(int) - expected).max()),
        }
    result["real_time"] = [
        asdict(one) | {"share": one.share} for one in realtime.shares(known.source)
    ]
    if micro:
        result["engines_equal"] = float((scores["native"] == scores["tflm"]).mean())
    return result


def _run(program: Path, windows: NDArray[np.int16]) -> tuple[NDArray[np.int8], dict[str, Any]]:
    with emulator(firmware=program) as url, connected(url) as link:
        versions = requests.info(link, requests.VERSIONS)
        found = [_judged(link, window) for window in windows]
        sizes = {key: int(value) for key, value in requests.info(link, requests.SIZES).items()}
        stack, stream = sizes.get("stack_bytes", 0), sizes["kept"] < sizes["frames"]
        passed = requests.selftest(link)
    facts = {
        "engine": versions["engine"],
        "run": "step of the network" if stream else "network run",
        "stack": stack,
        "selftest": passed.frontend and passed.engine,
        "frame_us": float(np.median([one.frame_us for one in found])),
        "network_us": float(np.median([one.network_us for one in found])),
    }
    return np.stack([one.values for one in found]), facts


def _judged(link: Link, window: NDArray[np.int16]) -> requests.Scores:
    requests.inject_alone(link, window)
    return requests.scores(link)


def describe(result: dict[str, Any]) -> str:
    engines = result["engines"]
    rows = [["bytes", *(f"{name}: {what}" for name in engines for what in ("flash", "RAM"))]]
    for part in (*PARTS, "all"):
        cells = [engines[name][what][part] for name in engines for what in ("flash", "ram")]
        rows.append([part, *(f"{cell:,}" for cell in cells)])
    lines = [f"The firmware with model {result['model']}, for the emulated Cortex-M4F:", "",
             markdown(rows), ""]  # fmt: skip
    for name, one in engines.items():
        lines.append(
            f"\n{name}: stack {one['stack']:,} bytes; {one['frame_us']:,.0f} µs per frame, "
            f"{one['network_us']:,.0f} µs per {one['run']} at 62.5 million instructions per "
            f"second; {100 * one['scores_equal']:.2f} % of the scores of {WINDOWS} windows equal "
            f"the host's, differing by at most {one['scores_apart']}/256; self-test "
            + ("passed" if one["selftest"] else "FAILED")
        )
    if "engines_equal" in result:
        lines.append(
            f"\nThe two engines: {100 * result['engines_equal']:.2f} % of the scores equal."
        )
    found = [realtime.Share(**{k: v for k, v in one.items() if k != "share"})
             for one in result["real_time"]]  # fmt: skip
    return "\n".join([*lines, "", realtime.describe(found)])

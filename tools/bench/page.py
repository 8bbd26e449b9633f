"""The browser page: its size, and how fast it runs the firmware's C."""

from __future__ import annotations

import base64
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from convert.check import read_manifest
from tools.bench.speech import speech_windows
from tools.studio import page
from tools.studio.errors import StudioError
from tools.studio.export import render
from tools.studio.wasm import build_wasm
from train.data.clip import resample
from train.data.load import load
from train.data.sources import synthetic
from train.pages.markdown import markdown
from train.settings.words import DIGITS

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SECONDS = 20  # of speech, so that the network is never skipped
TIMES = 5
RATE, WINDOW = 16_000, 16_000
STRANGER = 5  # seed of a voice
PUT = """(text) => {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    globalThis.speech = new Int16Array(bytes.buffer);
}"""
HEAR = """() => {
    let decisions = 0;
    studio.listener.start();
    studio.listener.hear(speech, () => {}, ({ ran }) => { decisions += ran; });
    return decisions;
}"""


def find_browser() -> str:
    """Finds an installed Chromium; none is downloaded."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        raise StudioError("no Chromium found; run: make setup")
    return found


def measure(bundle: Path) -> dict[str, Any]:
    model = read_manifest(bundle)["model"]
    wasm = build_wasm(bundle).read_bytes()
    parts = {"WebAssembly": len(wasm), "HTML": len(page.index("").encode())}
    for name, path in page.files().items():
        kind = {".js": "JavaScript", ".css": "style"}.get(path.suffix, name)
        parts[kind] = parts.get(kind, 0) + path.stat().st_size
    content = render(wasm)
    return {
        "model": model,
        "bytes": parts | {"all": sum(parts.values()), "exported": len(content.encode())},
        **_hear(content),
    }


def _hear(content: str) -> dict[str, Any]:
    """Measures the exported page, opened from a file."""
    from playwright.sync_api import sync_playwright  # optional dependency

    program = find_browser()
    windows, _ = speech_windows(None, SECONDS, RATE, WINDOW)
    speech = base64.b64encode(windows.astype("<i2").tobytes()).decode()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = Path(folder) / "page.html"
        file.write_text(content, "utf-8")
        with playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox"], timeout=120_000
        ) as browser:
            shown = browser.new_page()
            shown.goto(file.as_uri())
            shown.wait_for_selector("#facts dd")  # the page is ready
            shown.evaluate(PUT, speech)
            clock = shown.context.new_cdp_session(shown)
            clock.send("Performance.enable")
            times = [_thread_seconds(clock)]
            for _ in range(TIMES):
                decisions: int = shown.evaluate(HEAR)
                times.append(_thread_seconds(clock))
            return {
                "seconds_a_second": float(np.diff(times).min()) / SECONDS,
                "decisions": decisions,
                "selftest": shown.evaluate("studio.listener.selftest"),
                "browser": f"Chromium {browser.version}",
            }


def _thread_seconds(clock: Any) -> float:
    """Returns processor time, so that other programs on this computer do not count."""
    metrics = clock.send("Performance.getMetrics")["metrics"]
    return float(next(one["value"] for one in metrics if one["name"] == "ThreadTime"))


def picture(bundle: Path, path: Path) -> None:
    """Takes a screenshot of the exported page after it has recognized ten digits."""
    from playwright.sync_api import sync_playwright  # optional dependency

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file, speech = Path(folder) / "page.html", Path(folder) / "digits.wav"
        file.write_text(render(build_wasm(bundle).read_bytes()), "utf-8")
        soundfile.write(speech, _digits(), RATE, subtype="PCM_16")
        with playwright.chromium.launch(
            executable_path=find_browser(), args=["--no-sandbox"], timeout=120_000
        ) as browser:
            shown = browser.new_page(viewport={"width": 1200, "height": 850})
            shown.goto(file.as_uri())
            shown.wait_for_selector("#facts dd")
            shown.set_input_files("#open", str(speech))
            shown.locator("#detections .name").nth(len(DIGITS) - 1).wait_for(timeout=120_000)
            shown.screenshot(path=path)


def _digits() -> NDArray[np.int16]:
    """Synthesizes the digits with a voice that is not in training, in a quiet room."""
    gap = np.zeros(RATE * 6 // 10)
    pieces = [np.zeros(RATE)]
    for entry in synthetic.entries(1, STRANGER):
        pieces += [resample(load(entry), RATE).samples.astype(float), gap]
    sound = np.concatenate(pieces)
    sound += np.random.default_rng(0).normal(0, 10, len(sound))
    return np.round(sound).clip(-32768, 32767).astype(np.int16)


def describe(result: dict[str, Any]) -> str:
    rows = [["part", "bytes"], *([name, f"{size:,}"] for name, size in result["bytes"].items())]
    return (
        f"The page with model {result['model']}:\n\n{markdown(rows)}\n\n"
        f"One second of speech takes {1000 * result['seconds_a_second']:.1f} ms of one core in "
        f"{result['browser']}: real-time factor {result['seconds_a_second']:.4f} (front end, "
        f"log-mel picture, {result['decisions'] / SECONDS:.0f} runs of the network; processor "
        f"time, best of {TIMES}). "
        f"Self-test {'passed' if result['selftest'] else 'FAILED'}."
    )

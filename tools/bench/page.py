"""The browser page: what it weighs, and how fast the firmware's C is in it."""

from __future__ import annotations

import base64
import shutil
import tempfile
from pathlib import Path
from typing import Any

from convert.check import read_manifest
from tools.bench.speech import speech_windows
from tools.studio import page
from tools.studio.errors import StudioError
from tools.studio.export import render
from tools.studio.wasm import build_wasm
from train.page import markdown

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SECONDS = 20  # of speech, so that the network is never spared
TIMES = 5
RATE, WINDOW = 16_000, 16_000
HEAR = """({ text, times }) => {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const samples = new Int16Array(bytes.buffer), { listener } = studio, spent = [];
    let decisions = 0;
    for (let i = 0; i < times; i++) {
        listener.start();
        const before = performance.now();
        listener.hear(samples, () => {}, ({ ran }) => { decisions += ran; });
        spent.push(performance.now() - before);
    }
    return { ms: Math.min(...spent), decisions: decisions / times, selftest: listener.selftest };
}"""


def find_browser() -> str:
    """A Chromium of the system's: none is downloaded."""
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
    found = _hear(content)
    return {
        "model": model,
        "bytes": parts | {"all": sum(parts.values()), "exported": len(content.encode())},
        "ms_a_second": found["ms"] / SECONDS,
        "times_real_time": 1000 * SECONDS / found["ms"],
        "decisions": found["decisions"],
        "selftest": found["selftest"],
        "browser": found["browser"],
    }


def _hear(content: str) -> dict[str, Any]:
    """The exported page, opened from a file."""
    from playwright.sync_api import sync_playwright  # an extra

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
            found: dict[str, Any] = shown.evaluate(HEAR, {"text": speech, "times": TIMES})
            return found | {"browser": f"Chromium {browser.version}"}


def describe(result: dict[str, Any]) -> str:
    rows = [["part", "bytes"], *([name, f"{size:,}"] for name, size in result["bytes"].items())]
    return (
        f"The page with model {result['model']}:\n\n{markdown(rows)}\n\n"
        f"A second of speech takes {result['ms_a_second']:.1f} ms in {result['browser']}, "
        f"{result['times_real_time']:,.0f} times as fast as it is spoken (front end, log-mel "
        f"picture, {result['decisions'] / SECONDS:.0f} runs of the network; best of {TIMES}). "
        f"Self-test {'passed' if result['selftest'] else 'FAILED'}."
    )

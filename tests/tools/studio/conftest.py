"""A studio that is running, and a browser that looks at it."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from convert.targets import TARGETS
from tests.conftest import usable
from tests.firmware.app import scenario
from tests.firmware.library import LIB
from tools.bench.page import find_browser
from tools.studio.clips import ClipFolder
from tools.studio.errors import StudioError
from tools.studio.routes import Studio
from tools.studio.server import StudioServer
from tools.studio.wasm import build_wasm

RATE = 16_000
PATIENCE = 120.0  # seconds, on the slowest computer
TOKEN = "token of the tests"
FLAGS = ("--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
         "--autoplay-policy=no-user-gesture-required")  # fmt: skip


@pytest.fixture(scope="session")
def wasm() -> bytes:
    usable(TARGETS["wasm32"])
    return build_wasm(LIB / "model").read_bytes()


@contextmanager
def serving(folder: Path, wasm: bytes) -> Iterator[StudioServer]:
    """Clips in `folder`/clips, runs in `folder`/runs, clips to review in `folder`/kept."""
    review = folder / "kept" if (folder / "kept").is_dir() else None
    studio = Studio(ClipFolder(folder / "clips"), folder / "runs", wasm, TOKEN, review)
    with StudioServer(studio, 0) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def studio(tmp_path: Path, wasm: bytes) -> Iterator[StudioServer]:
    with serving(tmp_path, wasm) as server:
        yield server


@pytest.fixture(scope="package")
def chromium() -> Iterator[Any]:
    """Starts browsers: chromium(flags...). Without one the test is skipped, and fails in CI."""
    try:
        program = find_browser()
    except StudioError as error:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(str(error))
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield lambda *flags: playwright.chromium.launch(
            executable_path=program, args=[*FLAGS, *flags], timeout=120_000
        )


@pytest.fixture(scope="package")
def browser(chromium: Any) -> Iterator[Any]:
    with chromium() as started:
        yield started


@contextmanager
def looking(browser: Any, url: str, **options: Any) -> Iterator[Any]:
    """A page that is ready. It must not complain, not even in the console."""
    complaints: list[str] = []
    with browser.new_context(**options) as context:
        page = context.new_page()
        page.set_default_timeout(1000 * PATIENCE)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(url)
        until(page, "globalThis.studio?.ready")
        yield page
    assert not complaints


def until(page: Any, condition: str) -> None:
    """Playwright's own wait evaluates texts in the page, which the page's policy forbids."""
    deadline = time.monotonic() + PATIENCE
    while not page.evaluate(condition):
        assert time.monotonic() < deadline, f"never came true: {condition}"
        page.wait_for_timeout(50)


@pytest.fixture
def page(browser: Any, studio: StudioServer) -> Iterator[Any]:
    with looking(browser, studio.url) as shown:
        yield shown


@pytest.fixture(scope="session")
def firmware(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole firmware, for this computer."""
    return scenario.build(tmp_path_factory.mktemp("firmware"))


def write_wav(path: Path, samples: NDArray[np.int16]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, RATE, subtype="PCM_16")
    return path

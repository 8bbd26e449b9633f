"""The page as one file: light, and whole without a server."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.firmware.app.scenario import spoken
from tests.tools.studio.conftest import RATE, looking, until, write_wav
from tests.tools.studio.reading import assert_same_bits, heard_by
from tools.studio.__main__ import main
from tools.studio.export import render
from train.settings.words import DIGITS

MOST = 1_000_000  # bytes


def test_it_is_light_and_asks_for_nothing(wasm: bytes) -> None:
    text = render(wasm)
    assert len(text.encode()) < MOST
    assert not re.search(r"""(src|href)=["'](?!#|data:,)""", text)
    assert "connect-src" not in text and "default-src 'none'" in text
    assert render(wasm) == text


def test_ten_digits_from_a_file_without_a_server(
    browser: Any, firmware: Path, tmp_path: Path, wasm: bytes
) -> None:
    page_file = tmp_path / "demo.html"
    page_file.write_text(render(wasm))
    samples = spoken(*DIGITS)
    asked: list[str] = []
    with looking(browser, page_file.as_uri()) as page:
        page.on("request", lambda request: asked.append(request.url))
        page.set_input_files("#open", str(write_wav(tmp_path / "digits.wav", samples)))
        until(page, f"studio.listening.count.samples >= {len(samples)}")
        np.testing.assert_array_equal(heard_by(page), samples)
        assert assert_same_bits(page, firmware) == list(DIGITS)
        assert page.locator("nav").is_hidden()
    assert asked == []


def test_the_microphone_without_a_server(
    chromium: Any, firmware: Path, tmp_path: Path, wasm: bytes
) -> None:
    page_file = tmp_path / "demo.html"
    page_file.write_text(render(wasm))
    file = write_wav(tmp_path / "three.wav", spoken("three"))
    with (
        chromium(f"--use-file-for-fake-audio-capture={file}%noloop") as started,
        looking(started, page_file.as_uri()) as page,
    ):
        page.get_by_role("button", name="Start listening").click()
        until(page, f"studio.listening.count.samples >= {3 * RATE}")
        page.get_by_role("button", name="Stop listening").click()
        assert assert_same_bits(page, firmware) == ["three"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--bundle", "/nowhere"], "is not a bundle"),
        (["--export", "/nowhere/demo.html"], "give another --export"),
        (["--data", __file__], "not a folder"),
    ],
)
def test_errors_are_one_line(
    arguments: list[str], said: str, wasm: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--no-browser", *arguments]) == 1
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1


def test_a_port_that_is_taken_is_one_line(
    studio: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    port, data = str(studio.server_port), str(tmp_path / "none")
    assert main(["--no-browser", "--data", data, "--port", port]) == 1
    assert "give another --port" in capsys.readouterr().err

"""The module: compiled once for each bundle, and of that bundle."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from convert.targets import TARGETS
from tests.conftest import usable
from tests.firmware.library import LIB
from tools.studio.__main__ import main
from tools.studio.wasm import build_wasm
from train.errors import CompilerError


def test_it_is_compiled_once(wasm: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    assert build_wasm(LIB / "model").read_bytes() == wasm
    assert capsys.readouterr().err == ""


def test_a_bundle_of_two_models_is_refused_and_nothing_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usable(TARGETS["wasm32"])
    cache, bundle = tmp_path / "cache", tmp_path / "model"
    monkeypatch.setenv("TINYKWS_CACHE", str(cache))
    shutil.copytree(LIB / "model", bundle)
    header = bundle / "kws_engine.h"
    header.write_text(re.sub(r"(KWS_ENGINE_MODEL 0x)\w+", r"\g<1>1ULL", header.read_text()))
    with pytest.raises(CompilerError, match="was generated for a different model"):
        build_wasm(bundle)
    assert not list(cache.iterdir())


def test_a_bundle_that_hears_another_rate_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = tmp_path / "model"
    shutil.copytree(LIB / "model", bundle)
    header = bundle / "kws_frontend_tables.h"
    text = header.read_text()
    assert "#define KWS_SAMPLE_RATE 16000" in text
    header.write_text(text.replace("KWS_SAMPLE_RATE 16000", "KWS_SAMPLE_RATE 44100"))
    assert main(["--bundle", str(bundle), "--no-browser"]) == 1
    told = capsys.readouterr().err
    assert "expects 44,100 Hz, but the page can only record at 16,000 Hz" in told
    assert len(told.splitlines()) == 1


def test_a_cache_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usable(TARGETS["wasm32"])
    (tmp_path / "file").touch()
    monkeypatch.setenv("TINYKWS_CACHE", str(tmp_path / "file"))
    with pytest.raises(CompilerError, match="set TINYKWS_CACHE"):
        build_wasm(LIB / "model")

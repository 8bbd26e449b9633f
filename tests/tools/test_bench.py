"""The bench measures what the documents quote, and writes it where they quote it."""

import json
from pathlib import Path

import pytest

from convert.targets import TARGETS
from tests.conftest import usable
from tests.convert.models import family
from tools.bench import engine, streaming
from tools.bench.__main__ import main
from tools.bench.frontend import COUNTED, LEVELS
from tools.bench.results import write_results

KEYS = {
    "snr_db", "int8_equal", "int8_max_diff", "instr_per_frame", "code_bytes", "table_bytes",
    "ram_bytes", "speedup_vs_librosa", "rivals",
}  # fmt: skip


def test_frontend_json(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for name in COUNTED:
        usable(TARGETS[name])
    assert main(["frontend", "--json", "--clips", "30"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert set(result) >= KEYS
    assert set(result["snr_db"]) == {str(level) for level in LEVELS}
    assert set(result["instr_per_frame"]) == set(COUNTED)
    assert all(10_000 < count < 1_000_000 for count in result["instr_per_frame"].values())
    for rival in ("cmsis-dsp q15", "cmsis-dsp q31", "cmsis-dsp f32"):
        assert set(result["rivals"][rival]["snr_db"]) == set(result["snr_db"])
    # our yardstick for CMSIS-DSP is right: its own float version agrees with it
    assert result["rivals"]["cmsis-dsp f32"]["snr_db"]["0"]["median"] > 80

    page = tmp_path / "results.md"
    page.write_text("before\n<!-- frontend: begin -->\nold\n<!-- frontend: end -->\nafter\n")
    write_results(result, tmp_path)
    first = page.read_text(), (tmp_path / "frontend-snr.svg").read_text()
    assert "old" not in first[0] and first[0].startswith("before") and "| cortex-m4f" in first[0]
    write_results(result, tmp_path)
    assert (page.read_text(), (tmp_path / "frontend-snr.svg").read_text()) == first


def test_streams_are_measured_beside_windows_or_refused(tmp_path: Path) -> None:
    usable(TARGETS["cortex-m4f"])
    models = {name: family(name) for name in ("tcn", "tc_resnet")}
    windowed = engine.measure(models, ["cortex-m4f"], tmp_path)
    result = streaming.measure(models, windowed, ["cortex-m4f"], tmp_path)
    assert "pads time" in result["refused"]["tc_resnet"]
    for frames, step in result["steps"]["tcn"].items():
        numbers = step["targets"]["cortex-m4f"]
        assert numbers["instr_per_hop"] == round(numbers["instr"] / frames)
        assert 2 * numbers["instr"] < numbers["windowed_instr"]
    text = streaming.describe(result)
    assert text.count("| cortex-m4f") == len(streaming.STEPS) and "tc_resnet: operator" in text


@pytest.mark.parametrize("manifest", [None, b"", b"path,kind,label,speaker,source\n", b"\xff\xfe"])
def test_unusable_data_is_one_line(
    manifest: bytes | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if manifest is not None:
        (tmp_path / "manifest.csv").write_bytes(manifest)
    assert main(["frontend", "--data", str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert "manifest.csv" in error and error.count("\n") == 1

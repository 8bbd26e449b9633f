"""The bench of the whole firmware: it runs in the emulator, and its parts are all there is."""

import json
import subprocess
from pathlib import Path

import pytest

from convert.targets import TARGETS
from convert.targets.firmware import FLASH, PARTS, RAM
from tests.conftest import usable
from tools.bench.__main__ import main


def test_the_parts_are_the_whole_and_the_scores_the_hosts(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usable(TARGETS["cortex-m4f"])
    bundle = Path("firmware/lib/model").resolve()
    monkeypatch.chdir(tmp_path)
    assert main(["firmware", "--json", "--bundle", str(bundle)]) == 0
    found = json.loads(capsys.readouterr().out)
    native = found["engines"]["native"]
    assert native["engine"] == "native" and native["selftest"]
    assert native["scores_equal"] == 1.0 and native["scores_apart"] == 0
    assert 0 < native["frame_us"] < native["network_us"] and native["stack"] > 0
    nano, esp32 = found["real_time"]
    assert 0.01 < nano["share"] < 0.08 and 0.01 < esp32["share"] < 1
    # the same in the whole firmware, by the board's own clock of 16 ns an instruction
    whole = (50 * native["frame_us"] + nano["decisions"] * native["network_us"]) * 62.5
    assert nano["frontend"] + nano["network"] == pytest.approx(whole, rel=0.1)

    program = tmp_path / "build/firmware/native/firmware.elf"
    command = ["arm-none-eabi-size", "-A", str(program)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in said.splitlines()]
    sizes = {row[0]: int(row[1]) for row in rows if len(row) == 3 and row[1].isdigit()}
    for what, sections in (("flash", FLASH), ("ram", RAM)):
        whole = sum(sizes.get(section, 0) for section in sections)
        parts = sum(native[what][part] for part in PARTS)
        assert native[what]["all"] == parts and abs(whole - parts) <= 64, (what, whole, parts)
    assert all(native["flash"][part] > 1000 for part in PARTS)


def test_the_library_comes_with_its_archive() -> None:
    with pytest.raises(SystemExit):
        main(["firmware", "--library", "anywhere"])

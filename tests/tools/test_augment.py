"""Samples to hear and to see: every transform, the same bytes every time, errors in one line."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from tools.augment import OFF, alone, main
from train.augment import TRANSFORMS, augment
from train.settings import Augmentation

ROWS = [*TRANSFORMS, "all", "silence"]


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one word at 8 kHz and one noise."""
    folder = tmp_path_factory.mktemp("recordings")
    random = np.random.default_rng(0)
    soundfile.write(folder / "one.wav", 0.3 * np.sin(np.arange(4000) / 3), 8000)
    soundfile.write(folder / "rain.wav", 0.1 * random.normal(size=32_000), 16_000)
    (folder / "manifest.csv").write_text(
        "path,kind,label,speaker,source\n"
        "one.wav,digits,one,ann,mine\n"
        "rain.wav,noise,rain,none,mine\n"
    )
    return folder


def test_synthesized_speech_is_the_default(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--count", "2", "--out", str(tmp_path)]) == 0
    names = {f"{row}-{number}.wav" for row in ROWS for number in (1, 2)}
    assert {path.name for path in tmp_path.iterdir()} == names | {"original.wav", "sheet.png"}
    assert (tmp_path / "sheet.png").read_bytes().startswith(b"\x89PNG")
    for name in names:
        samples, rate = soundfile.read(tmp_path / name, dtype="int16")
        assert samples.shape == (16_000,) and rate == 16_000
    printed = capsys.readouterr().out
    assert str(tmp_path) in printed and "'seven'" in printed and "open sheet.png" in printed


def test_the_same_command_writes_the_same_bytes(recordings: Path, tmp_path: Path) -> None:
    command = ["--data", str(recordings), "--word", "one", "--set", "augmentation.pitch=3"]
    for folder, count in (("first", "1"), ("again", "1"), ("more", "2")):
        output = str(tmp_path / folder)
        assert main([*command, "--count", count, "--out", output]) == 0
    files = sorted(path.name for path in (tmp_path / "first").glob("*.wav"))
    assert len(files) == len(ROWS) + 1
    for name in files:
        first, again, more = (tmp_path / folder / name for folder in ("first", "again", "more"))
        assert first.read_bytes() == again.read_bytes() == more.read_bytes()


@pytest.mark.parametrize("name", TRANSFORMS)
def test_a_transform_alone_is_really_alone(name: str) -> None:
    clip = np.random.default_rng(0).integers(-9000, 9000, 4000).astype(np.int16)
    clip[:1000] //= 100  # something to cut off
    plain, shown = (
        augment(clip, 16_000, 16_000, ranges, [], np.random.default_rng(0))
        for ranges in (
            OFF,
            alone(
                name,
                Augmentation(room=0.01, hiss=0.01, noise=0.01, microphone=0.01, bandwidth=0.01),
            ),
        )
    )
    louder = 32767 * 10 ** (-3 / 20) / np.abs(clip.astype(float)).max()
    np.testing.assert_allclose(plain[6000:10_000], clip * louder, atol=1)
    assert not plain[:6000].any() and not plain[10_000:].any()
    assert (shown != plain).any()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--word", "sevn"], "did you mean seven"),
        (["--data", "/nowhere"], "manifest.csv"),
        (["--set", "augmentation.pich=3"], "did you mean pitch"),
        (["--out", __file__], "give another --out"),
    ],
)
def test_errors_are_one_line(
    arguments: list[str], expected: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--count", "1", "--out", str(tmp_path), *arguments]) == 1
    error = capsys.readouterr().err
    assert expected in error and error.count("\n") == 1

"""A board's mistakes are saved, judged and learned from; bundles are compared before the old one is
replaced. The board is the whole firmware, on this computer.

"sentence" comes from a radio, and the board takes it for "seven".
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from tests.firmware.app import scenario
from tests.firmware.app.live import live
from tools.board.show import Screen
from tools.board.watch import watch
from tools.personalize.__main__ import main
from tools.personalize.better import OnClips, on_clips, reason, write_if_better
from tools.stream.listener import detections, hear, read_bundle
from train.data import verdicts
from train.data.clip import resample
from train.data.corrections import write_corrections
from train.data.entry import Entry, Voice
from train.data.sources.synthetic import speak
from train.data.verdicts import DETECTION, NEAR, Kept, read_table
from train.errors import DataError
from train.settings.frontend import FrontendConfig

RATE = 16_000
RADIO = [Voice(f"{accent}{variant}", pitch, 158) for accent in ("en-us", "en-gb-x-rp")
         for variant in ("", "+f1", "+m3", "+f2", "+m1", "+f4", "+m7")
         for pitch in (44, 56)]  # fmt: skip
ANOTHER_DAY = [Voice(f"{accent}{variant}", pitch, 166) for accent in ("en-us", "en-gb-x-rp")
               for variant in ("", "+f1", "+m3", "+f2", "+m2", "+f3", "+m4")
               for pitch in (40, 50, 60)]  # fmt: skip
Capture = pytest.CaptureFixture[str]


def said(word: str, voices: Sequence[Voice]) -> NDArray[np.int16]:
    """By one voice after the other, in a quiet room."""
    pieces = [np.zeros(RATE)]
    for voice in voices:
        clip = resample(speak(Entry("radio", "unknown", word, "", voice=voice)), RATE)
        pieces += [clip.samples / 2, np.zeros(RATE)]
    whole = np.concatenate([*pieces, np.zeros(2 * RATE)])
    noisy = whole + np.random.default_rng(0).normal(0, 8, len(whole))
    return noisy.round().clip(-32768, 32767).astype(np.int16)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mistakes")


@pytest.fixture(scope="module")
def base(run: Path, place: Path) -> Path:
    return Path(shutil.copytree(run, place / "runs" / "base"))


@pytest.fixture(scope="module")
def firmware(bundle: Path, place: Path) -> Path:
    (place / "firmware").mkdir()
    return scenario.build(place / "firmware", model=bundle, flags=["-DKWS_KEEP_AUDIO"])


def watched(firmware: Path, samples: NDArray[np.int16], folder: Path) -> list[Kept]:
    """As `board watch --save` does, until the recording is over."""
    seconds = len(samples) / RATE
    with live(firmware, samples) as link:
        return list(watch(link, folder, 100, "radio", seconds, Screen(live=False)))


@pytest.fixture(scope="module")
def kitchen(firmware: Path, place: Path) -> Path:
    """What the board detected, and nearly, with the verdicts of a person."""
    folder = place / "kitchen"
    for word, verdict in (("sentence", "unknown"), ("seven", "seven")):
        for clip in watched(firmware, said(word, RADIO), folder):
            verdicts.judge(folder, clip.file, verdict)
    return folder


@pytest.fixture(scope="module")
def old(bundle: Path, place: Path) -> Path:
    return Path(shutil.copytree(bundle, place / "old"))


@pytest.fixture(scope="module")
def new(kitchen: Path, base: Path, bundle: Path, place: Path) -> Path:
    out = Path(shutil.copytree(bundle, place / "board"))
    assert main([str(kitchen), "--run", str(base), "--out", str(out)]) == 0
    return Path(shutil.copytree(out, place / "new"))  # the C of `out` is loaded


def detected(bundle: Path, word: str) -> Counter[str]:
    """What a bundle detects in voices and at a pace that it has not learned from."""
    one = read_bundle(bundle)
    decisions = detections(hear(one, [said(word, ANOTHER_DAY)]))
    return Counter(one.labels[label] for label in decisions["label"])


def test_false_accepts_and_near_misses_are_in_the_folder(kitchen: Path) -> None:
    clips = read_table(kitchen)
    wrong = [clip for clip in clips if clip.wrong and clip.kind == DETECTION]
    assert len(wrong) >= 8 and {clip.word for clip in wrong} == {"seven"}
    assert any(clip.kind == NEAR and clip.said == "seven" for clip in clips)
    assert sorted(path.name for path in kitchen.glob("*.wav")) == [clip.file for clip in clips]


def test_at_most_half_of_the_false_accepts_are_left(old: Path, new: Path) -> None:
    before, after = detected(old, "sentence"), detected(new, "sentence")
    assert before["seven"] >= 10
    assert after["seven"] <= before["seven"] / 2
    assert after.total() - after["seven"] <= before.total() - before["seven"] + 1


def test_the_word_is_detected_as_often_as_before(old: Path, new: Path) -> None:
    assert detected(new, "seven")["seven"] >= detected(old, "seven")["seven"]


def test_nothing_else_is_forgotten(base: Path, new: Path) -> None:
    personal = json.loads((base.parent / "base-kitchen" / "metrics.json").read_text())["personal"]
    shares = {
        when: sum(good for good, _ in found.values()) / sum(count for _, count in found.values())
        for when, found in personal["test"].items()
    }
    assert shares["after"] > shares["before"] - 0.03
    lost, won = personal["changed"]
    assert not reason(None, OnClips(0, 0, 0), lost, won)


def test_every_fourth_clip_of_a_verdict_is_held_out(kitchen: Path, base: Path, new: Path) -> None:
    own = json.loads((base.parent / "base-kitchen" / "metrics.json").read_text())["personal"]["own"]
    verdicts_of = Counter(clip.said for clip in read_table(kitchen))
    assert {label: count for label, (_, count) in own["after"].items()} == {
        said: count // 4 for said, count in verdicts_of.items()
    }
    assert own["after"]["unknown"][0] > own["before"]["unknown"][0]


def test_a_correction_is_the_window_that_the_board_judged(kitchen: Path, tmp_path: Path) -> None:
    """Under its real label, with the speaker, and the folder as the source."""
    copy = Path(shutil.copytree(kitchen, tmp_path / "hall"))
    corrected = write_corrections(copy, FrontendConfig())
    files = sorted(path.relative_to(corrected).as_posix() for path in corrected.rglob("*.wav"))
    assert files == sorted(f"{c.said}/radio/{c.file}" for c in read_table(kitchen))
    kept = soundfile.read(copy / files[0].split("/")[-1], dtype="int16")[0]
    window = soundfile.read(corrected / files[0], dtype="int16")[0]
    np.testing.assert_array_equal(window, kept[-RATE:])
    assert corrected.name == "hall"


def test_a_worse_bundle_is_not_written(
    kitchen: Path, base: Path, new: Path, tmp_path: Path
) -> None:
    """The old one, if it were the new one."""
    run = Path(shutil.copytree(base, tmp_path / "run"))
    metrics = json.loads((run / "metrics.json").read_text())
    metrics["personal"] = {"changed": [0, 0]}
    (run / "metrics.json").write_text(json.dumps(metrics))
    before = {path.name: path.read_bytes() for path in new.iterdir()}
    with pytest.raises(DataError, match=r"was not written: .* have a false accept"):
        write_if_better(run, kitchen, new)
    assert {path.name: path.read_bytes() for path in new.iterdir()} == before


def test_a_kept_clip_is_detected_again_by_the_bundle_that_detected_it(
    kitchen: Path, old: Path
) -> None:
    """But for what 4 bits per sample change, and a detector that hears the clip only."""
    clips = [clip for clip in read_table(kitchen) if clip.kind == DETECTION]
    heard = on_clips(read_bundle(old), kitchen, clips)
    assert heard.false >= 0.7 * sum(clip.wrong for clip in clips)
    assert heard.found >= 0.7 * sum(not clip.wrong for clip in clips)


@pytest.mark.parametrize(
    ("old", "new", "lost", "won", "why"),
    [
        (OnClips(3, 5, 6), OnClips(1, 5, 6), 10, 8, ""),
        (OnClips(3, 5, 6), OnClips(4, 6, 6), 0, 9, "4 instead of 3 of the clips"),
        (OnClips(3, 5, 6), OnClips(0, 4, 6), 0, 9, "the words of 4 instead of 5"),
        (OnClips(3, 5, 6), OnClips(0, 6, 6), 30, 9, "30 development windows are newly wrong"),
        (None, OnClips(9, 0, 6), 2, 1, ""),
    ],
)
def test_worse_is_more_false_accepts_fewer_words_or_a_loss_beyond_chance(
    old: OnClips | None, new: OnClips, lost: int, won: int, why: str
) -> None:
    found = reason(old, new, lost, won)
    assert found.startswith(why) and bool(found) == bool(why)


def test_without_verdicts_there_is_nothing_to_learn(
    base: Path, tmp_path: Path, capsys: Capture
) -> None:
    verdicts.add(tmp_path, Kept("0001-one.wav", "", "one", 90.0, DETECTION, "me", "0"))
    assert main([str(tmp_path), "--run", str(base), "--out", str(tmp_path / "out")]) == 1
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert "none of its 1 clips has a verdict" in error and "--review" in error

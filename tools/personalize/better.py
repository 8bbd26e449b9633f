"""A new bundle replaces the old one only if it is not worse: on the clips that the board kept, and
on the development data of the run."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from convert import to_tflm
from convert.bundle import MANIFEST, write
from convert.check import read_manifest
from tools.stream.listener import Bundle, detections, frames_of, hear, read_bundle
from train.data.clip import Clip, resample
from train.data.corrections import judged_clips
from train.data.load import read_audio
from train.data.verdicts import Kept
from train.errors import DataError
from train.fit.personal import STAGE
from train.judge.statistics import interval


@dataclass(frozen=True)
class OnClips:
    """What a bundle's detector makes of the judged clips, each with its last window judged."""

    false: int  # clips in which it detects a word that was not said
    found: int  # clips whose word it detects
    words: int  # clips in which one of its words was said


def write_if_better(run: Path, folder: Path, out: Path, options: Sequence[str] = ()) -> int:
    """Converts the run with these options; returns the exit code."""
    with tempfile.TemporaryDirectory(prefix="tinykws-") as temporary:
        fresh = Path(temporary) / "bundle"
        if done := to_tflm.main(["--run", str(run), "--out", str(fresh), *options]):
            return done
        clips = judged_clips(folder)
        new = on_clips(read_bundle(fresh), folder, clips)
        old = on_clips(read_bundle(out), folder, clips) if (out / MANIFEST).is_file() else None
        lost, won = json.loads((run / "metrics.json").read_text())[STAGE]["changed"]
        print(told(old, new, len(clips), lost, won))
        if why := reason(old, new, lost, won):
            raise DataError(
                f"the new bundle is worse and was not written: {why}; judge more clips of both "
                f"kinds and run it again ({run} has the details)"
            )
        write({path.name: path.read_text("utf-8") for path in fresh.iterdir()}, out)
    print(f"{out}: the new bundle is written")
    return 0


def on_clips(bundle: Bundle, folder: Path, clips: Sequence[Kept]) -> OnClips:
    false = found = words = 0
    for clip in clips:
        samples, rate = read_audio(folder / clip.file)
        whole = resample(Clip(samples, rate, "", "", ""), bundle.rate).samples
        heard = whole[-length_to_hear(bundle, len(whole)) :]
        decisions = detections(hear(bundle, [heard], injected=True))
        detected = {bundle.labels[label] for label in decisions["label"]}
        false += bool(detected - {clip.said})
        found += clip.said in detected
        words += clip.said in bundle.words
    return OnClips(false, found, words)


def length_to_hear(bundle: Bundle, length: int) -> int:
    """As much of a clip's end as makes its last window one that is judged: the board's window."""
    frontend = read_manifest(bundle.folder)["frontend"]
    frames = (bundle.window - frontend["fft_size"]) // bundle.hop
    first = frontend["fft_size"] + frames * bundle.hop
    period = frames_of(bundle, bundle.detector.decision_ms) * bundle.hop
    return first + max(0, length - first) // period * period


def told(old: OnClips | None, new: OnClips, clips: int, lost: int, won: int) -> str:
    before = (str(old.false), f"{old.found} of {old.words}") if old else ("none", "none")
    rows = [
        (f"on your {clips} clips", "old bundle", "new bundle"),
        ("  with a false accept", before[0], str(new.false)),
        ("  whose word is detected", before[1], f"{new.found} of {new.words}"),
    ]
    lines = [f"{a:<26}  {b:>10}  {c:>10}" for a, b, c in rows]
    return "\n".join([*lines, f"development windows: {won} newly right, {lost} newly wrong"])


def reason(old: OnClips | None, new: OnClips, lost: int, won: int) -> str:
    """Why the new bundle is worse; empty if it is not."""
    if old and new.false > old.false:
        return f"{new.false} instead of {old.false} of the clips have a false accept"
    if old and new.found < old.found:
        return f"the words of {new.found} instead of {old.found} clips are detected"
    if lost > won and interval(lost, lost + won)[0] > 0.5:
        return (
            f"{lost} development windows are newly wrong and only {won} newly right, more than "
            "chance explains"
        )
    return ""

"""What is learned from clips that a board has kept and a person has judged: the window that the
board judged, under the label that was really said.

The windows are written in the layout of training data, into FOLDER/corrections/PLACE, so the place
that gives the folder its name becomes their source.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import soundfile

from train.data.clip import Clip, resample
from train.data.load import read_audio
from train.data.verdicts import Kept, read_table
from train.errors import DataError
from train.settings.frontend import FrontendConfig
from train.settings.words import UNKNOWN

CORRECTED = "corrections"


def judged_clips(folder: Path) -> list[Kept]:
    clips = read_table(folder)
    judged = [clip for clip in clips if clip.said]
    if not judged:
        raise DataError(
            f"{folder}: none of its {len(clips):,} clips has a verdict; give some with: "
            f"python -m tools.studio --review {folder}"
        )
    return judged


def write_corrections(folder: Path, config: FrontendConfig) -> Path:
    """Writes them anew; returns the folder that training reads."""
    place = folder / CORRECTED / folder.resolve().name
    clips = judged_clips(folder)
    try:
        shutil.rmtree(folder / CORRECTED, ignore_errors=True)
        for clip in clips:
            samples, rate = read_audio(folder / clip.file)
            heard = resample(Clip(samples, rate, "", "", ""), config.sample_rate).samples
            path = place / clip.said / (clip.speaker or "someone") / clip.file
            path.parent.mkdir(parents=True, exist_ok=True)
            end = heard[-config.window :]  # later than the window is nothing
            soundfile.write(path, end, config.sample_rate, subtype="PCM_16")
    except (OSError, soundfile.SoundFileError) as error:
        raise DataError(f"{place}: cannot be written ({error}); make room, or move it") from error
    return place


def check_learnable(folder: Path, labels: tuple[str, ...]) -> None:
    if UNKNOWN not in labels:
        raise DataError(
            f"{folder}: the run has no label {UNKNOWN!r} for what is none of its words; train one "
            "with --set data.unknown=true"
        )

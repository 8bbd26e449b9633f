"""A folder of clips with manifest.csv, said by synthesized voices."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import soundfile

from train.data.entry import Entry
from train.data.load import load

HEADER = "path,kind,label,speaker,source,rate,seconds"


def write_clips(folder: Path, entries: Iterable[Entry]) -> Path:
    folder.mkdir(parents=True)
    rows = [HEADER]
    for entry in entries:
        clip = load(entry)
        name = f"{entry.label}_{entry.speaker}.wav"
        soundfile.write(folder / name, clip.samples, clip.rate, subtype="PCM_16")
        rows.append(f"{name},{entry.kind},{entry.label},{entry.speaker},home,{clip.rate},1")
    (folder / "manifest.csv").write_text("\n".join(rows))
    return folder

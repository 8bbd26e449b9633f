"""What a model did not learn from: parts of long recordings, and speakers of clips."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from tools.stream.listener import Bundle
from train.data.entry import Entry
from train.data.long.recordings import find
from train.data.long.spans import spans_of
from train.data.sources import manifest
from train.errors import DataError

Parts = tuple[tuple[float, float], ...]  # start and end in seconds
EVERYTHING: Parts = ((0.0, float("inf")),)


def not_learned(paths: Sequence[Path], bundle: Bundle) -> dict[Path, Parts]:
    """The parts of long recordings, files or folders, that the model did not learn from. Of a
    recording that is not listed this is everything."""
    run = json.loads((bundle.folder / "manifest.json").read_text()).get("run") or {}
    learned = run.get("long") or {"validation": 1, "digests": []}
    if not learned["digests"]:
        return {}
    folders = sorted({path if path.is_dir() else path.parent for path in paths})
    return {
        one.path: tuple(
            (span.start, span.end)
            for span in spans_of(one, run.get("seed") or 0, learned["validation"])
            if span.split != "train"
        )
        for folder in folders
        for one in find(folder, sorted(bundle.words))[0]
        if one.digest in learned["digests"]
    }


def strangers(clips: Path, source: str = "", run: Path | None = None) -> list[Entry]:
    """Of a folder's clips, `source` chooses one of their sources, and `run` leaves out the speakers
    that this run learned from."""
    offered = [e for e in manifest.entries(clips) if e.kind != "noise"]
    if source and not (offered := [e for e in offered if e.source == source]):
        raise DataError(f"{clips}: manifest.csv has no source {source}")
    known = {}
    if run:
        try:
            known = json.loads((run / "split.json").read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise DataError(f"{run}: is not the folder of a finished run ({error})") from error
    if not (found := [e for e in offered if known.get(e.speaker) != "train"]):
        raise DataError(f"{clips}: has no clips of speakers that the model did not learn from")
    return found

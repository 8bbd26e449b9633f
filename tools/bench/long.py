"""Hours of real sound through a bundle: false accepts, and the keywords that do occur."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tools.classify import recordings
from tools.stream.intervals import poisson_interval
from tools.stream.judging import FALSE, HIT, Count, count, heard, hours_outside, judge
from tools.stream.listener import read_bundle
from tools.stream.listening import Listening, listen
from tools.stream.unheard import EVERYTHING, not_learned
from train.data.long.labels import read_track, track_of
from train.errors import DataError


def measure(folder: Path, long: Path) -> dict[str, Any]:
    """By kind of sound."""
    return {kind.name: _listening(folder, kind) for kind in kinds(long)}


def kinds(long: Path) -> list[Path]:
    """Returns the folders, one per kind of sound, with label tracks next to the recordings."""
    found = sorted(path for path in long.iterdir() if path.is_dir())
    if not found:
        raise DataError(f"{long}: expected one folder per kind of sound, such as speech, noise")
    return found


def _listening(folder: Path, kind: Path) -> dict[str, Any]:
    """Runs the complete firmware path: conditioner, front end, engine, detector. What the model
    learned from does not count."""
    bundle = read_bundle(folder.resolve())
    files = [path for path in recordings([kind]) if track_of(path).is_file()]
    if not files:
        raise DataError(
            f"{kind}: has no label tracks; an empty NAME.txt means that no keyword occurs"
        )
    parts = not_learned([kind], bundle)
    files = [path for path in files if parts.get(path, EVERYTHING)]
    listening = Listening(bundle.folder, injected=False, period_ms=bundle.detector.decision_ms)
    known = [
        heard(str(path), decisions, read_track(track_of(path)), bundle,
              counted=parts.get(path, EVERYTHING))
        for path, decisions in zip(files, listen(listening, files), strict=True)
    ]  # fmt: skip
    events = [event for one in known for event in judge(bundle, one, bundle.detector)]
    total, _ = count(events, hours_outside(bundle, known))
    return _rates(total)


def _rates(total: Count) -> dict[str, Any]:
    false = total.outcomes[FALSE]
    return {
        "hours": total.hours,
        "false_accepts": false,
        "false_accepts_per_hour": total.an_hour,
        "interval": [one / total.hours for one in poisson_interval(false)],
        "words": total.words,
        "hits": total.outcomes[HIT],
    }

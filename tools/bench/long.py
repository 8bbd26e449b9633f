"""Hours of real sound through a bundle: false accepts, and the keywords that do occur."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from scipy.stats import chi2

from tools.classify import recordings
from tools.stream.judging import FALSE, HIT, Count, count, heard, hours_outside, judge
from tools.stream.listener import Bundle, read_bundle
from tools.stream.listening import Listening, listen
from train.data.long.labels import Label, read_track, track_of
from train.data.long.recordings import find
from train.data.long.spans import spans_of
from train.errors import DataError

UNHEARD = "unheard"  # label of the parts of long recordings that the model did not learn from


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
    unheard = not_learned(kind, bundle)
    files = [path for path in files if unheard[path]]
    listening = Listening(bundle.folder, injected=False, period_ms=bundle.detector.decision_ms)
    known = [
        heard(str(path), decisions, [*read_track(track_of(path)), *unheard[path]], bundle)
        for path, decisions in zip(files, listen(listening, files), strict=True)
    ]
    events = [event for one in known for event in judge(bundle, one, bundle.detector)]
    _, by_kind = count(events, hours_outside(bundle, known))
    return _rates(by_kind.get(UNHEARD, Count()))


def not_learned(kind: Path, bundle: Bundle) -> dict[Path, list[Label]]:
    """The parts of each recording that the model did not learn from, as labels."""
    run = json.loads((bundle.folder / "manifest.json").read_text()).get("run") or {}
    learned = run.get("long", {"validation": 1, "digests": []})
    found, _ = find(kind, sorted(bundle.words))
    return {
        one.path: [
            Label(span.start, span.end, UNHEARD)
            for span in spans_of(one, run.get("seed") or 0, learned["validation"])
            if span.split != "train"
        ]
        if one.digest in learned["digests"]
        else [Label(0.0, one.seconds, UNHEARD)]
        for one in found
    }


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


def poisson_interval(events: int) -> tuple[float, float]:
    """Computes the 95 % interval of a count: 0 in an hour only proves fewer than 3.7 per hour."""
    low = float(chi2.ppf(0.025, 2 * events)) / 2 if events else 0.0
    return low, float(chi2.ppf(0.975, 2 * events + 2)) / 2

"""A bundle under realistic conditions: clips of unseen speakers, and hours of real sound.

The clips are development data: choices are made on them, so the figures rank those choices but do
not predict accuracy on voices that were never looked at.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from tools.board import golden
from tools.classify import recordings
from tools.stream.judging import FALSE, HIT, Count, count, heard, hours_outside, judge
from tools.stream.listener import Bundle, read_bundle
from tools.stream.listening import Listening, listen
from train.augment.channel import through_rate
from train.data.clip import at_level, resample, to_int16
from train.data.entry import Entry
from train.data.load import load
from train.data.long.labels import Label, read_track, track_of
from train.data.long.recordings import find
from train.data.long.spans import spans_of
from train.data.placing import placed
from train.data.sources import manifest
from train.errors import DataError
from train.features.blocks import in_noise
from train.pages.html import ABSENT
from train.pages.markdown import markdown
from train.settings.words import SILENCE, UNKNOWN

DRAWS = 2_000  # bootstrap draws over speakers
UNHEARD = "unheard"  # label of the parts of long recordings that the model did not learn from
SHOWN = 6  # most frequent confusions
MOST = 20  # speakers in a table; with more of them, each has too few clips to say anything


NARROW, SNR, QUIET = 8_000, 10.0, -40.0  # Hz, dB, dBFS: harder versions of the same clips

Window = NDArray[np.int16]
Change = Callable[[Window, int, int], Window]  # a window, its rate, and the clip's number


@dataclass(frozen=True)
class Judged:
    """One clip and the label that it was given."""

    speaker: str
    word: str
    label: str
    score: float


def measure(
    folder: Path, clips: Path | None, long: Path | None, source: str = "", run: Path | None = None
) -> dict[str, Any]:
    """Skips the parts whose folder is not given. Of the clips, `source` chooses one of their
    sources, and `run` leaves out the speakers that this run learned from."""
    bundle = golden.read(folder)
    result: dict[str, Any] = {"model": bundle.manifest["model"]}
    if clips:
        entries = _strangers(clips, source, run)
        words = [e for e in entries if e.label in bundle.source.labels]
        others = [e for e in entries if e.label not in bundle.source.labels]
        if not words:
            raise DataError(f"{clips}: has no strangers who say one of {bundle.source.labels}")
        result["clips"] = _accuracy(classify(bundle, words))
        result["hard"] = {name: _hard(bundle, words, change) for name, change in HARD.items()}
        if others:
            threshold = bundle.manifest["detector"]["threshold"] / 256
            result["others"] = _taken(classify(bundle, others), bundle.source.labels, threshold)
    if long:
        result["long"] = {kind.name: _listening(folder, kind) for kind in kinds(long)}
    return result


def _strangers(clips: Path, source: str, run: Path | None) -> list[Entry]:
    offered = [e for e in manifest.entries(clips) if e.kind != "noise"]
    if source and not (offered := [e for e in offered if e.source == source]):
        raise DataError(f"{clips}: manifest.csv has no source {source}")
    known = {}
    if run:
        try:
            known = json.loads((run / "split.json").read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise DataError(f"{run}: is not the folder of a finished run ({error})") from error
    return [e for e in offered if known.get(e.speaker) != "train"]


def classify(
    bundle: golden.Bundle, entries: Sequence[Entry], change: Change | None = None
) -> list[Judged]:
    """Classifies one window per clip, with the board's arithmetic."""
    config = bundle.source.config
    loaded = (resample(load(entry), config.sample_rate).samples for entry in entries)
    windows = [placed(samples, config.window, config.sample_rate) for samples in loaded]
    if change:
        windows = [change(window, config.sample_rate, i) for i, window in enumerate(windows)]
    _, scores = golden.answers(bundle, np.stack(windows))
    labels = bundle.source.labels
    return [
        Judged(e.speaker, e.label, labels[row.argmax()], (int(row.max()) + 128) / 256)
        for e, row in zip(entries, scores, strict=True)
    ]


def _hard(bundle: golden.Bundle, entries: Sequence[Entry], change: Change) -> float:
    judged = classify(bundle, entries, change)
    return sum(one.label == one.word for one in judged) / len(judged)


def _quiet(window: Window, _rate: int, _number: int) -> Window:
    return at_level(window, QUIET)


def _noisy(window: Window, _rate: int, number: int) -> Window:
    """Coloured noise, white to brown, at the mean power of the whole window."""
    return in_noise(window, window, SNR, [], np.random.default_rng(number))


def _narrow(window: Window, rate: int, _number: int) -> Window:
    return to_int16(through_rate(window.astype(np.float64), rate, NARROW))


HARD: dict[str, Change] = {
    f"at {NARROW // 1000} kHz": _narrow,
    f"in noise, {SNR:g} dB SNR": _noisy,
    f"at {QUIET:g} dBFS": _quiet,
}


def kinds(long: Path) -> list[Path]:
    """Returns the folders, one per kind of sound, with label tracks next to the recordings."""
    found = sorted(path for path in long.iterdir() if path.is_dir())
    if not found:
        raise DataError(f"{long}: expected one folder per kind of sound, such as speech, noise")
    return found


def _accuracy(judged: Sequence[Judged]) -> dict[str, Any]:
    right = Counter(one.speaker for one in judged if one.label == one.word)
    clips = Counter(one.speaker for one in judged)
    speakers = sorted(clips)
    wrong = Counter((one.word, one.label) for one in judged if one.label != one.word)
    return {
        "clips": len(judged),
        "right": sum(right.values()),
        "accuracy": sum(right.values()) / len(judged),
        "interval": _over_speakers(
            np.array([right[s] for s in speakers]), np.array([clips[s] for s in speakers])
        ),
        "by_speaker": {speaker: right[speaker] / clips[speaker] for speaker in speakers},
        "confusions": [[*pair, number] for pair, number in wrong.most_common(SHOWN)],
    }


def _taken(judged: Sequence[Judged], labels: Sequence[str], threshold: float) -> dict[str, Any]:
    """How many other words are taken for a keyword: by the highest score, and by the threshold."""
    keywords = [one for one in judged if one.label not in (UNKNOWN, SILENCE)]
    wrong = Counter((one.word, one.label) for one in keywords if one.score >= threshold)
    return {
        "clips": len(judged),
        "speakers": len({one.speaker for one in judged}),
        "taken": len(keywords) / len(judged),
        "above_threshold": sum(wrong.values()) / len(judged),
        "threshold": threshold,
        "confusions": [[*pair, number] for pair, number in wrong.most_common(SHOWN)],
    }


def _over_speakers(right: NDArray[np.int64], clips: NDArray[np.int64]) -> list[float]:
    """Computes the 95 % bootstrap interval. Whole speakers are drawn, as their clips are alike."""
    drawn = np.random.default_rng(0).integers(0, len(clips), (DRAWS, len(clips)))
    shares = right[drawn].sum(axis=1) / clips[drawn].sum(axis=1)
    return [float(value) for value in np.percentile(shares, [2.5, 97.5])]


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


def describe(result: dict[str, Any]) -> str:
    parts = [f"Model {result['model']}, threshold and detector as committed."]
    if clips := result.get("clips"):
        parts += _clips(clips, result["hard"])
    if others := result.get("others"):
        parts.append(_others(others))
    if long := result.get("long"):
        parts.append(_long(long))
    return "\n\n".join(parts)


def _clips(found: dict[str, Any], hard: dict[str, float]) -> list[str]:
    low, high = (100 * share for share in found["interval"])
    by_speaker = sorted(found["by_speaker"].items(), key=lambda pair: pair[1])
    worst = by_speaker[:MOST]
    rows = [["speaker", *(name for name, _ in worst)],
            ["recognized, %", *(f"{100 * share:.1f}" for _, share in worst)]]  # fmt: skip
    mistakes = ", ".join(f"{word} as {label} {n}" for word, label, n in found["confusions"])
    return [
        f"{100 * found['accuracy']:.1f} % of {found['clips']:,} clips of {len(by_speaker):,} "
        f"speakers recognized (95 % interval over speakers: {low:.1f} to {high:.1f} %).",
        *([markdown(rows)] if len(by_speaker) == len(worst) else []),
        f"Most frequent mistakes: {mistakes}.",
        "The same clips "
        + ", ".join(f"{name}: {100 * share:.1f} %" for name, share in hard.items())
        + ".",
    ]


def _others(found: dict[str, Any]) -> str:
    wrong = ", ".join(f"{word} as {label} {n}" for word, label, n in found["confusions"])
    return (
        f"Of {found['clips']:,} other words of {found['speakers']:,} speakers, "
        f"{100 * found['taken']:.1f} % have their highest score for a keyword, and "
        f"{100 * found['above_threshold']:.1f} % reach the threshold of "
        f"{100 * found['threshold']:.0f} %{': most often ' + wrong if wrong else ''}."
    )


def _long(found: dict[str, Any]) -> str:
    rows = [["sound", "hours", "false accepts", "per hour (95 % interval)", "words detected"]]
    for kind, one in found.items():
        low, high = one["interval"]
        words = f"{one['hits']} of {one['words']}" if one["words"] else ABSENT
        rows.append([
            kind, f"{one['hours']:.2f}", str(one["false_accepts"]),
            f"{one['false_accepts_per_hour']:.1f} ({low:.1f} to {high:.1f})", words,
        ])  # fmt: skip
    return markdown(rows)

"""`replay`: sends clips through the board, and compares features and scores with this computer's.

As in evaluation, a clip longer than a window is cut to a window around its word.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from tools.board import golden, requests
from tools.board.errors import LinkError
from tools.board.expected import check_same, expected
from tools.board.link import Link
from train.data.clip import Clip, resample
from train.data.entry import Entry
from train.data.load import Rejected, load_usable
from train.data.placing import placed
from train.data.sources.registry import entries_of, recognize
from train.errors import DataError
from train.settings.frontend import FrontendConfig
from train.settings.words import UNKNOWN
from train.spread.progress import tqdm

BATCH = 64  # clips whose expected results are computed at once
SHOWN = 10  # differences listed


@dataclass(frozen=True)
class Outcome:
    """One clip: the board's result, and how many values differ from the host's."""

    clip: str
    label: str
    heard: str
    features_different: int
    scores_different: int
    frame_us: int
    network_us: int

    @property
    def equal(self) -> bool:
        return not self.features_different and not self.scores_different


def chosen(folder: Path, clips: int | None, seed: int = 0) -> list[Entry]:
    """Returns the folder's words, or a random selection of them."""
    entries = [e for e in entries_of(recognize(folder), str(folder)) if e.kind != "noise"]
    if not entries:
        raise DataError(f"{folder}: contains no recordings of words; give another folder")
    if clips is None or clips >= len(entries):
        return entries
    picked = np.random.default_rng(seed).permutation(len(entries))[:clips]
    return [entries[i] for i in sorted(picked)]


def replay(
    link: Link, bundle: golden.Bundle, entries: Sequence[Entry]
) -> tuple[list[Outcome], list[Rejected]]:
    """Replays the clips with a progress bar; skips those that cannot be read."""
    check_same(expected(bundle.folder), requests.info(link, requests.VERSIONS), link.name)
    outcomes: list[Outcome] = []
    rejected: list[Rejected] = []
    with tqdm(total=len(entries), unit=" clips", leave=False) as bar:
        for start in range(0, len(entries), BATCH):
            found = list(load_usable(entries[start : start + BATCH]))
            usable = [
                (entry, clip)
                for entry, clip in zip(entries[start:], found, strict=False)
                if isinstance(clip, Clip)
            ]
            rejected += [clip for clip in found if isinstance(clip, Rejected)]
            bar.update(len(found) - len(usable))
            for outcome in _batch(link, bundle, usable):
                outcomes.append(outcome)
                bar.update()
    if not outcomes:
        raise DataError(f"no usable clips; {rejected[0].reason}")
    return outcomes, rejected


def _batch(link: Link, bundle: golden.Bundle, clips: list[tuple[Entry, Clip]]) -> Iterator[Outcome]:
    if not clips:
        return
    config, labels = bundle.source.config, bundle.source.labels
    rate, kept = config.sample_rate, kept_frames(link, config)
    windows = [placed(resample(clip, rate).samples, config.window, rate) for _, clip in clips]
    features, scores = golden.answers(bundle, np.stack(windows))
    for (entry, _), window, right, best in zip(clips, windows, features, scores, strict=True):
        got, judged = through(link, window, config, kept)
        if len(judged.values) != len(labels):
            raise LinkError(f"{link.name}: has {len(judged.values)} scores, not {len(labels)}")
        yield Outcome(
            clip=str(entry.path or entry.voice),
            label=entry.label if entry.label in labels else UNKNOWN,
            heard=labels[int(judged.values.argmax())],
            features_different=int((got != right).sum()),
            scores_different=int((judged.values != best).sum()),
            frame_us=judged.frame_us,
            network_us=judged.network_us,
        )


def kept_frames(link: Link, config: FrontendConfig) -> int:
    """Returns how many newest frames the board can tell the features of: those of a window or, with
    the engine of a stream, those of a step."""
    return int(requests.info(link, requests.SIZES).get("kept", config.shape[0]))


def through(
    link: Link, window: NDArray[np.int16], config: FrontendConfig, kept: int
) -> tuple[NDArray[np.int8], requests.Scores]:
    """Returns the board's features and scores for a window."""
    frames, coefficients = config.shape
    ends = [*range(kept, frames, kept), frames]
    requests.source(link, requests.ON_REQUEST)
    found: list[NDArray[np.int8]] = []
    heard = done = 0
    for end in ends:
        samples = config.fft_size + (end - 1) * config.hop
        requests.inject(link, window[heard:samples], heard)
        found.append(requests.features(link, (kept, coefficients))[done - end :])
        heard, done = samples, end
    requests.inject(link, window[heard:], heard)
    return np.concatenate(found), requests.scores(link)


def summary(outcomes: Sequence[Outcome], rejected: Sequence[Rejected]) -> dict[str, Any]:
    return {
        "clips": len(outcomes),
        "right": sum(o.heard == o.label for o in outcomes),
        "features_equal": sum(not o.features_different for o in outcomes),
        "scores_equal": sum(not o.scores_different for o in outcomes),
        "frame_us": round(float(np.median([o.frame_us for o in outcomes]))),
        "network_us": round(float(np.median([o.network_us for o in outcomes]))),
        "left_out": [r.reason for r in rejected],
        "different": [asdict(o) for o in outcomes if not o.equal],
        "missed": [asdict(o) for o in outcomes if o.heard != o.label],
    }


def told(found: dict[str, Any]) -> str:
    """Formats the result for people."""
    clips = found["clips"]
    lines = [
        f"{clips:,} clips; compared with {golden.arithmetic()} on this computer",
        f"features equal  {found['features_equal']:,} of {clips:,}",
        f"scores equal    {found['scores_equal']:,} of {clips:,}",
        f"accuracy        {found['right'] / clips:.2%}",
        f"time            front end {found['frame_us'] / 1000:.2f} ms per frame, "
        f"network {found['network_us'] / 1000:.1f} ms",
    ]
    lines += [f"skipped: {reason}" for reason in found["left_out"][:SHOWN]]
    lines += [
        f"different: {o['clip']}: {o['features_different']} features, "
        f"{o['scores_different']} scores"
        for o in found["different"][:SHOWN]
    ]
    return "\n".join(lines)


def write_junit(outcomes: Sequence[Outcome], path: Path) -> None:
    """Writes one test case per clip; it fails if board and host differ, not if a word is missed."""
    different = sum(not o.equal for o in outcomes)
    suite = ElementTree.Element(
        "testsuite", name="tools.board replay", tests=str(len(outcomes)), failures=str(different)
    )
    for o in outcomes:
        case = ElementTree.SubElement(suite, "testcase", classname=o.label, name=o.clip)
        if not o.equal:
            ElementTree.SubElement(
                case,
                "failure",
                message=f"{o.features_different} features and {o.scores_different} scores differ",
            )
        output = ElementTree.SubElement(case, "system-out")
        output.text = json.dumps(asdict(o))
    try:
        ElementTree.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)
    except OSError as error:
        raise DataError(f"{path}: cannot be written ({error.strerror}); give another") from error

"""`python -m tools.stream PATH...`: what a board detects in long recordings, and how well.

Each recording, given directly or in a folder, is processed by the firmware's own C with the bundle:
conditioner, front end, engine, detector. The detections are listed.

If a label track `kitchen.txt` next to `kitchen.wav` (Audacity: File, Export, Export Labels) says
when each word was spoken, the report counts the words that were detected, missed or confused, the
latency after their end, and the false accepts per hour. A label that is not a word of the model
describes a background sound; a file without any words has an empty track.

Then it says how many words are missed at 0.1, 0.5, 1 and 3 false accepts per hour, each with an
interval. --words adds words for this: the clips of a folder, with natural pauses, alone and mixed
into the recordings. Parts of recordings that the model learned from do not count.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from convert.bundle import DEFAULTS
from convert.errors import BundleError, ModelError
from convert.options import bundle_option
from tools.classify import recordings
from tools.stream import report
from tools.stream.curve import curve, explore, recommended
from tools.stream.judging import (
    OURS,
    PROTOCOLS,
    REST,
    Heard,
    count,
    heard,
    hours_outside,
    judge,
)
from tools.stream.listener import Bundle, Decisions, Detector, detect, read_bundle
from tools.stream.listening import Listening, listen, listen_to_scenes
from tools.stream.report import Result
from tools.stream.scene import Part, Scene
from tools.stream.unheard import EVERYTHING, not_learned, strangers
from tools.stream.words import OTHERS, kinds_of, plan_words, sound_behind
from train.command import CommandParser, run_command
from train.data.long.labels import Label, read_track, track_of
from train.errors import CompilerError, DataError
from train.pages.markdown import write_section

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE, PLOT = "listening.md", "listening.svg"


def main(arguments: list[str] | None = None) -> int:
    parser = CommandParser(
        prog="python -m tools.stream",
        description=__doc__,
        epilog="example: python -m tools.stream long/ --words strangers/ "
        "--run build/runs/NAME\n\nlong/ has one folder per kind of sound, strangers/ a "
        "manifest.csv as for training.",
    )
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="files and folders")
    bundle_option(parser)
    parser.add_argument(
        "--threshold",
        type=_threshold,
        metavar="N",
        help="a number of 256, or a percentage such as 82%% (default: the bundle's)",
    )
    parser.add_argument(
        "--words",
        type=Path,
        metavar="FOLDER",
        help="clips of single words with manifest.csv, to count misses with",
    )
    parser.add_argument(
        "--run", type=Path, help="leave out the speakers of --words that this run learned from"
    )
    parser.add_argument(
        "--far", action="store_true", help="also say the words of --words far away, with an echo"
    )
    parser.add_argument(
        "--protocol",
        choices=PROTOCOLS,
        default=OURS.name,
        help="mlperf: of false accepts within 1 s only the first counts, as in MLPerf Tiny's "
        f"streaming benchmark (default: {OURS.name}, all of them)",
    )
    parser.add_argument(
        "--injected",
        action="store_true",
        help="feed samples in after the conditioner, as tools.board does",
    )
    parser.add_argument(
        "--explore",
        action="store_true",
        help="also try averaging over other numbers of windows, and deciding twice as often; "
        "takes twice as long",
    )
    parser.add_argument("--json", action="store_true", help="print JSON: everything, as one object")
    parser.add_argument(
        "--plot", type=Path, metavar="FILE.svg", help="write the curve to this file"
    )
    parser.add_argument("--write", action="store_true", help=f"also write docs/{PAGE} and its plot")
    options = parser.parse_args(arguments)
    if options.threshold is not None and not 1 <= options.threshold <= 254:
        parser.error("--threshold: give 1 to 254, of 256")
    if (options.run or options.far) and not options.words:
        parser.error("--run, --far: give --words as well")
    return run_command(
        lambda: _stream(options),
        (BundleError, ModelError, DataError, CompilerError),
        "nothing was written",
    )


def _threshold(text: str) -> int:
    percent = text.removesuffix("%")
    return int(text) if percent == text else min(max(1, round(float(percent) * 2.56)), 254)


def _stream(options: argparse.Namespace) -> int:
    files = recordings(options.paths)
    bundle = read_bundle(options.bundle.resolve())
    detector = bundle.detector
    if options.threshold is not None:
        detector = replace(detector, threshold=options.threshold)
    period = shorter(bundle) if options.explore else detector.decision_ms
    listening = Listening(bundle.folder, options.injected, period)
    tracks = {path: read_track(track_of(path)) for path in files if track_of(path).is_file()}
    if tracks:
        for path in sorted(set(files) - set(tracks)):
            name = track_of(path).name
            print(f"skipped: {path}: there is no label track {name}", file=sys.stderr)
        known, words = _heard(options, bundle, listening, tracks)
        _report(_result(bundle, known, words, detector, options), options)
    elif options.words:
        raise DataError(
            "--words: no recording has a label track; an empty NAME.txt means that no keyword "
            "occurs"
        )
    else:
        found = dict(zip(files, listen(listening, files), strict=True))
        _list(bundle, found, detector, options.json)
    return 0


def _heard(
    options: argparse.Namespace,
    bundle: Bundle,
    listening: Listening,
    tracks: dict[Path, list[Label]],
) -> tuple[list[Heard], list[Heard]]:
    """Sound in which false accepts count, and streams of which only the words count."""
    parts = not_learned(options.paths, bundle)
    files = [path for path in tracks if parts.get(path, EVERYTHING)]
    if not files:
        raise DataError("the model learned from all of these recordings; give others")
    kinds = kinds_of(options.paths, files, REST)
    scenes = _scenes(options, bundle, sound_behind(kinds, parts)) if options.words else []
    known = [
        heard(str(path), decisions, tracks[path], bundle, kinds[path], parts.get(path, EVERYTHING))
        for path, decisions in zip(files, listen(listening, files), strict=True)
    ]
    words: list[Heard] = []
    for scene, (decisions, labels) in zip(scenes, listen_to_scenes(listening, scenes), strict=True):
        one = heard(scene.name, decisions, labels, bundle)
        (known if scene.kind == OTHERS else words).append(one)
    return known, words


def _scenes(
    options: argparse.Namespace, bundle: Bundle, behind: dict[str, list[Part]]
) -> list[Scene]:
    clips = strangers(options.words, run=options.run)
    if not any(clip.label in bundle.words for clip in clips):
        raise DataError(f"--words: no clip is one of {', '.join(sorted(bundle.words))}")
    return plan_words(clips, bundle.words, behind, options.far)


def shorter(bundle: Bundle) -> int:
    """Returns half the time between decisions in ms, if that is whole steps of the network."""
    period = bundle.detector.decision_ms
    step = 1000 * bundle.hop * bundle.step  # in 1/rate ms
    half = period // 2
    return half if 2 * half == period and half * bundle.rate % step == 0 else period


def _list(bundle: Bundle, found: dict[Path, Decisions], detector: Detector, as_json: bool) -> None:
    rows = []
    for path, decisions in found.items():
        if len(found) > 1 and not as_json:
            print(f"{path}:")
        for one in detect(bundle, decisions, detector):
            values = [int(one[name]) for name in ("time_ms", "label", "score", "level")]
            rows.append({"path": str(path), "time": values[0] / 1000,
                         "label": bundle.labels[values[1]], "score": values[2] / 256})  # fmt: skip
            if not as_json:
                print(report.line(bundle, *values))
    if as_json:
        print(json.dumps({"detections": rows}, indent=2))
    elif not rows:
        print("no word was detected")


def _result(
    bundle: Bundle,
    known: Sequence[Heard],
    words: Sequence[Heard],
    detector: Detector,
    options: argparse.Namespace,
) -> Result:
    protocol = PROTOCOLS[options.protocol]
    events = [event for one in known for event in judge(bundle, one, detector, protocol)]
    total, kinds = count(events, hours_outside(bundle, known))
    points, sound = curve(bundle, known, detector, protocol)
    _, spoken = curve(bundle, words, detector, protocol)
    explored = explore(bundle, known, _periods(bundle), protocol) if options.explore else []
    best = recommended(reversed(points))
    return Result(bundle, detector, events, total, kinds, points, best, explored, protocol, sound,
                  spoken.after(sound))  # fmt: skip


def _report(result: Result, options: argparse.Namespace) -> None:
    print(report.as_json(result) if options.json else report.as_text(result))
    try:
        if options.plot:
            report.plot(result, options.plot)
        if options.write:
            report.plot(result, DOCS / PLOT)
            picture = f"![words detected against false accepts per hour]({PLOT})"
            write_section(DOCS / PAGE, "listening", f"{report.as_text(result)}\n\n{picture}",
                          f"model {result.bundle.model}")  # fmt: skip
    except OSError as error:
        raise DataError(f"{error.filename}: cannot be written ({error.strerror})") from error


def _periods(bundle: Bundle) -> list[int]:
    """Those of a stream, and the usual one of other bundles, to show what the former is worth."""
    period = bundle.detector.decision_ms
    usual = DEFAULTS.decision_ms
    return sorted({shorter(bundle), period, usual if usual % period == 0 else period})


if __name__ == "__main__":
    sys.exit(main())

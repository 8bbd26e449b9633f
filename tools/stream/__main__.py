"""`python -m tools.stream PATH...`: what a board detects in long recordings, and how well.

Each recording, given directly or in a folder, is processed by the firmware's own C with the bundle:
conditioner, front end, engine, detector. The detections are listed.

If a label track `kitchen.txt` next to `kitchen.wav` (Audacity: File, Export, Export Labels) says
when each word was spoken, the report counts the words that were detected, missed or confused, the
latency after their end, and the false accepts per hour. A label that is not a word of the model
describes a background sound; a file without any words has an empty track.
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
from tools.stream.judging import Heard, count, heard, hours_outside, judge
from tools.stream.listener import Bundle, Decisions, Detector, detect, read_bundle
from tools.stream.listening import Listening, listen
from tools.stream.report import Result
from train.command import CommandParser, run_command
from train.data.long.labels import read_track, track_of
from train.errors import CompilerError, DataError
from train.pages.markdown import write_section

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE, PLOT = "listening.md", "listening.svg"


def main(arguments: list[str] | None = None) -> int:
    parser = CommandParser(
        prog="python -m tools.stream",
        description=__doc__,
        epilog="example: python -m tools.stream.scenes --run build/runs/NAME && "
        "python -m tools.stream build/scenes --plot curve.svg",
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
    tracks = {path: read_track(track_of(path)) for path in files if track_of(path).is_file()}
    judged = [path for path in files if path in tracks] or files
    for path in sorted(set(files) - set(judged)):
        print(f"skipped: {path}: there is no label track {track_of(path).name}", file=sys.stderr)
    period = shorter(bundle) if options.explore else detector.decision_ms
    listening = Listening(bundle.folder, options.injected, period)
    found = dict(zip(judged, listen(listening, judged), strict=True))
    if not tracks:
        _list(bundle, found, detector, options.json)
        return 0
    known = [heard(str(path), found[path], tracks[path], bundle) for path in judged]
    _report(_result(bundle, known, detector, options.explore), options)
    return 0


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


def _result(bundle: Bundle, known: Sequence[Heard], detector: Detector, others: bool) -> Result:
    events = [event for one in known for event in judge(bundle, one, detector)]
    total, kinds = count(events, hours_outside(bundle, known))
    points = curve(bundle, known, detector)
    explored = explore(bundle, known, _periods(bundle)) if others else []
    best = recommended(reversed(points))
    return Result(bundle, detector, events, total, kinds, points, best, explored)


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

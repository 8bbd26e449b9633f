"""`python -m tools.bench`: measure the front end, engines, firmware and page."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from convert.errors import BundleError, ModelError, TargetError
from convert.options import bundle_option
from convert.source import read_bytes
from convert.targets.firmware import Micro
from tools.bench.text import RESULTS, table
from tools.board.errors import BoardError
from tools.stream.judging import OURS, PROTOCOLS
from tools.studio.errors import StudioError
from train import PROJECT
from train.command import CommandParser, run_command
from train.errors import CompilerError, ConfigError, DataError
from train.judge.latency import write_counts
from train.pages.markdown import write_section

ERRORS = (
    BoardError, BundleError, CompilerError, ConfigError, DataError, ModelError, StudioError,
    TargetError,
)  # fmt: skip
DOCS = PROJECT / "docs"


def main(arguments: list[str] | None = None) -> int:
    parser = CommandParser(prog="python -m tools.bench", description=__doc__)
    parts = parser.add_subparsers(dest="part", required=True)
    runs, output = CommandParser(add_help=False), CommandParser(add_help=False)
    runs.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="a run's folder")
    output.add_argument("--json", action="store_true", help="print the numbers as JSON")
    output.add_argument("--write", action="store_true", help="also write docs/results.md")
    frontend = parts.add_parser(
        "frontend",
        parents=[output],
        help="accuracy, instruction count, size and speed of the front end",
        description="Compares the fixed-point front end with librosa in float64 at six levels, "
        "counts its instructions in the emulators, measures its size, and compares its speed with "
        "librosa's. --write also draws the plot.",
    )
    frontend.add_argument(
        "--data",
        type=Path,
        help="a folder of recordings, as train.kws takes it (default: synthesized speech)",
    )
    frontend.add_argument("--clips", type=int, default=400, help="number of clips (default: 400)")
    micro = parts.add_parser(
        "tflm",
        help="run a bundle with a compiled TensorFlow Lite Micro on an emulated Cortex-M4F",
        description="Links a compiled library of TensorFlow Lite Micro with a bundle, and "
        "compares its arena and scores with those that the bundle was verified with.",
    )
    micro.add_argument("--json", action="store_true", help="print the numbers as JSON")
    _add_library(micro, required=True)
    bundle_option(micro)
    engine = parts.add_parser(
        "engine",
        parents=[output],
        help="instruction count, size and stack of the native engine in the emulators",
        description="Generates the native engine for models of each family and for MLPerf Tiny's "
        "keyword shape (untrained: the cost is the same), compiles it for each emulated target, "
        "runs one window and measures its size; also as a stream, if the model supports it.",
    )
    engine.add_argument("--tflite", type=Path, help="an int8 .tflite file instead of our models")
    firmware = parts.add_parser(
        "firmware",
        parents=[output],
        help="flash, memory and scores of the whole firmware, with one engine or both",
        description="Builds the firmware for the emulated board, measures its parts, and compares "
        "its scores with this computer's. --library and --archive add TensorFlow Lite Micro "
        "as a second engine.",
    )
    _add_library(firmware, required=False)
    bundle_option(firmware)
    parts.add_parser(
        "personal",
        parents=[runs, output],
        help="accuracy gained by personalizing with three clips per digit",
        description="Personalizes runs that held out one speaker (from python -m train.crossval) "
        "with three clips of each digit, drawn three times, and evaluates on the "
        "speaker's other clips and on other voices. Each draw takes a minute or two.",
    )
    page = parts.add_parser(
        "page",
        parents=[output],
        help="size of the browser page, and speed of the firmware's C as WebAssembly",
        description="Measures the size of what tools.studio serves and exports, and its speed on "
        "speech in Chromium.",
    )
    bundle_option(page)
    parts.add_parser(
        "presets",
        parents=[runs, output],
        help="compare runs of presets with published results",
        description="Prints one line per preset: size, digits recognized correctly, training time, "
        "the published figure and why ours differs. A run with data.held_out=SOURCE "
        "is added to the same line.",
    )
    real = parts.add_parser(
        "real",
        parents=[output],
        help="evaluate a bundle on unseen speakers and on hours of real speech, noise and music",
        description="Classifies the clips of a folder with manifest.csv, and runs detection on "
        "long recordings: one folder per kind of sound, a label track next to each recording. "
        "Reports the share recognized, by speaker, and false accepts per hour.",
    )
    real.add_argument(
        "--clips", type=Path, metavar="FOLDER", help="clips that were not used for training"
    )
    real.add_argument(
        "--long", type=Path, metavar="FOLDER", help="long recordings, one folder per kind"
    )
    real.add_argument(
        "--spoken",
        choices=("espeak", "kokoro"),
        help="instead of --clips: 40 voices of this engine say the words, and words like them",
    )
    real.add_argument(
        "--language", default="en-us", help="of --spoken, as espeak-ng calls it (default: en-us)"
    )
    real.add_argument("--source", default="", help="only clips of this source")
    real.add_argument("--run", type=Path, help="leave out the speakers that this run learned from")
    bundle_option(real)
    rivals = parts.add_parser(
        "rivals",
        parents=[output],
        help="compare wake-word detectors of others, and bundles, on the same recordings",
        description="Counts how often a wake word is missed at 0.5 and 1 false accepts per hour: "
        "by microWakeWord and openWakeWord, if installed (pip install -e .[rivals]), and by "
        "bundles that know the word. The clips of the word are placed in a stream, alone and mixed "
        "into the long recordings; those of other words, and the long recordings, are what must "
        "not be detected.",
    )
    rivals.add_argument("--word", default="alexa", help="the wake word (default: alexa)")
    rivals.add_argument(
        "--clips", type=Path, required=True, metavar="FOLDER",
        help="clips of this and other words, with manifest.csv",
    )  # fmt: skip
    rivals.add_argument(
        "--long", type=Path, required=True, metavar="FOLDER",
        help="long recordings with label tracks, one folder per kind",
    )  # fmt: skip
    rivals.add_argument(
        "--bundle", type=Path, action="append", default=[], metavar="DIR",
        help="a bundle that knows the word; repeat it for more",
    )  # fmt: skip
    rivals.add_argument(
        "--run", type=Path, help="leave out the speakers that this run learned from"
    )
    rivals.add_argument(
        "--protocol", choices=PROTOCOLS, default=OURS.name, help="as for tinykws stream"
    )
    options = parser.parse_args(arguments)
    if options.part == "real" and not (options.clips or options.spoken or options.long):
        parser.error("real: give --clips or --spoken, --long, or both")
    if options.part == "real" and options.clips and options.spoken:
        parser.error("real: give --clips or --spoken, not both")
    if options.part == "firmware" and (options.library is None) != (options.archive is None):
        parser.error("--library and --archive: give both")
    if options.part == "frontend" and options.clips < 1:
        parser.error("--clips: give at least 1")
    return run_command(
        lambda: PARTS[options.part](options),
        ERRORS,
        "nothing was written",
    )


def _add_library(parser: argparse.ArgumentParser, required: bool) -> None:
    parser.add_argument(
        "--library", type=Path, required=required, help="a folder with the TFLM headers"
    )
    parser.add_argument(
        "--archive",
        type=Path,
        required=required,
        help="the library compiled for a Cortex-M4 with software floats: "
        ".pio/build/nano33ble/lib*/libChirale_TensorFLowLite.a after `pio run`",
    )


def _frontend(options: argparse.Namespace) -> int:
    from tools.bench.frontend import measure  # matplotlib and scipy take seconds
    from tools.bench.results import write_results

    result = measure(options.data, options.clips)
    print(json.dumps(result, indent=2) if options.json else table(result))
    if options.write:
        write_results(result, DOCS)
    return 0


def _tflm(options: argparse.Namespace) -> int:
    from tools.bench.tflm import describe, measure  # needs TensorFlow

    result = measure(options.library, options.archive, options.bundle, Path("build/tflm"))
    print(json.dumps(result, indent=2) if options.json else describe(result))
    return 0


def _engine(options: argparse.Namespace) -> int:
    from tools.bench import streaming  # needs TensorFlow
    from tools.bench.engine import MODELS, describe, measure, per_mac

    if options.tflite:
        models = {options.tflite.stem: read_bytes(options.tflite)}
    else:
        models = {name: make() for name, make in MODELS.items()}
    result = measure(models)
    streams = streaming.measure(models, result)
    tables = {"engine": describe(result), "stream": streaming.describe(streams)}
    if options.json:
        print(json.dumps(result | {"streams": streams}, indent=2))
    else:
        print("\n\n".join(tables.values()))
    if options.write and not options.tflite:
        write_counts(per_mac(result))
    for name in tables if options.write else ():
        write_section(DOCS / RESULTS, name, tables[name], ", ".join(models) + ", untrained")
    return 0


def _firmware(options: argparse.Namespace) -> int:
    from tools.bench.firmware import describe, measure  # needs TensorFlow

    micro = Micro(options.library, options.archive) if options.library else None
    result = measure(options.bundle, Path("build/firmware"), micro)
    print(json.dumps(result, indent=2) if options.json else describe(result))
    if options.write:
        write_section(DOCS / RESULTS, "firmware", describe(result), f"model {result['model']}")
    return 0


def _personal(options: argparse.Namespace) -> int:
    from tools.bench.personal import describe, measure  # needs TensorFlow

    results = [measure(run) for run in options.runs]
    print(json.dumps(results, indent=2) if options.json else describe(results))
    if options.write:
        write_section(DOCS / RESULTS, "personal", describe(results), _names(options.runs))
    return 0


def _presets(options: argparse.Namespace) -> int:
    from tools.bench.presets import describe, measure  # needs TensorFlow

    rows = measure(options.runs)
    print(json.dumps(rows, indent=2) if options.json else describe(rows))
    if options.write:
        write_section(DOCS / RESULTS, "presets", describe(rows), _names(options.runs))
    return 0


def _real(options: argparse.Namespace) -> int:
    from tools.bench.clips import spoken
    from tools.bench.real import describe, measure  # takes a second to import
    from tools.board import golden
    from tools.stream.unheard import strangers

    bundle, entries = golden.read(options.bundle), []
    if options.clips:
        entries = strangers(options.clips, options.source, options.run)
    elif options.spoken:
        entries = spoken(options.spoken, bundle, options.language)
    result = measure(bundle, entries, options.long)
    if options.spoken:
        result["spoken_by"] = options.spoken
    print(json.dumps(result, indent=2) if options.json else describe(result))
    if options.write:
        write_section(DOCS / RESULTS, "real", describe(result), f"model {result['model']}")
    return 0


def _rivals(options: argparse.Namespace) -> int:
    from tools.bench.contest import as_tree, contenders, describe, measure

    protocol = PROTOCOLS[options.protocol]
    who = contenders(options.word, options.bundle)
    rows = measure(who, options.word, options.clips, options.long, options.run, protocol)
    text = describe(rows, options.word, protocol)
    print(json.dumps(as_tree(rows), indent=2) if options.json else text)
    if options.write:
        write_section(DOCS / "listening.md", "rivals", text, ", ".join(row.name for row in rows))
    return 0


def _page(options: argparse.Namespace) -> int:
    from tools.bench.page import describe, measure, picture

    result = measure(options.bundle)
    print(json.dumps(result, indent=2) if options.json else describe(result))
    if options.write:
        write_section(DOCS / RESULTS, "page", describe(result), f"model {result['model']}")
        picture(options.bundle, DOCS / "studio.png")
    return 0


def _names(runs: list[Path]) -> str:
    return f"runs {', '.join(run.name for run in runs)}"


PARTS = {
    "frontend": _frontend,
    "tflm": _tflm,
    "engine": _engine,
    "firmware": _firmware,
    "personal": _personal,
    "presets": _presets,
    "page": _page,
    "real": _real,
    "rivals": _rivals,
}


if __name__ == "__main__":
    sys.exit(main())

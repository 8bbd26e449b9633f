"""`python -m tools.stream.scenes`: make recordings with label tracks to measure detection.

Digits with pauses, in quiet and in noise, and sounds that must not be detected: other words,
running speech, noise, music, hum, knocks. The words come from the development speakers of a run,
the noises from the parts reserved for development; without a run they are synthesized. The same
command always makes the same files.

With --words and --behind instead: the clips of a folder with natural pauses, alone and mixed into
real sound at 20, 10 and 5 dB, as `python -m tools.stream --words` makes them by itself.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import soundfile

from convert.errors import ModelError
from convert.source import read_run
from convert.testset import STRANGERS
from tools.classify import recordings
from tools.stream.judging import REST
from tools.stream.scene import DIGIT_PAUSE, NOISY, NOT_SPEECH, QUIET, Scene, write
from tools.stream.unheard import strangers
from tools.stream.words import kinds_of, plan_words, sound_behind
from train.cache import open_cache
from train.command import CommandParser, run_command
from train.data.corpus import read_corpus
from train.data.entry import Entry
from train.data.long.labels import track_of
from train.data.sources import synthetic
from train.errors import CompilerError, ConfigError, DataError
from train.fit.runs import read_settings_of
from train.settings import judged_split
from train.spread.workers import in_parallel

OUT = Path("build/scenes")
LIST = "scenes.json"  # lists the files that this command wrote
FILE = 300  # seconds per file
CLIPS = 80  # words per file of digits


@dataclass(frozen=True)
class Voices:
    """The material for scenes."""

    digits: tuple[Entry, ...]
    others: tuple[Entry, ...]
    noises: tuple[Entry, ...]
    what: str


def main(arguments: list[str] | None = None) -> int:
    parser = CommandParser(
        prog="python -m tools.stream.scenes",
        description=__doc__,
        epilog="example: python -m tools.stream.scenes --run build/runs/NAME && "
        "python -m tools.stream build/scenes",
    )
    parser.add_argument(
        "--words",
        type=Path,
        metavar="FOLDER",
        help="place the clips of this folder with manifest.csv; --run leaves out the speakers "
        "that it learned from",
    )
    parser.add_argument(
        "--behind",
        type=Path,
        metavar="FOLDER",
        help="long recordings for --words, one folder per kind of sound",
    )
    parser.add_argument(
        "--far", action="store_true", help="also say the words of --words far away, with an echo"
    )
    parser.add_argument(
        "--run",
        type=Path,
        help="use the words of this run's development speakers (default: synthesized speakers)",
    )
    parser.add_argument("--out", type=Path, default=OUT, help=f"a folder (default: {OUT})")
    parser.add_argument(
        "--minutes",
        type=int,
        default=20,
        help="minutes of each kind of sound without digits (default: 20)",
    )
    parser.add_argument(
        "--speakers",
        type=int,
        default=60,
        help="number of synthesized speakers if --run is not given (default: 60)",
    )
    options = parser.parse_args(arguments)
    if options.minutes < 1 or options.speakers < 1:
        parser.error("--minutes, --speakers: give at least 1")
    if (options.behind or options.far) and not options.words:
        parser.error("--behind, --far: give --words as well")
    return run_command(
        lambda: _make(options),
        (DataError, ModelError, ConfigError, CompilerError),
        "some files are missing; run it again to make them",
    )


def _make(options: argparse.Namespace) -> int:
    check_place(options.out)
    planned, what = _placed(options) if options.words else _drawn(options)
    try:
        _clear(options.out)
        names = [scene.name for scene in planned]
        (options.out / LIST).write_text(json.dumps({"of": what, "scenes": names}, indent=2))
        made = list(in_parallel(partial(write, options.out), planned, "making", unit="files"))
    except (OSError, soundfile.SoundFileError) as error:
        raise DataError(
            f"{options.out}: cannot be written ({error}); give another --out"
        ) from error
    print(f"{options.out}: {len(made)} files, {sum(made) / 3600:.1f} hours, {what}")
    return 0


def _drawn(options: argparse.Namespace) -> tuple[list[Scene], str]:
    voices = of_run(options.run) if options.run else synthesized(options.speakers)
    return plan(voices, options.minutes), f"{2 * len(voices.digits):,} digits; {voices.what}"


def _placed(options: argparse.Namespace) -> tuple[list[Scene], str]:
    clips = strangers(options.words, run=options.run)
    folders = [options.behind] if options.behind else []
    behind = sound_behind(kinds_of(folders, recordings(folders), REST), {})
    planned = plan_words(clips, {clip.label for clip in clips}, behind, options.far)
    return planned, f"{len(clips):,} clips of {options.words}"


def check_place(folder: Path) -> None:
    """Raises an error if the folder contains anything that this command did not write."""
    if folder.exists() and not (folder / LIST).is_file() and any(folder.iterdir()):
        raise DataError(f"{folder}: contains files that are not scenes; give another --out")


def _clear(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / LIST).is_file():
        for name in json.loads((folder / LIST).read_text())["scenes"]:
            (folder / f"{name}.wav").unlink(missing_ok=True)
            track_of(folder / f"{name}.wav").unlink(missing_ok=True)


def of_run(run: Path) -> Voices:
    """Returns the run's development clips, if its recordings are unchanged: a threshold chosen on
    scenes must not be chosen on test speakers."""
    source, settings = read_run(run), read_settings_of(run)
    corpus = read_corpus(settings, open_cache())
    if corpus.fingerprint != source.described["data"]:
        raise DataError(
            f"{run}: its recordings have changed, so its development speakers are unknown; "
            "train again, or omit --run"
        )
    chosen = [corpus.entries[i] for i in corpus.of(judged_split(settings))]
    return Voices(
        tuple(entry for entry in chosen if entry.kind == "digits"),
        tuple(entry for entry in chosen if entry.kind == "unknown"),
        corpus.noises.entries,
        f"the development speakers of {run.resolve().name}",
    )


def synthesized(speakers: int) -> Voices:
    found = synthetic.entries(speakers, STRANGERS, len(synthetic.OTHER_WORDS))
    return Voices(
        tuple(entry for entry in found if entry.kind == "digits"),
        tuple(entry for entry in found if entry.kind == "unknown"),
        (),
        f"{speakers} synthesized speakers",
    )


def plan(voices: Voices, minutes: int, seed: int = 0) -> list[Scene]:
    """Plans every digit once in quiet and once in noise, and `minutes` of each other kind."""
    scenes = []
    for room, background in (("quiet", QUIET), ("noise", NOISY)):
        for source in sorted({entry.source for entry in voices.digits}):
            own = [entry for entry in voices.digits if entry.source == source]
            order = np.random.default_rng(seed).permutation(len(own))
            parts = [order[start : start + CLIPS] for start in range(0, len(own), CLIPS)]
            scenes += [
                Scene(f"digits of {source}, {room}", number, seed, tuple(own[i] for i in part),
                      voices.noises, background, DIGIT_PAUSE)
                for number, part in enumerate(parts)
            ]  # fmt: skip
        for number, seconds in enumerate(_files(minutes) if voices.others else ()):
            scenes.append(
                Scene(f"other words, {room}", number, seed, voices.others, voices.noises,
                      background, seconds=seconds)
            )  # fmt: skip
    for kind in ("running speech", *NOT_SPEECH):
        scenes += [
            Scene(kind, number, seed, noises=voices.noises, seconds=seconds)
            for number, seconds in enumerate(_files(minutes))
        ]
    return scenes


def _files(minutes: int) -> list[int]:
    """Returns the length of each file in seconds."""
    borders = [*range(0, 60 * minutes, FILE), 60 * minutes]
    return [end - start for start, end in pairwise(borders)]


if __name__ == "__main__":
    sys.exit(main())

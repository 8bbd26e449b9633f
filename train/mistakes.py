"""`python -m train.mistakes RUN`: what a model gets wrong, and what its mistakes have in common.

Runs the model on the run's development data again, and writes mistakes.html into the run's folder:
false accepts with the words that caused them; groups that are wrong more often than the rest (by
word, pair of labels, speaker, level, noise and length); and the misrecognized clips with sound and
picture. The summary is also printed.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from train.cache import open_cache
from train.command import CommandParser, run_command
from train.data.traits import Traits, traits_of
from train.errors import CompilerError, ConfigError, DataError
from train.features.binding import Frontend
from train.features.examples import Examples, make_examples
from train.fit.runs import FLOAT, Run, read_corpus_of, read_run
from train.judge.groups import (  # fmt: skip
    KINDS,
    LENGTH,
    LEVEL,
    PAIR,
    SNR,
    SPEAKER,
    WORD,
    Group,
    Heard,
    all_groups,
    band,
    pair_name,
    sentence,
    word_pairs,
)
from train.judge.statistics import CONFIDENCE, interval
from train.pages.html import ABSENT, number, percent, write_page
from train.settings import DEVELOPMENT, judged_split
from train.settings.frontend import FrontendConfig
from train.settings.words import SILENCE

PAGE = "mistakes.html"
MOST_CLIPS = 150  # on the page; one second of sound is 43 kB
MOST_LINES = 12  # printed in the terminal
MOST_PAIRS = 8  # pairs of spoken and recognized words per sentence
DYNAMICS = 60.0  # dynamic range of a picture, in dB
NOBODY = "nobody"
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Clip:
    """A misrecognized window, as the page shows it."""

    samples: NDArray[np.int16]
    rate: int
    picture: NDArray[np.uint8]  # [mel bands, frames], the highest band on top
    said: str
    heard: str
    score: float  # of the recognized label, 0 to 1
    groups: dict[str, str]  # by kind
    traits: list[str]
    source: str
    path: str


def main(arguments: list[str] | None = None) -> int:
    parser = CommandParser(
        prog="python -m train.mistakes",
        description=__doc__,
        epilog="example: python -m train.mistakes build/runs/digits",
    )
    parser.add_argument("run", type=Path, metavar="RUN", help="a run's folder")
    options = parser.parse_args(arguments)
    return run_command(
        lambda: _mistakes(options.run),
        (ConfigError, DataError, CompilerError),
        "nothing was written",
    )


def _mistakes(folder: Path) -> int:
    from train.fit.run_scores import judged_scores  # TensorFlow takes seconds to import

    run, cache = read_run(folder), open_cache()
    corpus = read_corpus_of(run.settings, run.data, cache)
    examples = make_examples(run.settings, corpus, run.config, judged_split(run.settings), cache)
    scores = judged_scores(run, examples.features)
    heard, traits = listen(run, examples, scores)
    groups = all_groups(heard)
    named = [group for group in groups if group.stands_out]
    summary = _summary(run, heard, groups, named)
    clips = [_clip(run, examples, heard, traits, scores, i) for i in chosen(heard, named, scores)]
    page = folder / PAGE
    try:
        _write(page, summary, heard, groups, named, clips)
    except OSError as error:
        raise DataError(f"{page}: cannot be written ({error.strerror})") from error
    lines = [f"- {sentence(group, heard)}" for group in named[:MOST_LINES]]
    more = [f"- and {len(named) - MOST_LINES} more"] * (len(named) > MOST_LINES)
    print(*summary, *lines, *more, f"with sound and pictures: {page}", sep="\n")
    return 0


def listen(run: Run, examples: Examples, scores: Floats) -> tuple[Heard, list[Traits | None]]:
    """The results in groups, and the traits of each window's clip (None for silence)."""
    entries = [entry for entry in examples.entries if entry]
    found = iter(traits_of(entries, run.config))
    traits = [next(found) if entry else None for entry in examples.entries]
    groups = {
        WORD: [entry.label if entry else SILENCE for entry in examples.entries],
        SPEAKER: [entry.speaker if entry else NOBODY for entry in examples.entries],
        LEVEL: [band(LEVEL, one.level) if one else "" for one in traits],
        SNR: [band(SNR, one.snr) if one else "" for one in traits],
        LENGTH: [band(LENGTH, one.length) if one else "" for one in traits],
    }
    spoken = np.array([entry is not None for entry in examples.entries])
    said, heard = examples.labels.astype(np.int64), scores.argmax(axis=1)
    return Heard(run.labels, said, heard, spoken, groups), traits


def _summary(run: Run, heard: Heard, groups: Sequence[Group], named: Sequence[Group]) -> list[str]:
    missed, windows = int(heard.wrong.sum()), len(heard.said)
    low, high = interval(missed, windows)
    lucky = number(len(groups) * (1 - CONFIDENCE) / 2, 1)
    lines = [
        f"{number(missed)} of {number(windows)} {DEVELOPMENT} windows are misrecognized: "
        f"{percent(missed / windows, 2)} %, 95 % interval {percent(low)} to {percent(high)} %.",
        *_accepted(heard),
        f"{number(len(groups))} groups were checked; {number(len(named))} are wrong more often "
        f"than the rest; chance alone would produce at most about {lucky}.",
    ]
    if run.judged == FLOAT:
        lines.insert(0, "This run has no int8 file; these are the mistakes of its float model.")
    then = float(run.results["accuracy"])
    if run.judged_on == DEVELOPMENT and round(then * windows) != windows - missed:
        lines.append(
            f"At the end of training it was {percent(1 - then, 2)} %: code or libraries have "
            "changed since."
        )
    return lines


def _accepted(heard: Heard) -> list[str]:
    """The false accepts by the word that was spoken, which the label "unknown" hides."""
    count, missed = int(heard.false_accepts.sum()), int(heard.wrong.sum())
    if not count:
        return ["No false accepts: no unknown word and no silence was recognized as a keyword."] * (
            missed > 0
        )
    pairs = word_pairs(heard, heard.false_accepts)
    shown = ", ".join(f"{said} as {taken} ({number(n)})" for said, taken, n in pairs[:MOST_PAIRS])
    more = f", and {number(len(pairs) - MOST_PAIRS)} more" if len(pairs) > MOST_PAIRS else ""
    are = "is a false accept" if count == 1 else "are false accepts"
    return [
        f"{number(count)} of the {number(missed)} {are} (an unknown word or silence recognized as "
        f"a keyword): {shown}{more}."
    ]


def chosen(heard: Heard, named: Sequence[Group], scores: Floats) -> list[int]:
    """The windows on the page: some from each named group in turn, so that one large group does not
    fill the page, then the most confident mistakes; false accepts come first."""
    wrong = np.flatnonzero(heard.wrong)
    surest = wrong[np.lexsort((-scores[wrong].max(axis=1), ~heard.false_accepts[wrong]))]
    of_each = [[i for i in surest if g.inside[i] and g.missed[i]] for g in named]
    in_turn = [i for turn in zip_longest(*of_each) for i in turn if i is not None]
    return [int(i) for i in dict.fromkeys([*in_turn, *surest])][:MOST_CLIPS]


def _clip(
    run: Run,
    examples: Examples,
    heard: Heard,
    traits: Sequence[Traits | None],
    scores: Floats,
    index: int,
) -> Clip:
    entry, one, window = examples.entries[index], traits[index], examples.window(index)
    said, taken = (run.labels[column[index]] for column in (heard.said, heard.heard))
    groups = {kind: heard.groups[kind][index] for kind in KINDS if kind != PAIR}
    measured = [ABSENT] * 3
    if one:
        measured = [f"{number(one.level)} dBFS", f"SNR {number(one.snr)} dB",
                    f"{number(one.length, 2)} s"]  # fmt: skip
    return Clip(
        samples=window,
        rate=run.config.sample_rate,
        picture=picture(run.config, window),
        said=said,
        heard=taken,
        score=float(scores[index].max()),
        groups=groups | {PAIR: pair_name(said, taken)},
        traits=measured,
        source=entry.source if entry else "silence",
        path=str(entry.path) if entry and entry.path else "synthesized",
    )


def picture(config: FrontendConfig, window: NDArray[np.int16]) -> NDArray[np.uint8]:
    """Log-mel power over time, as computed by the front end; black is the loudest."""
    middle, reach = -30.0, 70.0  # dB: contains the range of any window
    bands = config.mel_bands
    seen = config.replace(
        kind="logmel", coefficients=bands, mean_normalization="none",
        mean=[middle] * bands, std=[1.0] * bands, scale=reach / 127, zero_point=0,
    )  # fmt: skip
    decibels = Frontend(seen, threads=1).features(window[None])[0] * (reach / 127)
    shades = np.clip((decibels.max() - decibels) / DYNAMICS, 0, 1)
    return np.round(255 * shades).astype(np.uint8).T[::-1]


def _write(
    page: Path,
    summary: Sequence[str],
    heard: Heard,
    groups: Sequence[Group],
    named: Sequence[Group],
    clips: Sequence[Clip],
) -> None:
    write_page(
        page,
        "mistakes.html.j2",
        title=f"{page.parent.resolve().name}: misrecognized clips",
        summary=summary,
        kinds=KINDS,
        accepted=word_pairs(heard, heard.false_accepts),
        named=[(g, sentence(g, heard), _shown(g, clips)) for g in named],
        clips=clips,
        left_out=int(heard.wrong.sum()) - len(clips),
        tables={
            name: [_row(group) for group in groups if group.kind == kind]
            for kind, name in KINDS.items()
        },
    )


def _shown(group: Group, clips: Sequence[Clip]) -> int:
    return sum(clip.groups[group.kind] == group.name for clip in clips)


def _row(group: Group) -> list[str]:
    mistakes, windows = group.others
    low, high = group.interval
    return [
        group.name,
        number(group.windows),
        number(group.mistakes),
        percent(group.mistakes / group.windows),
        f"{percent(low)} to {percent(high)}",
        percent(mistakes / windows) if windows else ABSENT,
        f"{group.chance:.2g}",
    ]


if __name__ == "__main__":
    sys.exit(main())

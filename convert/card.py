"""`python -m convert.card`: the model card of a run: its data, licences, metrics and weaknesses.

Everything on it is read from the run and from its recordings, if they have not changed.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from convert.bundle import model_hash
from convert.errors import ModelError
from convert.operators import macs
from convert.rules import parameters
from convert.source import Source, newest_run, read_run
from train.cache import Cache, open_cache, write_whole
from train.command import CommandParser, run_command
from train.data.corpus import Corpus
from train.data.long.collection import OTHER, SPEECH, Collection
from train.data.sources.registry import SOURCES
from train.data.split import SPLITS
from train.errors import ConfigError, DataError
from train.fit.runs import read_corpus_of, read_looks, read_settings_of
from train.pages.html import ABSENT
from train.pages.markdown import markdown
from train.settings import DEVELOPMENT, PRESETS, TEST, Settings, read_settings, to_tree

CARD = Path("docs/model-card.md")
RUNS = Path("build/runs")
LICENCES = {
    "an4": ("CMU AN4, words cut from connected speech", "free for any use"),
    "audiomnist": ("AudioMNIST", "MIT"),
    "esc50": ("ESC-50", "CC BY-NC 3.0: not for products"),
    "fsdd": ("Free Spoken Digit Dataset", "CC BY-SA 4.0"),
    "gsc": ("Speech Commands", "CC BY 4.0"),
    "iitg": ("three speakers of Indian English", "MIT"),
    "kokoro": ("spoken by Kokoro-82M on this computer", "Apache-2.0, of the model and its voices"),
    "picovoice": ("Picovoice's wake words", "Apache 2.0"),
    "speech_commands": ("Speech Commands", "CC BY 4.0"),
    "synthetic": ("spoken by espeak-ng on this computer", "none needed"),
}
FEW = 20  # clips; the accuracy of a speaker with fewer means little
WORST = 5  # entries per list of weaknesses
Tree = Mapping[str, Any]
FEATURES = {"mfcc": "MFCCs", "logmel": "mel bands"}


def main(arguments: list[str] | None = None) -> int:
    parser = CommandParser(
        prog="python -m convert.card",
        description=__doc__,
        epilog="example: python -m convert.card --run build/runs/digits --write",
    )
    parser.add_argument("--run", type=Path, help=f"a run's folder (default: the newest in {RUNS})")
    parser.add_argument("--write", action="store_true", help=f"write {CARD} instead of printing")
    parser.add_argument(
        "--real", type=Path, metavar="FILE",
        help="begin with strangers and false accepts, from: tinykws bench real --json > FILE",
    )  # fmt: skip
    options = parser.parse_args(arguments)
    return run_command(
        lambda: _card(options.run or newest_run(RUNS), options.write, options.real),
        (ModelError, DataError, ConfigError),
        "nothing was written",
    )


def _card(run: Path, write: bool, real: Path | None) -> int:
    text = card(run, open_cache(), _read_real(real) if real else {})
    if not write:
        print(text, end="")
        return 0
    try:
        write_whole(CARD, text.encode())
    except OSError as error:
        raise DataError(f"{CARD}: cannot be written ({error.strerror})") from error
    print(f"written: {CARD}")
    return 0


def _read_real(path: Path) -> Tree:
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read ({error})") from error
    if not isinstance(found, dict) or "model" not in found:
        raise DataError(f"{path}: is not the output of: tinykws bench real --json")
    return found


def card(run: Path, cache: Cache, real: Tree | None = None) -> str:
    source = read_run(run)
    settings = read_settings_of(run)
    metrics = json.loads((run / "metrics.json").read_text("utf-8"))
    looks = read_looks(run)
    of_model = [look for look in looks if look.get("model") == model_hash(source.content)]
    figures = of_model[-1]["figures"] if of_model else metrics["models"]["int8"]
    parts = [
        f"# Model card: {source.described['name']}",
        "Made by `tinykws card --write` from the run. Every figure is measured on speakers that "
        "were not in the training data, with the arithmetic of the board.",
        *_in_short(real or {}, model_hash(source.content)),
        "## What it is",
        _what(source, settings, metrics),
        "## What it was trained on",
        _data(source, settings, cache),
        "## How well it recognizes words",
        _tested(looks) if of_model else _role(metrics, settings),
        *_accuracy(metrics, figures, settings, bool(of_model)),
        "## What it gets wrong",
        *_weaknesses(figures, metrics["labels"]),
        "## What it is not for",
        "It only knows ten English digits, each spoken alone by an adult. It was not "
        "tested with children, at a distance from the microphone, or on hardware. Do not use it "
        "where a mistake could cause harm.",
    ]
    return "\n\n".join(parts) + "\n"


def _in_short(real: Tree, model: str) -> list[str]:
    """What a user will meet: strangers, noise, false accepts."""
    if not real:
        return []
    if real["model"] != model:
        raise DataError(f"--real: is of model {real['model']}, and the run's is {model}")
    rows = [["measured on", "", "95 % interval"]]
    if clips := real.get("clips"):
        low, high = clips["interval"]
        what = f"strangers: {clips['clips']:,} words of {len(clips['by_speaker'])} speakers"
        rows.append([what, _percent(clips["accuracy"]), f"{_percent(low)} to {_percent(high)}"])
    for how, share in real.get("hard", {}).items():
        rows.append([f"the same words {how}", _percent(share), ABSENT])
    for kind, one in real.get("long", {}).items():
        low, high = one["interval"]
        what = f"false accepts per hour of {kind}: {one['false_accepts']} in {one['hours']:.2f} h"
        rows.append([what, f"{one['false_accepts_per_hour']:.1f}", f"{low:.1f} to {high:.1f}"])
    return ["## In short", markdown(rows)]


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _what(source: Source, settings: Settings, metrics: Tree) -> str:
    frames, coefficients = source.config.shape
    seconds = source.config.window / source.config.sample_rate
    rows = [
        ["", ""],
        ["labels", ", ".join(source.labels)],
        [
            "input",
            f"{seconds:g} s as {frames} frames of {coefficients} {FEATURES[source.config.kind]}",
        ],
        ["family", settings.model.family],
        ["parameters, as converted", f"{parameters(source.graph):,}"],
        [
            "MACs per window",
            f"{sum(macs(source.graph, o) for o in source.graph.operators):,}",
        ],
        ["int8 file", f"{len(source.content):,} bytes, model {model_hash(source.content)}"],
        ["zeros", f"{100 * metrics['sparsity']:.1f} % of the weights"],
        ["trained by", f"`{_command(settings)}`"],
    ]
    return markdown(rows)


def _command(settings: Settings) -> str:
    """The shortest command with these settings; the folder of the recordings is a placeholder."""
    tree, best = _flat(to_tree(settings)), None
    for path in sorted(PRESETS.glob("*.yaml")):
        preset = _flat(to_tree(read_settings(path.stem, [])))
        changed = {key: value for key, value in tree.items() if preset.get(key) != value}
        where = {f"data.{name}" for name in SOURCES} & set(changed)
        long = {"data.long"} & set(changed)
        sets = [f"--set {key}={value}" for key, value in changed.items() if key not in where | long]
        words = ["python -m train.kws", f"--preset {path.stem}", *["--data FOLDER"] * bool(where)]
        words += ["--set data.long=LONG"] * bool(long)
        command = " ".join([*words, *sets])
        best = command if best is None or len(command) < len(best) else best
    return str(best)


def _flat(tree: Tree, prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        flat |= (
            _flat(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {prefix + key: value}
        )
    return flat


def _data(source: Source, settings: Settings, cache: Cache) -> str:
    corpus = read_corpus_of(settings, source.described["data"], cache)
    table = markdown([["source", "licence", *SPLITS], *_sources(corpus)])
    noise = len(corpus.noises.entries)
    return (
        f"Clips, with speakers in parentheses; no speaker is in two columns.\n\n{table}\n\n"
        f"{_long(corpus.long)}"
        f"In addition: {noise} recordings of noise, the last fifth of each left out of training; "
        f"{len(corpus.rejected)} clips could not be used. Fingerprint {corpus.fingerprint}."
    )


def _long(long: Collection) -> str:
    """Minutes of long recordings, and whose they are."""
    if not long.recordings:
        return ""
    seconds: Counter[tuple[str, str]] = Counter()
    for one in long.recordings:
        seconds[one.licence or "not given", one.credit or ABSENT] += round(one.seconds)
    kinds = [
        [name, *(f"{long.minutes(speech)[split]:.1f}" for split in SPLITS)]
        for name, speech in ((SPEECH, True), (OTHER, False))
    ]
    owners = [[*owner, f"{count / 60:.1f}"] for owner, count in sorted(seconds.items())]
    voices = sum(long.speakers.values())
    return (
        f"Long recordings without keywords, {voices} known speakers, in minutes:\n\n"
        f"{markdown([['', *SPLITS], *kinds])}\n\n"
        f"{markdown([['licence', 'credit', 'minutes'], *owners])}\n\n"
    )


def _sources(corpus: Corpus) -> list[list[str]]:
    rows = []
    for name in sorted({entry.source for entry in corpus.entries}):
        title, licence = LICENCES.get(name, (name, "its owner's"))
        pairs = list(zip(corpus.entries, corpus.splits, strict=True))
        clips = Counter(split for entry, split in pairs if entry.source == name)
        voices = Counter(
            split for _, split in {(e.speaker, s) for e, s in pairs if e.source == name}
        )
        counts = [f"{clips[split]:,} ({voices[split]:,})" for split in SPLITS]
        rows.append([f"{title} (`{name}`)", licence, *counts])
    return rows


def _tested(looks: Sequence[Tree]) -> str:
    """Says whose figures these are; `looks` are those of all models that the run's folder has
    had."""
    if len(looks) == 1:
        return (
            "The figures below are of the **test** speakers. `python -m train.test` looked at them "
            f"once, at {looks[0]['date']}."
        )
    return (
        "The figures below are of the **test** speakers. `python -m train.test` looked at them "
        f"{len(looks)} times, first at {looks[0]['date']}: they flatter if something was changed "
        "after that."
    )


def _role(metrics: Tree, settings: Settings) -> str:
    """Says whose figures these are: figures on which choices were made are too optimistic."""
    if metrics.get("judged_on") != DEVELOPMENT:
        return (
            "The figures below are of the **test** split, which each training looked at when this "
            "run was made: comparing runs meant making choices on it."
        )
    what = "speakers that were held out" if settings.data.held_out else "validation speakers"
    last = (
        "The run has no test speakers."
        if settings.data.held_out
        else "The test speakers were not looked at; `python -m train.test` does so."
    )
    return (
        f"The figures below are of **development** data ({what}), on which choices were made, so "
        f"they are slightly optimistic. {last}"
    )


def _accuracy(metrics: Tree, figures: Tree, settings: Settings, tested: bool) -> list[str]:
    role = metrics.get("judged_on", TEST)
    overall = [[n, role, percent(m["accuracy"])] for n, m in metrics["models"].items()]
    if tested:
        overall.append(["int8", TEST, percent(figures["accuracy"])])
    labels = [
        [name, *(percent(found[key]) for key in ("recall", "precision")), str(found["examples"])]
        for name, found in figures["by_label"].items()
    ]
    sounds = settings.augmentation.sounds
    also = f", {percent(sounds)} of them with other sounds" if sounds else ""
    return [
        markdown([["model", "judged on", "right"], *overall]),
        f"The int8 file on {figures['examples']:,} windows, by label; those of `silence` are made "
        f"of noise{also}.",
        markdown([["label", "recall", "precision", "windows"], *labels]),
        "By source:",
        markdown([["source", "right", "windows"], *_by(figures["by_source"])]),
        f"By speaker, for those with at least {FEW} clips:",
        _speakers(figures["by_speaker"]),
        "In noise (recorded and coloured; 20 dB is a quiet room), and at other levels (the loudest "
        "sample):",
        _decibels("SNR, dB", figures["by_snr"]),
        _decibels("level, dBFS", figures["by_level"]),
    ]


def _by(groups: Tree) -> list[list[str]]:
    return [[n, percent(g["accuracy"]), f"{g['examples']:,}"] for n, g in groups.items()]


def _speakers(groups: Tree) -> str:
    known = {name: g for name, g in groups.items() if g["examples"] >= FEW}
    worst = sorted(known, key=lambda name: (known[name]["accuracy"], name))[:WORST]
    if not worst:
        return "none"
    shares = sorted(g["accuracy"] for g in known.values())
    rows = _by({name: known[name] for name in worst})
    median = percent(shares[len(shares) // 2])
    return (
        f"{markdown([['worst', 'right', 'windows'], *rows])}\n\nMedian of {len(known)}: {median}."
    )


def _decibels(what: str, shares: Mapping[str, float]) -> str:
    return markdown([[what, *shares], ["right", *(percent(share) for share in shares.values())]])


def _weaknesses(int8: Tree, labels: Sequence[str]) -> list[str]:
    header = ["said \\ reported", *(label[:3] for label in labels)]
    rows = [
        [labels[i], *(str(n) if n else "." for n in row)] for i, row in enumerate(int8["confusion"])
    ]
    return [
        markdown([header, *rows]),
        _sentences(int8, labels),
    ]


def _sentences(int8: Tree, labels: Sequence[str]) -> str:
    confused = [
        (count, labels[i], labels[j])
        for i, row in enumerate(int8["confusion"])
        for j, count in enumerate(row)
        if i != j and count
    ]
    confused.sort(key=lambda one: (-one[0], one[1], one[2]))
    pairs = ", ".join(f"{said} as {heard} ({count})" for count, said, heard in confused[:WORST])
    recall = {name: found["recall"] for name, found in int8["by_label"].items()}
    least = min(recall, key=lambda name: recall[name])
    source = min(int8["by_source"], key=lambda name: int8["by_source"][name]["accuracy"])
    share = percent(int8["by_source"][source]["accuracy"])
    lines = [
        f"most frequent: {pairs or 'nothing'}" if confused else "no mistakes",
        f"lowest recall: {least}, {percent(recall[least])}",
        f"worst source: {source}, {share}",
        f"in noise of 10 dB: {points(int8, 'by_snr', '10')} points against 20 dB",
        f"at -40 dBFS: {points(int8, 'by_level', '-40')} points against 0 dBFS",
    ]
    return "\n".join(f"- {line}" for line in lines)


def points(int8: Tree, group: str, at: str) -> str:
    """The loss in percentage points, compared with the easiest condition."""
    shares = int8[group]
    return f"{100 * (shares[at] - next(iter(shares.values()))):+.1f}"


def percent(share: float) -> str:
    return f"{100 * share:.1f} %"


if __name__ == "__main__":
    sys.exit(main())

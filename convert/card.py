"""`python -m convert.card`: the model card of a run: its data, licences, metrics and weaknesses.

Everything on it is read from the run and, if they have not changed, from its recordings.
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
from train.data.sources.registry import SOURCES
from train.data.split import SPLITS
from train.errors import ConfigError, DataError
from train.fit.runs import read_corpus_of, read_settings_of
from train.pages.markdown import markdown
from train.settings import PRESETS, Settings, read_settings, to_tree

CARD = Path("docs/model-card.md")
RUNS = Path("build/runs")
LICENCES = {
    "an4": ("CMU AN4, words cut from connected speech", "free for any use"),
    "audiomnist": ("AudioMNIST", "MIT"),
    "esc50": ("ESC-50", "CC BY-NC 3.0: not for products"),
    "fsdd": ("Free Spoken Digit Dataset", "CC BY-SA 4.0"),
    "gsc": ("Speech Commands", "CC BY 4.0"),
    "picovoice": ("Picovoice's wake words", "Apache 2.0"),
    "speech_commands": ("Speech Commands", "CC BY 4.0"),
    "synthetic": ("spoken by espeak-ng on this computer", "none needed"),
}
FEW = 20  # clips: the accuracy of a speaker with fewer says little
WORST = 5  # of each list of weaknesses
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
    options = parser.parse_args(arguments)
    return run_command(
        lambda: _card(options.run or newest_run(RUNS), options.write),
        (ModelError, DataError, ConfigError),
        "nothing was written",
    )


def _card(run: Path, write: bool) -> int:
    text = card(run, open_cache())
    if not write:
        print(text, end="")
        return 0
    try:
        write_whole(CARD, text.encode())
    except OSError as error:
        raise DataError(f"{CARD}: cannot be written ({error.strerror})") from error
    print(f"written: {CARD}")
    return 0


def card(run: Path, cache: Cache) -> str:
    source = read_run(run)
    settings = read_settings_of(run)
    metrics = json.loads((run / "metrics.json").read_text("utf-8"))
    parts = [
        f"# Model card: {source.described['name']}",
        "Made by `python -m convert.card --write` from the run; every figure is measured on voices "
        "that training never heard, with the arithmetic of the board.",
        "## What it is",
        _what(source, settings, metrics),
        "## What it was trained on",
        _data(source, settings, cache),
        "## How well it hears",
        *_hearing(metrics, settings),
        "## What it gets wrong",
        *_weaknesses(metrics),
        "## What it is not for",
        "Ten English digits, spoken alone and by adults, are all it knows. It was not tested on "
        "children, on voices far from the microphone, or on hardware. Nothing that can hurt "
        "somebody should depend on it.",
    ]
    return "\n\n".join(parts) + "\n"


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
        ["parameters", f"{parameters(source.graph):,}"],
        [
            "multiplications (MACs) a window",
            f"{sum(macs(source.graph, o) for o in source.graph.operators):,}",
        ],
        ["int8 file", f"{len(source.content):,} bytes, model {model_hash(source.content)}"],
        ["zeros", f"{100 * metrics['sparsity']:.1f} % of the weights"],
        ["trained by", f"`{_command(settings)}`"],
    ]
    return markdown(rows)


def _command(settings: Settings) -> str:
    """The shortest command with these settings; where the recordings were is left open."""
    tree, best = _flat(to_tree(settings)), None
    for path in sorted(PRESETS.glob("*.yaml")):
        preset = _flat(to_tree(read_settings(path.stem, [])))
        changed = {key: value for key, value in tree.items() if preset.get(key) != value}
        where = {f"data.{name}" for name in SOURCES} & set(changed)
        sets = [f"--set {key}={value}" for key, value in changed.items() if key not in where]
        words = ["python -m train.kws", f"--preset {path.stem}", *["--data FOLDER"] * bool(where)]
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
        f"Clips, and speakers in brackets; no speaker is in two columns.\n\n{table}\n\n"
        f"Besides: {noise} recordings of noise, the last fifth of each for tests alone; "
        f"{len(corpus.rejected)} clips could not be used. Fingerprint {corpus.fingerprint}."
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


def _hearing(metrics: Tree, settings: Settings) -> list[str]:
    models, int8 = metrics["models"], metrics["models"]["int8"]
    overall = [["model", "right"], *([n, percent(m["accuracy"])] for n, m in models.items())]
    labels = [
        [name, *(percent(found[key]) for key in ("recall", "precision")), str(found["examples"])]
        for name, found in int8["by_label"].items()
    ]
    sounds = settings.augmentation.sounds
    also = f", {percent(sounds)} of them with other sounds" if sounds else ""
    return [
        f"Of {int8['examples']:,} windows, in percent; those of `silence` are made of noise{also}.",
        markdown(overall),
        "The int8 file by label:",
        markdown([["label", "heard as such", "right when reported", "windows"], *labels]),
        "By source:",
        markdown([["source", "right", "windows"], *_by(int8["by_source"])]),
        f"By speaker, of those with at least {FEW} clips:",
        _speakers(int8["by_speaker"]),
        "In noise (recorded and coloured; 20 dB is a quiet room), and at other levels (the loudest "
        "sample):",
        _decibels("SNR, dB", int8["by_snr"]),
        _decibels("level, dBFS", int8["by_level"]),
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


def _weaknesses(metrics: Tree) -> list[str]:
    int8, labels = metrics["models"]["int8"], metrics["labels"]
    header = ["said \\ heard", *(label[:3] for label in labels)]
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
        f"most frequent: {pairs or 'nothing'}" if confused else "no window was misheard",
        f"heard worst: {least}, {percent(recall[least])}",
        f"worst source: {source}, {share}",
        f"in noise of 10 dB: {points(int8, 'by_snr', '10')} points against 20 dB",
        f"at -40 dBFS: {points(int8, 'by_level', '-40')} points against 0 dBFS",
    ]
    return "\n".join(f"- {line}" for line in lines)


def points(int8: Tree, group: str, at: str) -> str:
    """What is lost, in percentage points, against the easiest."""
    shares = int8[group]
    return f"{100 * (shares[at] - next(iter(shares.values()))):+.1f}"


def percent(share: float) -> str:
    return f"{100 * share:.1f} %"


if __name__ == "__main__":
    sys.exit(main())

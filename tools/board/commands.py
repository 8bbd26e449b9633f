"""The commands: each queries a board, prints text or JSON, and returns the exit code."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from typing import Any

from tools.board import bench, emulator, ports, requests
from tools.board.connect import connected
from tools.board.errors import BoardError
from tools.board.expected import MAKE, check_same, expected
from tools.board.link import Link
from tools.board.monitor import monitor
from tools.board.record import check_names, record
from tools.board.show import Screen
from tools.board.watch import watch
from train.command import as_called
from train.data.verdicts import read_table
from train.settings.words import DIGITS, NOISES, UNKNOWN

PAGES = {"versions": 0, "sizes": 1, "counters": 2, "labels": 3}
OF_256 = 256  # thresholds


@contextmanager
def link_of(
    options: argparse.Namespace, real_time: bool = True, keeping: bool = False
) -> Iterator[Link]:
    """Opens a link to a responding board; checks its bundle if --bundle is given."""
    wanted = expected(options.bundle) if options.bundle else None
    with connected(options.board, options.microphone, real_time, options.bundle, keeping) as link:
        if wanted:
            check_same(wanted, requests.info(link, requests.VERSIONS), link.name)
        yield link


def put(options: argparse.Namespace, found: Any, text: str) -> None:
    print(json.dumps(found, indent=2) if options.json else text)


def rows(pairs: dict[str, str]) -> str:
    width = max(map(len, pairs), default=0)
    return "\n".join(f"  {key:<{width}}  {value}" for key, value in pairs.items())


def list_boards(options: argparse.Namespace) -> int:
    found = [asdict(port) for port in ports.found()]
    why = emulator.missing()
    found.append({
        "port": emulator.NAME,
        "usb": False,
        "board": "" if why else "Cortex-M4F in QEMU",
        "description": why or "a board emulated on this computer",
    })  # fmt: skip
    table = [(f["port"], f["board"] or "?", f["description"]) for f in found]
    widths = [max(len(row[i]) for row in table) for i in (0, 1)]
    text = "\n".join(f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c}" for a, b, c in table)
    put(options, found, text)
    return 0


def info(options: argparse.Namespace) -> int:
    with link_of(options) as link:
        found = {name: requests.info(link, page) for name, page in PAGES.items()}
    put(options, found, "\n".join(f"{name}\n{rows(page)}" for name, page in found.items()))
    return 0


def selftest(options: argparse.Namespace) -> int:
    with link_of(options) as link:
        labels = requests.labels(link)
        found = requests.selftest(link)
    scores = dict(zip(labels, found.scores.tolist(), strict=False))
    told = {True: "right", False: "WRONG"}
    text = [
        f"front end  {told[found.frontend]}  (features {found.check:08x})",
        f"engine     {told[found.engine]}  ({', '.join(f'{k} {v}' for k, v in scores.items())})",
    ]
    put(options, asdict(found) | {"scores": scores}, "\n".join(text))
    if not (found.frontend and found.engine):
        raise BoardError(
            "the board's results differ from the expected ones; upload the firmware again"
        )
    return 0


def threshold(options: argparse.Namespace) -> int:
    if options.label and options.percent is None:
        raise BoardError("give a percentage after the label, such as: threshold seven 75")
    with link_of(options) as link:
        values = requests.thresholds(link)
        if options.label:
            number = _word(options.label, values)
            value = min(max(1, round(options.percent * OF_256 / 100)), requests.NEVER - 1)
            values = dict(zip(values, requests.threshold(link, number, value), strict=True))
    if options.label and not options.json:
        keep = as_called(f"{MAKE} --threshold {options.label}={options.percent:g}")
        print(f"until the next reset; to keep it, convert again: {keep}", file=sys.stderr)
    told = {label: _threshold(value) for label, value in values.items()}
    put(options, values, rows(told))
    return 0


def _threshold(value: int) -> str:
    return "never" if value == requests.NEVER else f"{value / OF_256:4.0%}  ({value} of 256)"


def _word(name: str, thresholds: dict[str, int]) -> int:
    if name == "all":
        return requests.ALL_LABELS
    words = [label for label, value in thresholds.items() if value != requests.NEVER]
    if name not in words:
        raise BoardError(
            f"{name!r} is not a word that the board reports; choose from {', '.join(words)}, all"
        )
    return list(thresholds).index(name)


def run_bench(options: argparse.Namespace) -> int:
    with link_of(options) as link, requests.listening_after(link):
        found = bench.bench(link, options.runs)
    put(options, found, bench.told(found))
    return 0


def run_monitor(options: argparse.Namespace) -> int:
    screen = Screen(live=False if options.json else None)
    with link_of(options, real_time=sys.stdout.isatty()) as link:
        monitor(link, screen, options.seconds, options.json)
    return 0


def run_watch(options: argparse.Namespace) -> int:
    check_names("any", options.speaker)
    near = round(options.near * OF_256 / 100)
    screen = Screen(sys.stderr if options.json else sys.stdout)
    with ExitStack() as stack:
        # at the speed of a real board: a faster one would detect more while a clip is read
        link = stack.enter_context(link_of(options, keeping=True))
        stack.callback(lambda: _watched(options, screen))
        for one in watch(link, options.save, near, options.speaker, options.seconds, screen):
            if options.json:
                print(json.dumps(asdict(one)), flush=True)
            else:
                screen.say(f"{one.file:24} {one.word}  {one.score:.0f} %  {one.kind}")
    return 0


def _watched(options: argparse.Namespace, screen: Screen) -> None:
    count = len(read_table(options.save))
    then = as_called(f"python -m tools.studio --review {options.save}")
    screen.say(f"{count:,} clips are in {options.save}; say what each is: {then}")


def run_record(options: argparse.Namespace) -> int:
    check_names(options.label, options.speaker)
    screen = Screen(sys.stderr if options.json else sys.stdout)
    written: list[str] = []
    with ExitStack() as stack:
        link = stack.enter_context(link_of(options, real_time=sys.stdout.isatty()))
        stack.callback(lambda: put(options, written, _recorded(written, options)))
        for path in record(
            link, options.folder, options.label, options.speaker, options.count,
            options.seconds, screen,
        ):  # fmt: skip
            written.append(str(path))
            screen.say(f"{len(written):3} of {options.count}  {path}")
    return 0


def _recorded(written: list[str], options: argparse.Namespace) -> str:
    known = (*DIGITS, *NOISES, UNKNOWN)
    words = "" if options.label in known else f" --set data.words={options.label},..."
    return (
        f"{len(written)} of {options.count} clips of {options.label!r} are in {options.folder}; "
        f"train with: {as_called('python -m train.kws')} --preset digits "
        f"--data {options.folder}{words}"
    )


def run_replay(options: argparse.Namespace) -> int:
    from tools.board import golden, replay  # loads TensorFlow, which takes seconds

    bundle = golden.read(options.bundle)
    entries = replay.chosen(options.folder, options.clips)
    with link_of(options) as link, requests.listening_after(link):
        outcomes, rejected = replay.replay(link, bundle, entries)
    if options.junit:
        replay.write_junit(outcomes, options.junit)
    found = replay.summary(outcomes, rejected)
    put(options, found, replay.told(found))
    return 1 if found["different"] else 0

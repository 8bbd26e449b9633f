"""`watch --save`: keeps the audio of every detection and near miss, with a table for verdicts."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from tools.board import kept, requests
from tools.board.link import Link
from tools.board.record import write_clip
from tools.board.show import Screen
from train.data import verdicts
from train.errors import DataError


def watch(
    link: Link, folder: Path, near: int, speaker: str, seconds: float | None, screen: Screen
) -> Iterator[verdicts.Kept]:
    """Yields each clip once it is in the folder, until Ctrl-C or for `seconds` of the board's
    clock. `near`: the score of 256 from which a word is nearly detected; 0: never."""
    kept.check_keeps(link)
    check_folder(folder)
    labels = requests.labels(link)
    rate = int(requests.info(link, requests.SIZES)["rate"])
    model = requests.info(link, requests.VERSIONS)["model"]
    last = requests.kept(link).number
    end = None
    with requests.keeping(link, near) as found:
        for one in found:
            if isinstance(one, requests.Decision):
                end = end or (one.ms + seconds * 1000 if seconds else None)
                if end and one.ms >= end:
                    return
                continue
            with uninterrupted():
                samples = kept.read(link, one, rate)
                row = described(folder, one, labels, speaker, model)
                if samples is not None:
                    write_clip(folder / row.file, samples, rate)
                    verdicts.add(folder, row)
            if (lost := one.number - last - 1 + (samples is None)) > 0:
                screen.say(f"{lost} clips were not kept: the board had another one to send")
            last = one.number
            if samples is not None:
                yield row


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Delays Ctrl-C until the clip that the board has announced is in the table."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def check_folder(folder: Path) -> None:
    """Makes the table, or rejects a folder of another kind, before anything is heard."""
    if not verdicts.has_table(folder) and (folder.is_file() or any(folder.rglob("*.wav"))):
        raise DataError(
            f"{folder}: contains recordings of another kind; give --save a folder of its own"
        )
    verdicts.begin(folder)


def described(
    folder: Path, one: requests.Kept, labels: list[str], speaker: str, model: str
) -> verdicts.Kept:
    word = labels[one.label]
    return verdicts.Kept(
        file=free_name(folder, word),
        time=datetime.now(UTC).isoformat(timespec="milliseconds"),
        word=word,
        score=round(100 * one.score / 256, 1),
        kind=verdicts.NEAR if one.near else verdicts.DETECTION,
        speaker=speaker,
        model=model,
    )


def free_name(folder: Path, word: str) -> str:
    """Numbers go on after those that are there, so that names sort in the order of time."""
    numbers = [path.name.split("-")[0] for path in folder.glob("*.wav")]
    last = max((int(number) for number in numbers if number.isdigit()), default=0)
    return f"{last + 1:04}-{word}.wav"

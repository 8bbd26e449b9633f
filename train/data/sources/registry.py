"""All sources by their names in the settings, and how a folder's layout is detected."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from pathlib import Path

from train.data.entry import Entry
from train.data.fetch.source import fetch_source
from train.data.sources import audiomnist, esc50, folder, fsdd, manifest, speech_commands
from train.data.sources.folder import AUDIO_ENDINGS
from train.errors import DataError

DOWNLOAD = "download"  # instead of a folder
SOURCES: dict[str, Callable[[Path], list[Entry]]] = {
    "manifest": manifest.entries,
    "audiomnist": audiomnist.entries,
    "fsdd": fsdd.entries,
    "speech_commands": speech_commands.entries,
    "esc50": esc50.entries,
    "folder": folder.entries,
}
TABLES = {"manifest": "manifest.csv", "esc50": "meta/esc50.csv"}
# The order matters: a later layout would also match some folders of the earlier ones.
LAYOUTS = {
    "audiomnist": tuple(
        f"{data}{speaker}[0-9]_[0-9][0-9]_*"
        for data in ("data/", "")
        for speaker in ("[0-9][0-9]/", "")
    ),
    "fsdd": ("recordings/[0-9]_*_[0-9]*", "[0-9]_*_[0-9]*"),
    "speech_commands": ("*/*_nohash_*",),
    "folder": ("*/*", "*/*/*"),
}
EXAMPLES = (
    *TABLES.values(), "data/01/0_01_0.wav", "recordings/0_jackson_0.wav",
    "seven/0a7c2a8d_nohash_0.wav", "LABEL/SPEAKER/ANY.wav",
)  # fmt: skip


def entries_of(name: str, where: str) -> list[Entry]:
    """The entries of a source; `where` is a folder, or the word download."""
    return SOURCES[name](fetch_source(name) if where == DOWNLOAD else Path(where).expanduser())


def recognize(folder: Path) -> str:
    """The source whose layout a folder has. Reads names only until one is decisive."""
    for name, table in TABLES.items():
        if (folder / table).is_file():
            return name
    for name, patterns in LAYOUTS.items():
        found = chain.from_iterable(folder.glob(pattern) for pattern in patterns)
        if any(path.suffix.lower() in AUDIO_ENDINGS for path in found):
            return name
    what = "is not a folder" if not folder.is_dir() else "does not have a known layout"
    raise DataError(f"{folder}: {what}; looked for {', '.join(EXAMPLES)}")

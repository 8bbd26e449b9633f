"""Locations of public data sets, pinned: the same files in ten years, or an error."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class GitHosted:
    """Files of a GitHub repository at one commit, verified by git's own SHA-1 of each file."""

    repository: str
    commit: str
    prefixes: tuple[str, ...]  # the wanted folders or files
    api: str = "https://api.github.com"
    raw: str = "https://raw.githubusercontent.com"

    @property
    def version(self) -> str:
        return " ".join((self.commit, *self.prefixes))


@dataclass(frozen=True)
class Archive:
    """One .tar.gz with a published SHA-256."""

    url: str
    bytes: int
    sha256: str

    @property
    def version(self) -> str:
        return self.sha256


Home = GitHosted | Archive
COMPLETE = ".complete"  # in a data set's folder: the version that is complete there

HOMES: dict[str, Home] = {
    "audiomnist": GitHosted(  # 30,000 recordings, 1.9 GB; MIT license
        "soerenab/AudioMNIST",
        "630d7dab4c040882834de6fa21baf9a60372accd",
        ("data/", "LICENSE", "README.md"),
    ),
    "fsdd": GitHosted(  # 3,000 recordings, 21 MB; CC BY-SA 4.0; the tag v1.0.10
        "Jakobovski/free-spoken-digit-dataset",
        "d6938f9bf1545aa66d8489fc9f1385a7abd64282",
        ("recordings/", "README.md"),
    ),
    "speech_commands": Archive(  # version 0.02: 105,829 recordings; CC BY 4.0
        "https://storage.googleapis.com/download.tensorflow.org/data/speech_commands_v0.02.tar.gz",
        2_428_923_189,
        "af14739ee7dc311471de98f5f9d2c9191b18aedfe957f4a6ff791c709868ff58",
    ),
    "esc50": GitHosted(  # 2,000 recordings, 0.9 GB; CC BY-NC 3.0: not for commercial use
        "karolpiczak/ESC-50",
        "33c8ce9eb2cf0b1c2f8bcf322eb349b6be34dbb6",
        ("audio/", "meta/esc50.csv", "LICENSE", "README.md"),
    ),
}

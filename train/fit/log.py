"""A persistent log: what happened in a run, written line by line."""

from __future__ import annotations

import time
from pathlib import Path


class RunLog:
    """Prints a line and appends it, with the time, to the run's log.txt."""

    def __init__(self, run: Path) -> None:
        self.path = run / "log.txt"

    def say(self, text: str) -> None:
        print(text, flush=True)
        self.note(text)

    def note(self, text: str) -> None:
        """Writes to the file only."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        stamp = time.strftime("%Y-%m-%d %H:%M:%S")
        with self.path.open("a", encoding="utf-8") as file:
            file.writelines(f"{stamp}  {line}\n" for line in text.splitlines())

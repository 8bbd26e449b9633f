"""Lists runs that have a report."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPORT = "report.html"


@dataclass(frozen=True)
class Run:
    name: str
    accuracy: float | None  # on development data: of the int8 model, else of the float one


def list_runs(runs: Path) -> list[Run]:
    """Lists the runs, newest first."""
    found = sorted(runs.glob(f"*/{REPORT}"), key=lambda path: (-path.stat().st_mtime_ns, path))
    return [Run(path.parent.name, _accuracy(path.parent / "metrics.json")) for path in found]


def read_report(runs: Path, name: str) -> bytes | None:
    """Returns the report of a listed run; None if there is no such run."""
    if all(run.name != name for run in list_runs(runs)):
        return None
    path = runs / name / REPORT
    return path.read_bytes() if path.resolve().is_relative_to(runs.resolve()) else None


def _accuracy(path: Path) -> float | None:
    try:
        metrics: Any = json.loads(path.read_text("utf-8"))
        models = metrics["models"]
        return float((models.get("int8") or models["float"])["accuracy"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None

"""Turns recordings into a run. This file: the project's folders, and where runs are stored."""

from __future__ import annotations

from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
FRONTEND_SOURCES = PROJECT / "firmware" / "lib" / "frontend"
RUNS = Path("build/runs")

"""Recordings in, a run out. Here: where things lie in the project, and where runs are kept."""

from __future__ import annotations

from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
FRONTEND_SOURCES = PROJECT / "firmware" / "lib" / "frontend"
RUNS = Path("build/runs")

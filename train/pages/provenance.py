"""Where a figure in a document comes from: the model, the commit and the machine."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path

from train import PROJECT

VECTORS = ("avx512f", "avx2")  # widest first; the width determines the speed of batches


def provenance(of: str) -> str:
    """One line for below a generated table; `of` names the models."""
    return f"*Measured: {of}; commit {commit()}; {machine()}.*"


def commit() -> str:
    """The commit of the checkout, with a + if there are uncommitted changes."""
    try:
        name = _git("rev-parse", "--short", "HEAD")
        return name + "+" * bool(_git("status", "--porcelain", "--untracked-files=no"))
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(PROJECT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def machine() -> str:
    """The processor, its vector extension and the number of cores."""
    return f"{processor()}, {os.cpu_count()} cores"


def processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.machine()
    name = next((line.split(": ")[1] for line in text.splitlines() if "model name" in line), "")
    widest = next((v for v in VECTORS if v in text.split()), "no AVX2")
    return f"{name or platform.machine()}, {widest}"

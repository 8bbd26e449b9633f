"""Writes sections of docs/results.md, and the front end's plot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from tools.bench.text import RESULTS, table
from train.pages.markdown import write_section

PLOT = "frontend-snr.svg"


def write_results(result: dict[str, Any], docs: Path) -> None:
    text = f"{table(result)}\n\n![SNR against level]({PLOT})"
    write_section(docs / RESULTS, "frontend", text, "the default front end, no model")
    plot(result, docs / PLOT)


def plot(result: dict[str, Any], path: Path) -> None:
    """Plots the median SNR against level, with the 5th percentile below it."""
    matplotlib.rcParams["svg.hashsalt"] = "tinykws"  # the same file every time
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    curves = {"tinykws": result, **result["rivals"]}
    for name, numbers in curves.items():
        levels = [int(level) for level in numbers["snr_db"]]
        median = [numbers["snr_db"][str(level)]["median"] for level in levels]
        low = [numbers["snr_db"][str(level)]["p5"] for level in levels]
        (line,) = axes.plot(levels, median, marker="o", label=name)
        axes.fill_between(levels, low, median, color=line.get_color(), alpha=0.15)
    axes.set_xlabel("level of the loudest sample, dBFS")
    axes.set_ylabel("SNR against float64, dB")
    axes.set_title("MFCC of speech: median, shaded to the 5th percentile")
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    axes.legend(loc="center", bbox_to_anchor=(0.5, 0.36), ncols=2)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)

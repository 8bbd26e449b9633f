"""The files that a run consists of."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from train.cache import write_whole
from train.data.corpus import Corpus
from train.settings import Settings, to_tree
from train.settings.frontend import FrontendConfig

TIME = "time.json"  # seconds by stage of a run
OUTCOMES = (
    "run.json", "settings.json", "split.json", "metrics.json", "history.json", "model.tflite",
    "float.h5", "quantized.h5", "report.html", "conversion.md", TIME,
)  # fmt: skip


def write_time(run: Path, seconds: Mapping[str, float]) -> None:
    """Writes how long each stage took, to a separate file because the others are reproducible."""
    write_whole(run / TIME, (json.dumps(dict(seconds), indent=2) + "\n").encode())


def write_outcomes(
    run: Path,
    settings: Settings,
    corpus: Corpus,
    config: FrontendConfig,
    content: bytes | None,
    results: dict[str, Any],
    history: dict[str, Any],
    **more: Any,
) -> None:
    """Writes everything needed to reproduce and convert a run; `more` is added to run.json."""
    speakers = {e.speaker: s for e, s in zip(corpus.entries, corpus.splits, strict=True)}
    speakers |= corpus.long.speaker_sides
    described = {
        "labels": results["labels"],
        "frontend": config.to_dict(),
        "seed": settings.seed,
        "data": corpus.fingerprint,
        **more,
    }
    if content:
        write_whole(run / "model.tflite", content)
    files = {
        "settings.json": to_tree(settings),
        "split.json": dict(sorted(speakers.items())),
        "metrics.json": results,
        "history.json": history,
        "run.json": described,  # last, because it marks a run as finished
    }
    for name, tree in files.items():
        write_whole(run / name, (json.dumps(tree, indent=2) + "\n").encode())

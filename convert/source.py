"""What is converted: a run, or a user's int8 file with its front end."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from convert.errors import ModelError
from convert.graph import Graph, read_graph
from convert.rules import check_model
from train.errors import ConfigError
from train.fit.runs import read_settings_of
from train.settings.frontend import FrontendConfig

RUN_FILES = ("run.json", "settings.json", "metrics.json", "float.h5")
INT8_FILES = {  # by recipe.quantization
    "trained": ("model.tflite", "quantized.h5"),
    "after": ("model.tflite",),
    "none": (),
}


@dataclass(frozen=True)
class Source:
    """An int8 model, checked, with the front end at its input scale."""

    name: str
    content: bytes
    graph: Graph
    config: FrontendConfig
    labels: tuple[str, ...]
    trained_config: FrontendConfig  # at the scale of training
    run: Path | None = None
    trained_for: str = "quantized"  # the run's Keras model, whose accuracy it must match
    described: dict[str, Any] = field(default_factory=dict)  # what goes into the manifest
    bonus: int = 1  # recipe.bonus of the run


def checked(
    name: str, content: bytes, config: FrontendConfig, labels: tuple[str, ...], **more: Any
) -> Source:
    """Checks the model; a ModelError names the file."""
    try:
        graph = read_graph(content)
        check_model(graph, config, labels)
    except ModelError as error:
        raise ModelError(f"{name}: {error}") from error
    given = graph.tensors[graph.input]
    at_scale = config.replace(scale=given.scale, zero_point=given.zero_point)
    return Source(name, content, graph, at_scale, labels, config, **more)


def newest_run(runs: Path) -> Path:
    return finished_runs(runs)[-1]


def finished_runs(runs: Path) -> list[Path]:
    """All finished runs, newest last; at least one."""
    finished = sorted(runs.glob("*/run.json"), key=lambda path: path.stat().st_mtime_ns)
    if not finished:
        raise ModelError(f"{runs}: contains no finished run; train one: python -m train.kws")
    return [path.parent for path in finished]


def read_run(run: Path) -> Source:
    """The int8 file of a run, with everything that the run records about it."""
    _require_files(run, RUN_FILES)
    described = _json(run / "run.json")
    if why := refusal(run):
        raise ModelError(f"{run}: {why}")
    recipe = read_settings_of(run).recipe
    _require_files(run, INT8_FILES[recipe.quantization])
    try:
        config = FrontendConfig.from_dict(described["frontend"])
        labels = tuple(str(label) for label in described["labels"])
    except (KeyError, TypeError, ConfigError) as error:
        raise ModelError(f"{run / 'run.json'}: does not describe a run ({error})") from error
    content = read_bytes(run / "model.tflite")
    described = {
        "name": run.resolve().name,
        "seed": described.get("seed"),
        "data": described.get("data"),
        "metrics": _summary(_json(run / "metrics.json")),
        **_long(run, described),
    }
    name = str(run / "model.tflite")
    trained_for = "quantized" if recipe.quantization == "trained" else "float"
    more = {"run": run, "described": described, "trained_for": trained_for, "bonus": recipe.bonus}
    return checked(name, content, config, labels, **more)


def refusal(run: Path) -> str:
    """Why the run's model cannot become firmware, as recorded by the run; empty if it can."""
    described = run / "run.json"
    return str(_json(described).get("refused") or "") if described.is_file() else ""


def _require_files(run: Path, names: Sequence[str]) -> None:
    if missing := [name for name in names if not (run / name).is_file()]:
        raise ModelError(
            f"{run}: not a finished run, {', '.join(missing)} is missing; run its "
            "python -m train.kws command again to finish it"
        )


def _summary(metrics: dict[str, Any]) -> dict[str, Any]:
    """The metrics by model that people compare; the rest stays with the run."""
    kept = ("accuracy", "examples", "by_snr", "by_level")
    models = metrics.get("models")
    if not isinstance(models, dict) or not all(isinstance(m, dict) for m in models.values()):
        raise ModelError("metrics.json: has no models; train again")
    return {name: {key: found.get(key) for key in kept} for name, found in models.items()}


def _long(run: Path, described: dict[str, Any]) -> dict[str, Any]:
    """Which long recordings it learned from, so that nobody judges it by these parts."""
    recordings = described.get("long_recordings", {}).get("recordings", ())
    if not recordings:
        return {}
    settings = read_settings_of(run)
    digests = [one["digest"] for one in recordings]
    return {"long": {"validation": settings.data.validation, "digests": digests}}


def read_tflite(path: Path, frontend: Path | None, labels: str) -> Source:
    """A user's int8 file; the front end must be that of its training (default: the default one)."""
    config = FrontendConfig()
    if frontend:
        try:
            config = FrontendConfig.from_dict(_json(frontend))
        except ConfigError as error:
            raise ModelError(f"{frontend}: {error}") from error
    names = tuple(label.strip() for label in labels.split(","))
    return checked(str(path), read_bytes(path), config, names)


def read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror})") from error


def _json(path: Path) -> dict[str, Any]:
    try:
        tree = json.loads(read_bytes(path))
    except ValueError as error:
        raise ModelError(f"{path}: is not JSON ({error})") from error
    if not isinstance(tree, dict):
        raise ModelError(f"{path}: expected fields and values")
    return tree

"""Verifies, before anything is written, that features and scores are the same wherever they are
computed, and that the accuracy is that of training."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from convert import tflm
from convert.bundle import COMMAND, model_hash, stream_of
from convert.errors import ModelError
from convert.native.engine import Engine, generate
from convert.native.host import scores as native_scores
from convert.native.host import stream_scores
from convert.native.lstm import NAME as LSTM
from convert.native.streaming import Stream
from convert.source import Source
from convert.testset import TestSet
from train.errors import CompilerError, DataError
from train.features.binding import Frontend
from train.features.integer_model import model_features, model_frames
from train.features.tables import build_tables
from train.fit.runs import read_settings_of

WINDOWS = 240  # windows also computed by numpy, which takes 10 ms each
MOST_LOST = 0.003  # share of windows, rounded up, between the Keras model and int8


@dataclass(frozen=True)
class Row:
    what: str
    result: str
    good: bool = True


@dataclass(frozen=True)
class Verification:
    rows: list[Row]
    accuracy: dict[str, float] = field(default_factory=dict)  # by model, on the same windows

    @property
    def failed(self) -> list[Row]:
        return [row for row in self.rows if not row.good]


def table(rows: Sequence[Row]) -> str:
    width = max(len(row.what) for row in rows)
    return "\n".join(
        f"  {'ok  ' if row.good else 'FAIL'}  {row.what:<{width}}  {row.result}" for row in rows
    )


def verify(source: Source, test: TestSet, step: Callable[[str], None]) -> Verification:
    """`step` is called with the name of each step. A mismatch is reported in the rows, not raised;
    a ModelError means that an interpreter or Keras rejects the model or its weights."""
    try:
        return _verify(source, test, step)
    except (ValueError, RuntimeError, OSError, KeyError) as error:
        if isinstance(error, (ModelError, CompilerError, DataError)):
            raise
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ModelError(f"{source.name}: cannot be run ({first})") from error


def _verify(source: Source, test: TestSet, step: Callable[[str], None]) -> Verification:
    from train.models.int8 import Int8Model  # TensorFlow takes seconds to import

    features = test.examples.features
    engine = _engine(source)
    step("features in C and numpy")
    rows = [_same_features(source, test)]
    step("scores of TensorFlow Lite")
    reference = Int8Model(source.content).all_scores(features)
    scores = {"tflite": reference}
    if tflm.available():
        step("scores of TensorFlow Lite Micro")
        micro = tflm.scores(source.content, features)
        scores["tflm"] = micro
        recurrent = any(operator.name == LSTM for operator in source.graph.operators)
        rows.append((_apart if recurrent else _near_scores)(reference, micro))
    else:
        rows.append(
            Row("TensorFlow Lite Micro", "not available: there is no wheel for this computer")
        )
    step("scores of the native engine")
    scores["native"] = native_scores(engine, features, len(source.labels))
    golden = "tflm" if "tflm" in scores else "tflite"
    what = "Micro = native engine" if "tflm" in scores else "TensorFlow Lite = native engine"
    rows.append(_same_scores(what, scores[golden], scores["native"]))
    streamed = stream_of(source)
    if isinstance(streamed, Stream):
        rows.append(_same_stream(streamed, engine, features, len(source.labels)))
    accuracy: dict[str, float] = {}
    if source.run is not None:
        step("scores of Keras")
        accuracy = {
            name: _accuracy(keras_scores, test) for name, keras_scores in _keras(source, features)
        }
    accuracy |= {name: _accuracy(found, test) for name, found in scores.items()}
    if not test.rated.any():
        accuracy = {}
    rows += _accuracies(accuracy, source.trained_for, int(test.rated.sum()))
    return Verification(rows, accuracy)


def _engine(source: Source) -> Engine:
    try:
        return generate(source.graph, model_hash(source.content), COMMAND)
    except ModelError as error:
        raise ModelError(f"{source.name}: {error}") from error


def _same_features(source: Source, test: TestSet) -> Row:
    """Compares the C front end with its numpy specification, on evenly spread windows."""
    count = len(test.examples.labels)
    chosen = np.unique(np.linspace(0, count - 1, min(WINDOWS, count)).astype(int))
    windows = np.stack([test.examples.window(int(i)) for i in chosen])
    tables = build_tables(source.config)
    specified = np.stack([model_features(tables, model_frames(tables, w)) for w in windows])
    computed = Frontend(source.config).features(windows)
    cached = test.examples.features[chosen]
    same = int((specified == computed).sum())
    good = same == specified.size and bool((cached == computed).all())
    return Row("features: C = numpy", f"{same:,} of {specified.size:,} values equal, "
               f"{len(windows)} windows", good)  # fmt: skip


def _same_scores(what: str, reference: NDArray[np.int8], found: NDArray[np.int8]) -> Row:
    same = int((reference == found).sum())
    return Row(
        f"scores: {what}",
        f"{same:,} of {reference.size:,} values equal, {len(reference):,} windows",
        same == reference.size,
    )


def _near_scores(reference: NDArray[np.int8], micro: NDArray[np.int8]) -> Row:
    """TensorFlow 2.19 multiplies the scales of a Dense layer in 32 bits, Micro in 64: about one
    value in a million differs by one. Boards run Micro; a larger difference would be an error."""
    row = _same_scores("TensorFlow Lite = Micro", reference, micro)
    apart = np.abs(reference.astype(int) - micro)
    near = apart.max() <= 1 and int((apart > 0).sum()) <= max(1, micro.size // 10_000)
    return replace(row, good=bool(near))


def _apart(reference: NDArray[np.int8], micro: NDArray[np.int8]) -> Row:
    """In an LSTM, TensorFlow Lite rounds differently from Micro in each step, so values are not
    compared one by one. Boards run Micro; both accuracies are compared with Keras' below."""
    row = _same_scores("TensorFlow Lite = Micro", reference, micro)
    most = int(np.abs(reference.astype(int) - micro).max())
    same = float((reference.argmax(axis=1) == micro.argmax(axis=1)).mean())
    said = f"{row.result}; at most {most}/256 apart, decide the same on {100 * same:.2f} %"
    return replace(row, what="scores: TensorFlow Lite ~ Micro (LSTM)", result=said, good=True)


def _same_stream(stream: Stream, engine: Engine, features: NDArray[np.int8], labels: int) -> Row:
    """The frames of consecutive windows, as one recording."""
    chosen = features[np.linspace(0, len(features) - 1, WINDOWS).astype(int)]
    length, step = features.shape[1], stream.step_frames
    frames = chosen.reshape(-1, features.shape[2])
    ends = range(stream.first * step, len(frames) + 1, step)
    windows = np.stack([frames[end - length : end] for end in ends])
    expected = native_scores(engine, windows, labels)
    return _same_scores("windowed = stream", expected, stream_scores(stream, frames, labels))


def _keras(source: Source, features: NDArray[np.int8]) -> list[tuple[str, NDArray[np.float32]]]:
    """Scores of the run's Keras models, on dequantized features."""
    from train.fit.recipe import load_quantized
    from train.fit.stage import predict
    from train.models.keras import keras, quiet
    from train.models.registry import model_of

    assert source.run is not None
    settings = read_settings_of(source.run)
    with quiet():
        models = {"float": keras.models.load_model(source.run / "float.h5", compile=False)}
    if settings.recipe.quantization == "trained":
        fresh = model_of(settings.model, source.config.shape, len(source.labels))
        models["quantized"] = load_quantized(fresh, source.run / "quantized.h5")
    steps = features.astype(np.int16) - source.config.zero_point
    return [(name, predict(model, steps, source.config.scale)) for name, model in models.items()]


def _accuracy(scores: NDArray[np.generic], test: TestSet) -> float:
    right = scores.argmax(axis=1)[test.rated] == test.labels[test.rated]
    return float(right.mean()) if right.size else 0.0


def _accuracies(accuracy: dict[str, float], trained_for: str, windows: int) -> list[Row]:
    names = {
        "float": "Keras, float", "quantized": "Keras, quantization-aware",
        "tflite": "TensorFlow Lite, int8", "tflm": "TensorFlow Lite Micro, int8",
        "native": "native engine, int8",
    }  # fmt: skip
    keras = accuracy.get(trained_for, 0.0)
    most = math.ceil(MOST_LOST * windows)

    def row(name: str, value: float) -> Row:
        said = f"{100 * value:.2f} % of {windows:,} windows"
        lost = round((keras - value) * windows) if name in ("tflite", "tflm", "native") else 0
        if lost > most:
            said += f"; {lost} fewer than {names[trained_for]}, at most {most} allowed"
        return Row(f"accuracy: {names[name]}", said, lost <= most)

    return [row(name, value) for name, value in accuracy.items()]

"""The recipe's stages on patterns that a small model learns in seconds."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from convert.graph import read_graph
from convert.native.streaming import stream
from convert.operators import check_operators, macs
from train.fit.feed import Feed, one_hot
from train.fit.log import RunLog
from train.fit.recipe import Lesson, fix_seeds, int8_sparsity, prune, quantize, taught, to_tflite
from train.fit.stage import Stage, Workplace, cross_entropy, predict, rate_of, run_stage
from train.models.keras import keras, tf
from train.models.registry import build_model, model_of
from train.settings import Settings, read_settings

LABELS = 12
SHORT = [
    "model.family=tc_resnet", "model.budget=9000", "recipe.batch=32", "recipe.epochs=6",
    "recipe.prune_epochs=3", "recipe.quantize_epochs=1", "recipe.teacher=80000",
]  # fmt: skip


def feed(count: int, seed: int) -> Feed:
    """Each label has a pattern of its own, under noise."""
    patterns = np.random.default_rng(0).normal(0, 40, (LABELS, 49, 40))
    random = np.random.default_rng(seed)
    labels = np.arange(count, dtype=np.int32) % LABELS
    noisy = patterns[labels] + random.normal(0, 40, (count, 49, 40))
    features = np.clip(np.round(noisy), -128, 127).astype(np.int8)
    return Feed(features, one_hot(labels, LABELS), np.ones(count, np.float32), scale=0.03)


@pytest.fixture
def lesson(tmp_path: Path) -> Lesson:
    settings = read_settings("synthetic", SHORT)
    fix_seeds(settings.seed)
    place = Workplace(tmp_path, "test", RunLog(tmp_path))
    return Lesson(settings, feed(384, 1), feed(96, 2), place, {})


def small_model(settings: Settings) -> keras.Model:
    model = settings.model
    return build_model(model.family, settings.frontend.shape, LABELS, model.budget)


def changed(lesson: Lesson, **recipe: object) -> Lesson:
    settings = replace(lesson.settings, recipe=replace(lesson.settings.recipe, **recipe))
    return replace(lesson, settings=settings)


def of_family(lesson: Lesson, family: str) -> Lesson:
    model = replace(lesson.settings.model, family=family)
    return replace(lesson, settings=replace(lesson.settings, model=model))


def kernels(content: bytes) -> list[np.ndarray]:
    """int8 weights that pruning may touch: [out, ..., in]."""
    interpreter = tf.lite.Interpreter(model_content=content)
    return [
        interpreter.get_tensor(operation["inputs"][1])
        for operation in interpreter._get_ops_details()
        if operation["op_name"] in ("CONV_2D", "FULLY_CONNECTED")
    ]


@pytest.mark.parametrize("structure", ["none", "2:4"])
def test_half_of_the_weights_are_zero_in_the_int8_file(lesson: Lesson, structure: str) -> None:
    """With 2:4, two of any four neighbouring input channels: what hardware and generators skip."""
    lesson = changed(lesson, structure=structure)
    content = to_tflite(quantize(prune(small_model(lesson.settings), lesson), lesson))
    assert int8_sparsity(content) >= 0.495
    fours = [k.reshape(-1, 4) for k in kernels(content) if k.shape[-1] % 4 == 0]
    assert len(fours) >= 4
    in_pairs = [bool((np.count_nonzero(four, axis=1) <= 2).all()) for four in fours]
    assert all(in_pairs) if structure == "2:4" else not any(in_pairs)


def test_a_family_that_streams_still_does_after_all_stages(lesson: Lesson) -> None:
    """Its first layer's channels, an only input channel and the cut bypass are quantized too."""
    lesson = of_family(lesson, "mel_stream")
    content = to_tflite(quantize(prune(small_model(lesson.settings), lesson), lesson))
    assert int8_sparsity(content) >= 0.495
    graph = read_graph(content)
    check_operators(graph)
    made = stream(graph, 10, "0" * 16, "this test")
    small, whole = (sum(macs(g, o) for o in g.operators) for g in (made.graph, graph))
    assert small < 0.3 * whole


def test_without_pruning_few_weights_are_zero(lesson: Lesson) -> None:
    lesson = changed(lesson, sparsity=0.0)
    content = to_tflite(quantize(prune(small_model(lesson.settings), lesson), lesson))
    assert int8_sparsity(content) < 0.1
    assert "pruning" not in lesson.history


def test_a_teacher_lends_its_doubts(lesson: Lesson) -> None:
    learned = taught(lesson)
    assert lesson.history["teacher"][-1]["validation_accuracy"] > 0.9
    np.testing.assert_allclose(learned.targets.sum(axis=1), 1, atol=1e-5)
    hard = lesson.train.targets.astype(bool)
    assert (learned.targets[hard] > 0.4).all()  # the truth keeps its share of 0.4
    assert (learned.targets[~hard] > 0).all()
    pairs = [learned.targets[hard.argmax(axis=1) == label].mean(axis=0) for label in range(LABELS)]
    others = np.array(pairs)[~np.eye(LABELS, dtype=bool)]
    assert others.std() > 0.1 * others.mean()  # some labels are more alike than others


def test_training_stops_when_validation_gets_no_better_and_keeps_the_best(lesson: Lesson) -> None:
    stage = Stage(name="float", epochs=40, batch=32, learning_rate=3e-3, patience=2)
    model = small_model(lesson.settings)
    nonsense = replace(feed(96, 3), targets=one_hot(np.arange(96, dtype=np.int32) % 7, LABELS))
    history = run_stage(model, stage, lesson.train, nonsense, lesson.place)
    losses = [figures["validation_loss"] for figures in history]
    assert len(history) < 40
    assert int(np.argmin(losses)) == len(losses) - 3
    scores = predict(model, nonsense.features, nonsense.scale)
    loss = -(nonsense.targets * np.log(np.maximum(scores, 1e-7))).sum(axis=1).mean()
    assert loss == pytest.approx(min(losses), rel=1e-4)


def test_dropout_goes_on_where_an_interrupted_stage_was(lesson: Lesson, tmp_path: Path) -> None:
    """Another process draws other seeds for its layers; yet the same weights come out."""
    settings = read_settings("guide-small", [])
    stage = Stage(name="float", epochs=3, batch=32, learning_rate=1e-3)

    def stopped() -> None:
        raise KeyboardInterrupt

    def trained(name: str, seed: int, stop: bool = False) -> list[np.ndarray]:
        keras.utils.set_random_seed(seed)
        model = model_of(settings.model, (49, 40), LABELS)
        for number, weight in enumerate(model.weights):
            drawn = np.random.default_rng(number).normal(0, 0.05, weight.shape)
            weight.assign(np.abs(drawn) if "variance" in weight.name else drawn)
        place = Workplace(tmp_path / name, "test", RunLog(tmp_path / name))
        feeds = lesson.train, lesson.validation
        if stop:
            two = iter((lambda: None, stopped))
            with pytest.raises(KeyboardInterrupt):
                run_stage(model, stage, *feeds, place, after_epoch=lambda: next(two)())
        else:
            run_stage(model, stage, *feeds, place)
        return model.get_weights()

    whole = trained("whole", seed=1)
    trained("stopped", seed=2, stop=True)
    again = trained("stopped", seed=3)
    assert all((a == b).all() for a, b in zip(whole, again, strict=True))
    settings = read_settings("guide-small", ["model.dropout=0", "model.dense_dropout=0"])
    without = trained("without", seed=1)
    assert any((a != b).any() for a, b in zip(whole, without, strict=True))


def test_plain_gradient_descent_takes_its_momentum_from_the_settings(lesson: Lesson) -> None:
    lesson = changed(lesson, optimizer="sgd", momentum=0.75)
    model = small_model(lesson.settings)
    run_stage(model, lesson.stage("float", 1, 0.01), lesson.train, lesson.validation, lesson.place)
    assert isinstance(model.optimizer, keras.optimizers.SGD)
    assert model.optimizer.momentum == 0.75


def test_rates_follow_their_schedule() -> None:
    better = [{"validation_loss": 1.0 / n} for n in range(1, 7)]
    worse = [{"validation_loss": 1.0 * n} for n in range(1, 10)]

    def rates(schedule: str, history: list[dict[str, float]]) -> list[float]:
        stage = Stage(name="s", epochs=8, batch=1, learning_rate=0.8, schedule=schedule)
        return [rate_of(stage, history[:epoch]) for epoch in range(len(history))]

    assert rates("constant", better) == [0.8] * 6
    cosine = rates("cosine", better)
    assert cosine[0] == 0.8 and math.isclose(cosine[4], 0.4)
    assert sorted(cosine, reverse=True) == cosine
    assert rates("plateau", better) == [0.8] * 6
    assert rates("plateau", worse) == [0.8] * 5 + [0.4] * 4


def test_the_loss_pulls_however_sure_a_mistake_was_and_stays_finite() -> None:
    targets = tf.constant([[1.0, 0.0, 0.0]])

    def loss_and_pull(gap: float, possible: list[float]) -> tuple[float, float]:
        logits = tf.Variable([[0.0, gap, 0.0]])
        with tf.GradientTape() as tape:
            loss = cross_entropy(targets, tf.nn.softmax(logits), tf.constant([possible]))
        return float(loss[0]), float(tape.gradient(loss, logits)[0, 0])

    everything, not_the_second = [1.0, 1.0, 1.0], [1.0, 0.0, 1.0]
    assert loss_and_pull(18.0, everything) == pytest.approx((18.0, -1.0), rel=1e-3)
    assert loss_and_pull(18.0, not_the_second) == pytest.approx((math.log(2), -0.5), rel=1e-3)
    for possible in (everything, not_the_second):
        assert np.isfinite(loss_and_pull(100.0, possible)).all()

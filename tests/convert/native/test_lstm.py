"""LSTMs, as Keras and TensorFlow's converter make them: every bit, and a state for each run."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convert.errors import ModelError
from convert.graph import read_graph
from convert.native.arithmetic import sigmoid_curve
from convert.native.engine import generate
from convert.targets import TARGETS
from tests.conftest import usable
from tests.convert.models import family, rewritten, sequence_model
from tests.convert.native.comparison import ARENA, Case, case_of, micro_tensors, native
from tests.convert.native.graphs import Value, Writer, lstm
from train.models.keras import keras, quiet

SANITIZED = ("-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
MOST_STACK = 512  # bytes, as docs/engine.md says


def layer(units: int, every_step: bool = False) -> keras.layers.Layer:
    return keras.layers.LSTM(units, return_sequences=every_step)


@cache
def model(name: str) -> bytes:
    both = keras.layers.Bidirectional
    return {
        "one": lambda: sequence_model(layer(9)),
        "stacked": lambda: sequence_model(layer(16, True), layer(5)),
        "both ways": lambda: sequence_model(both(layer(8))),
        "both ways, every step": lambda: sequence_model(both(layer(7, True))),
    }[name]()


NAMES = ("one", "stacked", "both ways", "both ways, every step")


@pytest.mark.parametrize("name", NAMES)
def test_keras_models_agree_in_every_tensor(name: str, tmp_path: Path) -> None:
    case = case_of(model(name), 30)
    names = [operator.name for operator in case.graph.operators]
    halves = 2 if name != "one" else 1
    assert names.count("UNIDIRECTIONAL_SEQUENCE_LSTM") == halves
    assert ("REVERSE_V2" in names) == name.startswith("both")
    for target, flags in (("gcc", SANITIZED), ("clang", ("-O2",)), ("cortex-m4f", ("-O2",))):
        run = native(usable(TARGETS[target]), case, tmp_path / target, *flags)
        np.testing.assert_array_equal(run.traced, case.tensors, target)
        np.testing.assert_array_equal(run.scores, case.scores, target)
        assert run.stack_bytes <= MOST_STACK


def test_each_run_starts_from_zero(tmp_path: Path) -> None:
    """TensorFlow Lite Micro goes on where it was, unless its states are reset."""
    w = Writer(np.random.default_rng(1))
    x = w.value((1, 2, 1, 5), 0.05, 3)
    content = w.file(x, lstm(w, x))
    case = case_of(content, 1)
    same = Case(case.graph, np.repeat(case.inputs, 3, axis=0), case.tensors, case.scores)
    run = native(usable(TARGETS["gcc"]), same, tmp_path)
    np.testing.assert_array_equal(run.scores, np.repeat(case.scores, 3, axis=0))
    micro = interpreter(content)
    outputs = []
    for one in same.inputs:
        micro.set_input(one.reshape(x.shape), 0)
        micro.invoke()
        outputs.append(micro.get_output(0).ravel().copy())
    np.testing.assert_array_equal(outputs[0], case.scores[0])
    assert (outputs[1] != outputs[0]).any()


def interpreter(content: bytes) -> Any:
    from tflite_micro.python.tflite_micro import runtime

    with quiet():
        return runtime.Interpreter.from_bytes(content, arena_size=ARENA)


def test_the_curve_is_tensorflows() -> None:
    """Its int16 TANH shows knot k at an input of k / 48; the step is just above that, for it is cut
    off to 16 bits."""
    w = Writer(np.random.default_rng(0))
    step = float(np.nextafter(np.float32(1 / 48), np.float32(1)))
    source = Value(w.tensor((1, 256), "INT16", [step], [0]), (1, 256), step, 0)
    end = Value(w.tensor((1, 256), "INT16", [2.0**-15], [0]), (1, 256), 2.0**-15, 0)
    w.operator("TANH", [source.number], end)
    micro = interpreter(w.file(source, end))
    micro.set_input(np.arange(256, dtype=np.int16)[None], 0)
    micro.invoke()
    knots = micro.get_output(0).ravel().astype(int) + (1 << 15)
    assert knots.tolist() == list(sigmoid_curve())


def test_saturated_gates_and_cells_agree(tmp_path: Path) -> None:
    """Weights at their largest, cells of every step."""
    for number, power in enumerate(range(-20, -6)):
        w = Writer(np.random.default_rng(number))
        x = w.value((1, 6, 1, 5), 0.05, 3)
        content = w.file(x, lstm(w, x, power=power, reach=20.0))
        graph = read_graph(content)
        inputs = np.random.default_rng(number).choice([-128, 127, 0], (6, 30)).astype(np.int8)
        case = Case(graph, inputs, *micro_tensors(content, graph, inputs))
        run = native(usable(TARGETS["gcc"]), case, tmp_path / str(number), *SANITIZED)
        np.testing.assert_array_equal(run.traced, case.tensors, f"2^{power}")


def test_only_engines_with_an_lstm_include_its_kernel() -> None:
    def source(content: bytes) -> str:
        return generate(read_graph(content), "0" * 16, "this test").files["kws_engine.c"]

    both, neither = source(model("both ways")), source(family("ds_cnn"))
    assert both.count("kws_engine_lstm.h") == both.count("kws_curve[256]") == 1
    assert "lstm" not in neither and "kws_curve" not in neither


def lstms(file: Any) -> list[Any]:
    found = [op for op in file.subgraphs[0].operators if len(op.inputs) == 24]
    for operator in found:
        operator.inputs = list(operator.inputs)
    return found


def tensor(file: Any, position: int) -> Any:
    """Of the first LSTM."""
    return file.subgraphs[0].tensors[lstms(file)[0].inputs[position]]


def peephole(file: Any) -> None:
    lstms(file)[0].inputs[9] = lstms(file)[0].inputs[12]


def no_cell(file: Any) -> None:
    lstms(file)[0].inputs[19] = -1


def shared_state(file: Any) -> None:
    first, second = lstms(file)
    second.inputs[18] = first.inputs[18]


def odd_cell(file: Any) -> None:
    tensor(file, 19).quantization.scale = [0.0003]


def fine_state(file: Any) -> None:
    tensor(file, 18).quantization.scale = [2.0**-31]


def other_units(file: Any) -> None:
    tensor(file, 5).shape = [1, *tensor(file, 5).shape]


def coarse_weights(file: Any) -> None:
    tensor(file, 1).quantization.scale = [1e6]


def zero_point(file: Any) -> None:
    tensor(file, 1).quantization.zeroPoint = [1]


def given_state(file: Any) -> None:
    tensor(file, 18).isVariable = False


def relu_cells(file: Any) -> None:
    lstms(file)[0].builtinOptions.fusedActivationFunction = 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (peephole, "has peepholes, a projection or a normalization"),
        (no_cell, "lacks an operand"),
        (shared_state, "shares a state"),
        (odd_cell, "has cells that are not in steps of a power of two"),
        (fine_state, "raises the scale"),
        (other_units, "are not int8 .units, inputs."),
        (coarse_weights, "may overflow 32 bits"),
        (zero_point, "without one scale, or a zero point"),
        (given_state, "before it exists"),
        (relu_cells, "has RELU for its cells"),
    ],
)
def test_other_lstms_are_refused(change: Callable[[Any], None], message: str) -> None:
    with pytest.raises(ModelError, match=message) as error:
        generate(read_graph(rewritten(model("stacked"), change)), "0" * 16, "this test")
    assert "\n" not in str(error.value)

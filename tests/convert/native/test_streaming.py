"""A stream gives, at every step, the scores of the window that ends there: to the last bit."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from convert.errors import ModelError, TargetError
from convert.graph import Graph, read_graph
from convert.native import lstm
from convert.native.engine import generate
from convert.native.layers import BUILDERS
from convert.native.rewriting import CARRY
from convert.native.streaming import Stream, stream
from convert.targets import TARGETS, Target
from convert.targets.engine import build_engine, run_engine
from convert.targets.stream import StreamRun, build_stream, run_stream
from tests.conftest import usable
from tests.convert.models import family
from tests.convert.native import graphs
from tests.convert.native.comparison import features_of, inputs_of, micro_tensors
from tests.convert.native.graphs import Value, Writer
from tests.convert.native.temporal import random_temporal
from tests.sweep import sweep
from tools.bench.engine import MODELS
from train.spread.workers import cores

BATCH, BATCHES, SANITIZED_BATCHES = 20, 8, 1
SAMPLE = 4  # batches that have every operator five times
SANITIZED = ("-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
UNTOUCHED = 0x5A  # scores before there are any


def stream_of(graph: Graph, step: int) -> Stream:
    return stream(graph, step, "0123456789abcdef", "this test")


def windows_of(frames: NDArray[np.int8], length: int, step: int) -> NDArray[np.int8]:
    """[steps, length, values]: for each step that ends a whole window, the frames of it."""
    ends = range(-(-length // step) * step, len(frames) + 1, step)
    return np.stack([frames[end - length : end] for end in ends])


def windowed(graph: Graph, windows: NDArray[np.int8], folder: Path) -> NDArray[np.int8]:
    gcc = usable(TARGETS["gcc"])
    program = build_engine(gcc, generate(graph, "0" * 16, "this test"), folder, ("-O1",))
    return run_engine(gcc, program, windows, graph.tensors[graph.output].elements).scores


def streamed(
    target: Target, made: Stream, frames: NDArray[np.int8], folder: Path, *flags: str
) -> StreamRun:
    """`frames` [streams, frames, values]"""
    folder.mkdir(parents=True, exist_ok=True)
    steps = frames.reshape(len(frames), -1, made.step_frames * frames.shape[2])
    labels = made.graph.tensors[made.graph.output].elements
    return run_stream(target, build_stream(target, made, folder, flags), steps, labels)


def check(
    target: str, graph: Graph, step: int, folder: Path, *flags: str, steps: int = 24
) -> StreamRun:
    """Two streams, one after the other in the same memory."""
    length = graph.tensors[graph.input].shape[1]
    made = stream_of(graph, step)
    steps = made.first + steps
    many = inputs_of(graph, -(-2 * steps * step // length), seed=step)
    frames = many.reshape(-1, graph.tensors[graph.input].elements // length)
    frames = frames[: 2 * steps * step].reshape(2, steps * step, -1)
    run = streamed(usable(TARGETS[target]), made, frames, folder, *flags)
    windows = np.concatenate([windows_of(one, length, step) for one in frames])
    expected = windowed(graph, windows, folder).reshape(2, -1, run.scores.shape[2])
    np.testing.assert_array_equal(run.scores[:, made.first - 1 :], expected)
    pattern = [0] * (made.first - 1) + [1] * (steps - made.first + 1)
    assert run.returned.tolist() == [pattern, pattern]
    assert (run.scores[0, : made.first - 1] == UNTOUCHED).all()
    return run


def check_batch(target: str, batch: int, folder: Path, *flags: str) -> None:
    def one(seed: int) -> None:
        content, step = random_temporal(seed)
        try:
            check(target, read_graph(content), step, folder / str(seed), *flags)
        except AssertionError as error:
            names = [str(operator) for operator in read_graph(content).operators]
            raise AssertionError(f"seed {seed}, step {step}: {names}") from error

    with ThreadPoolExecutor(cores()) as pool:
        list(pool.map(one, range(batch * BATCH, (batch + 1) * BATCH)))


@pytest.mark.parametrize("batch", sweep(range(BATCHES), SAMPLE))
def test_random_networks_over_time_agree_at_every_step(batch: int, tmp_path: Path) -> None:
    check_batch("gcc", batch, tmp_path, *(SANITIZED if batch < SANITIZED_BATCHES else ("-O1",)))


@pytest.mark.parametrize("target", ["clang", "cortex-m4f"])
def test_they_agree_on_other_targets(target: str, tmp_path: Path) -> None:
    check_batch(target, BATCHES, tmp_path, "-O2")


def test_random_networks_over_time_cover_every_operator() -> None:
    """Else their agreement would say little."""
    made = []
    for seed in range(SAMPLE * BATCH):
        content, step = random_temporal(seed)
        made.append(stream_of(read_graph(content), step))
    names = [operator.name for one in made for operator in one.graph.operators]
    others = {"FULLY_CONNECTED", "SOFTMAX", lstm.NAME}  # of no frames, or of all at once
    assert min(names.count(name) for name in set(BUILDERS) - others) >= 5
    assert names.count(CARRY) > SAMPLE * BATCH
    assert len({one.step_frames for one in made}) >= 7


# --- the families that pad no time


FAMILIES = ("tcn", "mel_stream")


@cache
def spoken(name: str = "tcn") -> tuple[bytes, Graph, NDArray[np.int8]]:
    """A network as trained ones are, and 140 frames as of speech."""
    content = MODELS[name]()
    graph = read_graph(content)
    return content, graph, features_of(graph, 3, seed=0).reshape(-1, 40)[:140]


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_agrees_with_micro_everywhere(name: str, target: Target, tmp_path: Path) -> None:
    content, graph, frames = spoken(name)
    run = streamed(target, stream_of(graph, 10), frames[None], tmp_path, "-O2")
    windows = windows_of(frames, 49, 10).reshape(-1, 49 * 40)
    _, expected = micro_tensors(content, graph, windows)
    np.testing.assert_array_equal(run.scores[0, 4:], expected)
    assert len(np.unique(expected, axis=0)) > 5


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("step", [2, 4, 6, 20, 48])
def test_a_family_agrees_at_any_even_step(step: int, name: str, tmp_path: Path) -> None:
    check("gcc", spoken(name)[1], step, tmp_path, "-O2")


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("target", ["cortex-m4f", "rv32imc", "xtensa-lx106"])
def test_a_step_takes_less_time_and_memory_than_a_window(
    target: str, name: str, tmp_path: Path
) -> None:
    _, graph, frames = spoken(name)
    made = stream_of(graph, 10)
    run = streamed(usable(TARGETS[target]), made, frames[None], tmp_path, "-O2")
    whole = generate(graph, "0" * 16, "this test")
    program = build_engine(usable(TARGETS[target]), whole, tmp_path)
    window = run_engine(usable(TARGETS[target]), program, frames[:49].reshape(1, -1), 12)
    assert 2.5 * run.instructions.max() < window.instructions[0]
    assert 400 + made.state_bytes + made.scratch_bytes < 1960 + whole.scratch_bytes
    assert 16 < run.stack_bytes <= 512


# --- the generated code


def smaller(made: Stream, macro: str, size: int) -> Stream:
    """It says that it needs 16 bytes less than it does."""
    header = made.files["kws_engine_stream.h"]
    lying = header.replace(f"{macro} {size}", f"{macro} {size - 16}")
    assert lying != header
    return replace(made, files=made.files | {"kws_engine_stream.h": lying})


def test_the_guards_see_an_overrun_of_state_and_scratch(tmp_path: Path) -> None:
    _, graph, frames = spoken()
    made = stream_of(graph, 10)
    for lying in (
        smaller(made, "STATE_BYTES", made.state_bytes),
        smaller(made, "SCRATCH_BYTES", made.scratch_bytes),
    ):
        with pytest.raises(TargetError, match="exit code 5"):
            streamed(usable(TARGETS["gcc"]), lying, frames[None], tmp_path, "-O1", "-Wno-error")


def test_another_models_header_is_a_compile_error(tmp_path: Path) -> None:
    _, graph, frames = spoken()
    made = stream_of(graph, 10)
    header = made.files["kws_engine_stream.h"].replace("0x0123", "0x9123")
    wrong = replace(made, files=made.files | {"kws_engine_stream.h": header})
    with pytest.raises(
        TargetError, match=r"kws_engine_stream\.h was generated for a different model"
    ):
        streamed(usable(TARGETS["gcc"]), wrong, frames[None], tmp_path)


def test_the_code_is_the_same_twice_and_fits_a_page() -> None:
    graph = spoken()[1]
    made = stream_of(graph, 10)
    assert made == stream_of(graph, 10)
    assert max(len(line) for text in made.files.values() for line in text.splitlines()) <= 100


# --- what cannot be streamed


def network(*layers: Callable[[Writer, Value], Value]) -> Graph:
    w = Writer(np.random.default_rng(0))
    source = x = w.value((1, 24, 3, 4), 0.05, 3)
    for layer in layers:
        x = layer(w, x)
    return read_graph(w.file(source, x))


def conv(w: Writer, x: Value, padding: str = "VALID", stride: int = 1) -> Value:
    def slide(
        w: Writer, x: Value, kernel: tuple[int, int]
    ) -> tuple[tuple[int, int], dict[str, int]]:
        used = x.shape[1] if padding == "SAME" else x.shape[1] - 2
        options = {"padding": getattr(w.schema.Padding, padding), "strideH": stride, "strideW": 1,
                   "dilationHFactor": 1, "dilationWFactor": 1}  # fmt: skip
        return (-(-used // stride), x.shape[2]), options

    return graphs.conv(w, x, lambda w, x: (3, 1), slide)


def joined_in_time(w: Writer, x: Value) -> Value:
    return w.operator(
        "CONCATENATION", [x.number, x.number],
        w.value((1, 2 * x.shape[1], *x.shape[2:]), x.scale, x.zero), "ConcatenationOptions",
        axis=1, fusedActivationFunction=0,
    )  # fmt: skip


def turned_in_time(w: Writer, x: Value) -> Value:
    axis = w.tensor((1,), "INT32", data=np.array([1], np.int32))
    return w.operator(
        "REVERSE_V2", [x.number, axis], w.value(x.shape, x.scale, x.zero), "ReverseV2Options"
    )


def stacked(w: Writer, x: Value) -> Value:
    """Each three frames become one step of an LSTM: a value of the whole window."""
    return graphs.reshaped(w, x, (1, x.shape[1] // 3, 3 * x.shape[2] * x.shape[3]))


def test_an_lstm_behind_the_whole_window_runs_as_it_does_windowed(tmp_path: Path) -> None:
    graph = network(stacked, graphs.lstm, graphs.flat)
    assert lstm.NAME in [operator.name for operator in stream_of(graph, 2).graph.operators]
    check("gcc", graph, 2, tmp_path, "-O1")


def padded_in_time(w: Writer, x: Value) -> Value:
    pads = w.tensor((4, 2), "INT32", data=np.array([[0, 0], [2, 0], [0, 0], [0, 0]], np.int32))
    shape = (1, x.shape[1] + 2, *x.shape[2:])
    return w.operator("PAD", [x.number, pads], w.value(shape, x.scale, x.zero), "PadOptions")


def at_two_paces(w: Writer, x: Value) -> Value:
    """Twelve rows each: every second one, and the first twelve."""
    branches = []
    for end, step in ((24, 2), (12, 1)):
        numbers = ([0, 0, 0, 0], [1, end, 3, 4], [1, step, 1, 1])
        given = [w.tensor((4,), "INT32", data=np.array(n, np.int32)) for n in numbers]
        branches.append(w.operator(
            "STRIDED_SLICE", [x.number, *given], w.value((1, 12, 3, 4), x.scale, x.zero),
            "StridedSliceOptions", beginMask=0, endMask=0, ellipsisMask=0, newAxisMask=0,
            shrinkAxisMask=0,
        ))  # fmt: skip
    return w.operator("ADD", [b.number for b in branches], w.value((1, 12, 3, 4), 0.1),
                      "AddOptions", fusedActivationFunction=0)  # fmt: skip


@pytest.mark.parametrize(
    ("layers", "step", "message"),
    [
        ((partial(conv, padding="SAME"),), 2, r"operator 0 \(CONV_2D\) .* pads time \(use padding"),
        ((conv, partial(conv, stride=2)), 3, r"1 \(CONV_2D\) .* a row every 2 frames, a step is 3"),
        ((conv, joined_in_time), 2, r"1 \(CONCATENATION\) cannot be streamed: it joins along time"),
        ((turned_in_time,), 2, r"0 \(REVERSE_V2\) cannot be streamed: it turns time round"),
        ((padded_in_time,), 2, r"0 \(PAD\) cannot be streamed: it pads time"),
        ((at_two_paces,), 2, r"2 \(ADD\) cannot be streamed: it joins rows at different paces"),
        ((partial(graphs.multiply, by_pooled=1),), 2, r"\(MUL\) .* a value of the whole window"),
        ((conv,), 2, "cannot be streamed: its output has 22 rows"),
        ((conv, graphs.flat), 25, "has windows of 24 frames, which do not move by 25"),
        ((conv, graphs.flat), 0, "has windows of 24 frames, which do not move by 0"),
    ],
)  # fmt: skip
def test_it_is_refused_in_one_line(
    layers: tuple[Callable[[Writer, Value], Value], ...], step: int, message: str
) -> None:
    with pytest.raises(ModelError, match=message) as error:
        stream_of(network(*layers), step)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["ds_cnn", "tc_resnet", "res_ds"])
def test_families_that_pad_time_are_refused(name: str) -> None:
    with pytest.raises(ModelError, match="pads time"):
        stream_of(read_graph(family(name)), 10)

"""The reader believes nothing: damaged files are refused, whatever the damage, and at once."""

import os
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convert.errors import ModelError
from convert.graph import read_graph
from convert.operators import macs
from convert.plan import peak, plan
from convert.rules import check_model, parameters
from tests.convert.models import LABELS, family, layers_model
from train.models.keras import keras, tf
from train.settings.frontend import FrontendConfig

SECONDS = float(os.environ.get("TINYKWS_FUZZ_SECONDS", "10"))
FAMILIES = ("ds_cnn", "tc_resnet", "res_ds")


@pytest.mark.parametrize("name", FAMILIES)
def test_it_reads_what_tensorflow_reads(name: str) -> None:
    graph = read_graph(family(name))
    interpreter = tf.lite.Interpreter(model_content=family(name))
    theirs = interpreter.get_tensor_details()
    assert len(theirs) == len(graph.tensors)
    for detail, tensor in zip(theirs, graph.tensors, strict=True):
        assert (tuple(detail["shape"]), detail["dtype"]) == (tensor.shape, tensor.dtype)
        np.testing.assert_array_equal(
            detail["quantization_parameters"]["scales"], np.float32(tensor.scales)
        )
        if tensor.data is not None:
            np.testing.assert_array_equal(interpreter.get_tensor(detail["index"]), tensor.data)
    operators = [operator["op_name"] for operator in interpreter._get_ops_details()]
    # the interpreter adds a DELEGATE of its own
    assert [o for o in operators if o != "DELEGATE"] == [o.name for o in graph.operators]


@pytest.mark.parametrize("name", FAMILIES)
def test_it_counts_what_keras_counts(name: str) -> None:
    from train.models.registry import build_model, cost

    graph = read_graph(family(name))
    model = build_model(name, FrontendConfig().shape, len(LABELS), 9000)
    expected = cost(model)
    assert sum(macs(graph, operator) for operator in graph.operators) == expected.macs
    # batch normalization has four numbers a channel, of which one bias remains
    assert parameters(graph) < expected.parameters


@pytest.mark.parametrize("name", FAMILIES)
def test_buffers_that_live_together_lie_apart(name: str) -> None:
    graph = read_graph(family(name))
    buffers = plan(graph)
    for i, one in enumerate(buffers):
        for other in buffers[:i]:
            apart = one.offset + one.size <= other.offset or other.offset + other.size <= one.offset
            assert apart or not one.meets(other)
    largest = max(graph.output_of(o).bytes + graph.inputs_of(o)[0].bytes for o in graph.operators)
    assert largest <= peak(buffers) <= 1.5 * largest


def test_dilation_pooling_and_padding_are_known() -> None:
    layers = keras.layers
    content = layers_model(
        layers.Conv2D(4, 3, dilation_rate=2), layers.MaxPooling2D(2, padding="same"),
        layers.AveragePooling2D((2, 3)), layers.DepthwiseConv2D(2, depth_multiplier=2),
    )  # fmt: skip
    check_model(read_graph(content), FrontendConfig(), LABELS)


def survives(content: bytes) -> None:
    """Refused with a ModelError, or understood whole: nothing else, and within a second."""
    start = time.perf_counter()
    try:
        check_model(read_graph(content), FrontendConfig(), LABELS)
    except ModelError as error:
        assert str(error)
    assert time.perf_counter() - start < 1


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=4000))
def test_random_bytes_are_refused(content: bytes) -> None:
    survives(b"\x1c\0\0\0TFL3" + content)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 20_000))
def test_truncated_files_are_refused(length: int) -> None:
    with pytest.raises(ModelError):
        read_graph(family("tc_resnet")[: min(length, len(family("tc_resnet")) - 600)])


def test_damaged_files_never_crash_or_hang_the_reader() -> None:
    """Bytes, words and stretches overwritten anywhere. TINYKWS_FUZZ_SECONDS=300 for more of it."""
    random = np.random.default_rng(int(os.environ.get("TINYKWS_FUZZ_SEED", "0")))
    originals = [np.frombuffer(family(name), np.uint8) for name in FAMILIES]
    end, tried = time.monotonic() + SECONDS, 0
    while time.monotonic() < end:
        damaged = originals[random.integers(len(originals))].copy()
        for _ in range(random.integers(1, 9)):
            at = int(random.integers(len(damaged) - 8))
            kind = random.integers(4)
            if kind == 0:
                damaged[at] = random.integers(256)
            elif kind == 1:
                damaged[at : at + 4] = np.frombuffer(
                    np.array([random.choice([0, -1, 1 << 30, 5])], "<i4").tobytes(), np.uint8
                )
            elif kind == 2:
                other = int(random.integers(len(damaged) - 8))
                damaged[at : at + 8] = damaged[other : other + 8]
            else:
                damaged[at] ^= 1 << random.integers(8)
        survives(damaged.tobytes())
        tried += 1
    assert tried > 50 * SECONDS

"""Layers that summarize places."""

from __future__ import annotations

from convert.graph import Graph, Operator, Tensor
from convert.native.arithmetic import quantize_multiplier
from convert.native.layer import (
    Layer,
    about,
    c_text,
    numbers_of,
    require,
    require_same_scale,
    rescale_of,
)
from convert.native.window import window_of


def pool(graph: Graph, operator: Operator) -> Layer:
    (source,), output = graph.inputs_of(operator), graph.output_of(operator)
    require_same_scale(operator, source, output)
    o = operator.options
    window = window_of(
        operator, source, output, (o["FilterHeight"], o["FilterWidth"]), source.shape[3]
    )
    average = operator.name == "AVERAGE_POOL_2D"
    if average and output.shape[1:3] == (1, 1) and window.kernel == source.shape[1:3]:
        return _global_average(operator, source, output)
    return Layer(
        "average" if average else "largest",
        about(operator, source, output, str(window)),
        constants=(
            ("struct kws_window", "window", window.initializer(source.zero_point)),
            ("struct kws_rescale", "rescale", rescale_of(operator, output, False)),
        ),
        statement=(f"kws_pool(&window, &rescale, {c_text(average)}, in, out);",),
    )


def _global_average(operator: Operator, source: Tensor, output: Tensor) -> Layer:
    places, channels = source.shape[1] * source.shape[2], source.shape[3]
    return Layer(
        "average",
        about(operator, source, output),
        constants=(("struct kws_rescale", "rescale", rescale_of(operator, output, False)),),
        statement=(f"kws_global_average({places}, {channels}, &rescale, in, out);",),
    )


def mean(graph: Graph, operator: Operator) -> Layer:
    source, axes = graph.inputs_of(operator)
    output = graph.output_of(operator)
    numbers = sorted(a % len(source.shape) for a in numbers_of(operator, axes).ravel().tolist())
    require(len(source.shape) == 4 and numbers == [1, 2], operator, f"is over the axes {numbers}")
    places, channels = source.shape[1] * source.shape[2], source.shape[3]
    require(output.elements == channels, operator, "writes another number of channels")
    multiplier, shift = quantize_multiplier(source.scale / output.scale)
    more = min(places.bit_length() - 1, 31 - shift)  # 1 / places goes into the multiplier
    multiplier, shift = (multiplier << more) // places, shift + more
    largest = 255 * places << max(0, -shift)
    require(multiplier >= 0 and largest < 1 << 31, operator, "widens the scale too far")
    rescale = rescale_of(operator, output, False)
    return Layer(
        "mean",
        about(operator, source, output),
        constants=(("struct kws_rescale", "rescale", rescale),),
        statement=(
            f"kws_mean({places}, {channels}, {source.zero_point}, {multiplier}, {shift}, &rescale,"
            " in, out);",
        ),
    )

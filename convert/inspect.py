"""`python -m convert.inspect FILE|BUNDLE|RUN`: what each layer costs, and memory over time.

It verifies nothing; conversion does. Latencies are estimates, and their basis is printed.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import jinja2

from convert.bundle import MANIFEST, model_hash
from convert.check import read_bundle, read_manifest
from convert.errors import BundleError, ModelError
from convert.graph import Graph, Operator, Tensor, read_graph
from convert.operators import check_operators, macs
from convert.options import bundle_option
from convert.plan import Buffer, peak, plan
from convert.rendering import TEMPLATES
from convert.rules import parameters
from convert.source import refusal
from convert.sparsity import PRUNED, zeros, zeros_of
from train.command import CommandParser, run_command
from train.errors import ConfigError
from train.judge.latency import quoted

PICTURES = Path("build/inspect")
BOARDS = (  # name, hertz, kernels of the interpreter (train/judge/instructions.json)
    ("Nano 33 BLE, 64 MHz, CMSIS-NN", 64e6, "tflm_cmsis_nn"),
    ("ESP32, 240 MHz, reference kernels", 240e6, "tflm_reference"),
)
COLOURS = ("#9ecae1", "#a1d99b", "#fdd0a2", "#dadaeb", "#fcbba1", "#d9d9d9")
COLUMN, DEEP = 46, 360  # pixels: width of an operator, height of the whole arena
LEFT, TOP, LABELS = 62, 32, 120


def main(arguments: list[str] | None = None) -> int:
    parser = CommandParser(
        prog="python -m convert.inspect",
        description=__doc__,
    )
    parser.add_argument(
        "path", type=Path, nargs="?", help="a .tflite file, a bundle's folder, or a run's"
    )
    parser.add_argument("--run", type=Path, help="the same: a run's folder")
    bundle_option(parser, "the same: a bundle's folder")
    options = parser.parse_args(arguments)
    return run_command(
        lambda: _inspect(options.path or options.run or options.bundle),
        (ModelError, BundleError, ConfigError),
        "nothing was changed",
    )


def _inspect(path: Path) -> int:
    content, manifest = _read(path)
    try:
        graph = read_graph(content)
        check_operators(graph)
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error
    print(report(graph, len(content), manifest))
    picture = PICTURES / f"{model_hash(content)}.svg"
    try:
        picture.parent.mkdir(parents=True, exist_ok=True)
        picture.write_text(draw(graph))
    except OSError as error:
        raise BundleError(f"{picture}: cannot be written ({error.strerror})") from error
    print(f"memory over time as a picture: {picture}")
    return 0


def _read(path: Path) -> tuple[bytes, dict[str, Any]]:
    if path.name == MANIFEST or (path / MANIFEST).is_file():
        folder = path.parent if path.name == MANIFEST else path
        manifest = read_manifest(folder)
        return read_bundle(folder, manifest).content, manifest
    if path.is_dir() and (why := refusal(path)):
        raise ModelError(f"{path}: {why}")
    file = path / "model.tflite" if path.is_dir() else path
    try:
        return file.read_bytes(), {}
    except OSError as error:
        raise ModelError(f"{file}: cannot be read ({error.strerror})") from error


def report(graph: Graph, size: int, manifest: dict[str, Any]) -> str:
    total = sum(macs(graph, operator) for operator in graph.operators)
    buffers = plan(graph)
    lines = [_head(), *(_line(graph, operator, total) for operator in graph.operators), ""]
    lines.append(
        f"{parameters(graph):,} parameters, {total:,} MACs, {size:,} bytes, "
        f"{100 * zeros(graph):.1f} % of the weights are zero"
    )
    lines.append(
        f"activations: {peak(buffers):,} bytes at once; zeros make neither the file smaller nor "
        "TensorFlow Lite Micro faster"
    )
    if manifest:
        lines.append(f"arena: {manifest['arena'].get('bytes', 0):,} bytes; labels: "
                     f"{', '.join(manifest['labels'])}")  # fmt: skip
    lines += ["", *_memory(graph, buffers), "", *_latencies(total)]
    return "\n".join(lines)


def _head() -> str:
    return (f"{'#':>3} {'operator':<18} {'output':<16} {'kernel':<14} {'MACs':>10} {'share':>6} "
            f"{'bytes':>7} {'zeros':>6} {'scale':>10} {'zero':>5}")  # fmt: skip


def _line(graph: Graph, operator: Operator, total: int) -> str:
    output, count = graph.output_of(operator), macs(graph, operator)
    constants = [t for t in graph.inputs_of(operator)[1:] if t.data is not None and t.scales]
    kernel = "x".join(map(str, constants[0].shape)) if constants else ""
    sparse = ""
    if operator.name in PRUNED:
        zero, of = zeros_of(graph, operator)
        sparse = f"{100 * zero / max(1, of):.0f} %"
    shape = "x".join(map(str, output.shape[1:]))
    return (
        f"{operator.number:>3} {operator.name:<18} {shape:<16} {kernel:<14} {count:>10,} "
        f"{100 * count / max(1, total):>4.0f} % {sum(t.bytes for t in constants):>7,} {sparse:>6} "
        f"{output.scale:>10.3g} {output.zero_point:>5}"
    )


def _memory(graph: Graph, buffers: list[Buffer]) -> list[str]:
    """A bar per operator: the bytes in use while it runs."""
    alive = [
        sum(b.size for b in buffers if b.first <= operator.number <= b.last)
        for operator in graph.operators
    ]
    most = max(alive)
    return ["bytes in use while each operator runs:"] + [
        f"{operator.number:>3} {operator.name:<18} {bytes_:>8,} {'#' * round(40 * bytes_ / most)}"
        for operator, bytes_ in zip(graph.operators, alive, strict=True)
    ]


def _latencies(total: int) -> list[str]:
    return [
        f"estimate for TensorFlow Lite Micro on {board}: {1e3 * total * each / hertz:.1f} ms "
        f"({total / 1e6:.2f} M MACs x {each} instructions, counted on an emulated Cortex-M4F with "
        "another model, one per cycle)"
        for board, hertz, each in ((name, hz, quoted(which)) for name, hz, which in BOARDS)
    ]


def draw(graph: Graph) -> str:
    """SVG: operators to the right, bytes upwards, a box per activation."""
    buffers = plan(graph)
    top = peak(buffers)
    high = DEEP / top
    bottom = TOP + DEEP
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        trim_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    boxes = [
        {
            "x": LEFT + COLUMN * b.first,
            "width": COLUMN * (b.last - b.first + 1),
            "y": round(bottom - high * (b.offset + b.size), 1),
            "height": round(high * b.size, 1),
            "fill": COLOURS[number % len(COLOURS)],
            "label": "x".join(map(str, graph.tensors[b.tensor].shape[1:])),
            "note": _note(graph.tensors[b.tensor], b),
        }
        for number, b in enumerate(buffers)
    ]
    columns = [
        {"x": LEFT + COLUMN * (o.number + 0.4), "text": f"{o.number} {o.name}"}
        for o in graph.operators
    ]
    right = LEFT + COLUMN * len(graph.operators)
    return environment.get_template("arena.svg.j2").render(
        title=f"{top:,} bytes of activations",
        width=right + LABELS, height=bottom + LABELS, left=LEFT, right=right, bottom=bottom,
        boxes=boxes, columns=columns,
        ticks=[{"y": round(bottom - DEEP * i / 4, 1), "text": f"{top * i // 4:,}"}
               for i in range(5)],
    )  # fmt: skip


def _note(tensor: Tensor, buffer: Buffer) -> str:
    return (
        f"{tensor.name}: {json.dumps(tensor.shape)}, {buffer.size:,} bytes at {buffer.offset:,}, "
        f"operators {buffer.first} to {buffer.last}"
    )


if __name__ == "__main__":
    sys.exit(main())

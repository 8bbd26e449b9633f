"""What a model costs, told so that it adds up."""

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from convert.graph import read_graph
from convert.inspect import draw, main
from convert.operators import macs
from convert.plan import peak, plan
from tests.convert.models import family


def test_the_layers_add_up(run: Path, bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    graph = read_graph((run / "model.tflite").read_bytes())
    total = sum(macs(graph, operator) for operator in graph.operators)
    shown = []
    for path in (run, run / "model.tflite", bundle, bundle / "manifest.json"):
        assert main([str(path)]) == 0
        shown.append(capsys.readouterr().out)
    for text in shown:
        assert f"{total:,} MACs" in text and f"{peak(plan(graph)):,} bytes at once" in text
        rows = re.findall(r"^ *\d+ [A-Z_0-9]+ .*? ([\d,]+) +\d+ %", text, re.MULTILINE)
        assert sum(int(row.replace(",", "")) for row in rows) == total
        assert "estimate for TensorFlow Lite Micro on Nano 33 BLE" in text
    assert "arena:" in shown[2] and "arena:" not in shown[0]


@pytest.mark.parametrize("name", ["ds_cnn", "res_ds"])
def test_the_picture_has_a_box_for_each_activation(name: str) -> None:
    graph = read_graph(family(name))
    picture = ElementTree.fromstring(draw(graph))
    boxes = picture.findall("{http://www.w3.org/2000/svg}rect")
    assert len(boxes) == 1 + len(plan(graph))
    assert draw(graph) == draw(graph)

"""Includes of the firmware go one way: no cycles, no library that knows the application."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.firmware.library import FIRMWARE, LIB

# which other folders a folder may include headers of; `src` joins them all
ALLOWED = {
    "src": {"audio", "board", "detector", "engine", "frontend", "model", "serial"},
    "audio": {"board"},  # the emulated microphone reads the clock
    "board": set(),
    "detector": set(),
    "engine": set(),
    "frontend": set(),
    "model": {"engine", "frontend"},
    "serial": set(),
}
FOLDERS = {"src": FIRMWARE / "src"} | {path.name: path for path in LIB.iterdir() if path.is_dir()}
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)
Graph = Mapping[str, set[str]]


SUFFIXES = {".h", ".c", ".cc", ".cpp"}


def read(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir() if path.suffix in SUFFIXES}


SOURCES = {name: read(folder) for name, folder in FOLDERS.items()}


def includes(text: str) -> set[str]:
    return set(INCLUDE.findall(text))


def graph_of(sources: Mapping[str, Mapping[str, str]]) -> Graph:
    """What includes what: modules of the application, each with its header; files of libraries,
    whose sources share private headers."""
    part = {
        name: Path(name).stem if folder == "src" else name
        for folder, files in sources.items()
        for name in files
    }
    graph: dict[str, set[str]] = {}
    for files in sources.values():
        for name, text in files.items():
            found = {part[other] for other in includes(text) if other in part}
            graph.setdefault(part[name], set()).update(found - {part[name]})
    return graph


def cycle_in(graph: Graph) -> list[str]:
    """The modules of one cycle, or none."""
    done: set[str] = set()

    def visit(module: str, path: list[str]) -> list[str]:
        if module in path:
            return path[path.index(module) :]
        if module in done:
            return []
        found = [cycle for other in sorted(graph.get(module, ()))
                 if (cycle := visit(other, [*path, module]))]  # fmt: skip
        done.add(module)
        return found[0] if found else []

    cycles = [cycle for module in sorted(graph) if (cycle := visit(module, []))]
    return cycles[0] if cycles else []


def strangers(sources: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Includes of a folder that the including one must not know."""
    home = {name: folder for folder, files in sources.items() for name in files}
    return [
        f"{folder}/{name} includes {other}"
        for folder, files in sources.items()
        for name, text in files.items()
        for other in sorted(includes(text))
        if home.get(other, folder) not in {folder, *ALLOWED[folder]}
    ]


def test_every_folder_has_its_rule() -> None:
    assert set(FOLDERS) == set(ALLOWED)
    four = {"audio", "detector", "engine", "frontend"}
    assert all(not ALLOWED[name] & four for name in four)


def test_no_module_includes_itself_through_others() -> None:
    graph = graph_of(SOURCES)
    assert graph["kws_app"] >= {"kws_console", "kws_hearing", "kws_microphone"}
    assert cycle_in(graph) == []


def test_folders_include_only_what_is_below_them() -> None:
    assert strangers(SOURCES) == []


def test_each_source_of_the_application_has_its_own_header() -> None:
    files = SOURCES["src"]
    engines = {"kws_model_native.c", "kws_model_tflm.cpp"}  # both are behind kws_model.h
    networks = {"kws_network_whole.c", "kws_network_stream.c"}  # and these behind kws_network.h
    for name in set(files) - engines - networks - {"main.cpp"}:
        if not name.endswith(".h"):
            assert f"{Path(name).stem}.h" in includes(files[name])


@pytest.mark.parametrize(
    ("folder", "name", "line", "complaint"),
    [
        ("src", "kws_hearing.h", '#include "kws_app.h"', "a cycle"),
        ("src", "kws_listener.c", '#include "kws_console.h"', "a cycle"),
        ("frontend", "kws_frontend.h", '#include "kws_stages.h"', "a cycle"),
        ("audio", "kws_conditioner.c", '#include "kws_app.h"', "a stranger"),
        ("engine", "kws_engine_math.h", '#  include "kws_arith.h"', "a stranger"),
        ("detector", "kws_detector.h", '#include "kws_frontend.h"', "a stranger"),
    ],
)
def test_a_wrong_include_is_found(folder: str, name: str, line: str, complaint: str) -> None:
    changed = SOURCES[folder] | {name: f"{line}\n{SOURCES[folder][name]}"}
    sources = SOURCES | {folder: changed}
    if complaint == "a cycle":
        assert cycle_in(graph_of(sources))
    else:
        assert strangers(sources) == [f"{folder}/{name} includes {line.split()[-1][1:-1]}"]

"""The layout is the architecture: which folder may import which, and who may use private names."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
PACKAGES = ("train", "convert", "tools")
MOST_FILES = 12  # directly in train/: commands and what everybody shares
# The data path: a folder imports those before it, and itself. Files directly in train/ that are
# not shared are commands; they come last.
SHARED = ("train", "train.errors", "train.cache", "train.command")
STAGES = (
    "train.settings", "train.spread", "train.pages", "train.data", "train.augment",
    "train.features", "train.models", "train.fit", "train.judge", "train.tune",
)  # fmt: skip


def modules() -> dict[str, Path]:
    found = {}
    for package in PACKAGES:
        for path in sorted((PROJECT / package).rglob("*.py")):
            parts = path.relative_to(PROJECT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


def imports(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Modules of ours that a module imports, wherever in it, with the line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield (full if full in MODULES else node.module), node.lineno


def private_names(tree: ast.AST) -> Iterator[tuple[str, str, int]]:
    """(module, name, line) of each private name taken from another module."""
    aliases = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                if alias.name.startswith("_"):
                    yield node.module, alias.name, node.lineno
                aliases[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            module = aliases.get(node.value.id, "")
            if module in MODULES and node.attr.startswith("_") and not node.attr.startswith("__"):
                yield module, node.attr, node.lineno


def rank(module: str) -> int:
    """Its place on the data path of train/."""
    if module in SHARED:
        return 0
    for place, stage in enumerate(STAGES, start=1):
        if module == stage or module.startswith(f"{stage}."):
            return place
    return len(STAGES) + 1


def parsed(module: str) -> ast.AST:
    return ast.parse(MODULES[module].read_text())


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_one_way(module: str) -> None:
    package = module.partition(".")[0]
    for imported, line in imports(parsed(module)):
        other = imported.partition(".")[0]
        if other not in PACKAGES:
            continue
        where = f"{MODULES[module].relative_to(PROJECT)}:{line}: {imported}"
        assert PACKAGES.index(other) <= PACKAGES.index(package), where
        if package == other == "train":
            assert rank(imported) <= rank(module), where


@pytest.mark.parametrize("module", MODULES)
def test_private_names_stay_at_home(module: str) -> None:
    for other, name, line in private_names(parsed(module)):
        where = f"{MODULES[module].relative_to(PROJECT)}:{line}: {other}.{name}"
        assert other.partition(".")[0] not in PACKAGES, where


def test_train_has_few_files_of_its_own() -> None:
    files = sorted(path.name for path in (PROJECT / "train").glob("*.py"))
    assert len(files) <= MOST_FILES, files


def test_a_step_back_and_a_private_name_are_found() -> None:
    tree = ast.parse("from train.fit.recipe import prune\nfrom train.data.load import _hidden\n")
    assert [name for name, _ in imports(tree)] == ["train.fit.recipe", "train.data.load"]
    assert rank("train.fit.recipe") > rank("train.data.load") > rank("train.settings.frontend")
    assert [name for _, name, _ in private_names(tree)] == ["_hidden"]

"""The files of a GitHub repository at one commit, as git lists them."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from train.data.fetch.homes import GitHosted
from train.data.fetch.web import get
from train.errors import DataError


@dataclass(frozen=True)
class Node:
    """A file (blob) or folder (tree), as git lists it."""

    path: str
    type: str
    mode: str
    sha: str


def list_files(home: GitHosted) -> list[Node]:
    """The wanted files."""
    nodes = [node for node in _list(home) if node.type == "blob" and _wanted(home, node)]
    if not nodes:
        raise DataError(f"{home.repository}: has none of {', '.join(home.prefixes)}")
    return nodes


def _wanted(home: GitHosted, node: Node) -> bool:
    """Whether a path is a file of the data set, or a folder that leads to one."""
    path = f"{node.path}/" if node.type == "tree" else node.path
    leads = node.type == "tree" and any(prefix.startswith(path) for prefix in home.prefixes)
    return leads or path.startswith(home.prefixes)


def _list(home: GitHosted) -> Iterable[Node]:
    """Every file of the commit. GitHub truncates a list of about 30,000 files and allows anonymous
    users only 60 requests per hour, so complete folders of a truncated list are used, and only
    the others are requested."""
    nodes, cut = _ask(home, home.commit, "?recursive=1")
    if not cut:
        return nodes
    known = defaultdict(list)
    for node in nodes:
        known[str(PurePosixPath(node.path).parent)].append(node)
    root, _ = _ask(home, home.commit)
    return _walk(home, root, known)


def _walk(
    home: GitHosted, nodes: Iterable[Node], known: Mapping[str, list[Node]]
) -> Iterator[Node]:
    for node in nodes:
        if node.type != "tree":
            yield node
        elif _wanted(home, node):
            inside = known.get(node.path, [])
            if _tree_sha(inside) != node.sha:
                asked, _ = _ask(home, node.sha)
                inside = [replace(child, path=f"{node.path}/{child.path}") for child in asked]
            if _tree_sha(inside) != node.sha:
                raise DataError(f"{home.api}: incomplete list of {node.path}; run again later")
            yield from _walk(home, inside, known)


def _ask(home: GitHosted, tree: str, query: str = "") -> tuple[list[Node], bool]:
    """The content of a commit or folder, and whether the list was truncated."""
    url = f"{home.api}/repos/{home.repository}/git/trees/{tree}{query}"
    content = get(url)
    try:
        answer = json.loads(content)
        nodes = [Node(e["path"], e["type"], e["mode"], e["sha"]) for e in answer["tree"]]
        cut = bool(answer["truncated"])
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{url}: the answer is not a list of files; try again later") from error
    for node in nodes:
        if PurePosixPath(node.path).is_absolute() or ".." in node.path.split("/"):
            raise DataError(f"{url}: lists {node.path}, which is outside the data set")
    return nodes, cut


def _tree_sha(nodes: Iterable[Node]) -> str:
    """The SHA-1 that git computes for a folder; it shows whether a list is complete."""
    entries = []
    for node in nodes:
        name = PurePosixPath(node.path).name
        order = f"{name}/" if node.type == "tree" else name
        entry = f"{node.mode.lstrip('0')} {name}".encode() + b"\0" + bytes.fromhex(node.sha)
        entries.append((order.encode(), entry))
    return git_sha("tree", b"".join(entry for _, entry in sorted(entries)))


def git_sha(kind: str, content: bytes) -> str:
    """The SHA-1 that git computes for a file (blob) or a folder (tree)."""
    head = f"{kind} {len(content)}\0".encode()
    return hashlib.sha1(head + content, usedforsecurity=False).hexdigest()

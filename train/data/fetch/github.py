"""A data set of many small files in a GitHub repository; each is fetched once and verified."""

from __future__ import annotations

import json
import threading
import urllib.parse
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import astuple
from pathlib import Path

from train.data.fetch.git_tree import Node, git_sha, list_files
from train.data.fetch.homes import COMPLETE, GitHosted
from train.data.fetch.web import get
from train.errors import DataError
from train.spread.progress import tqdm

THREADS = 8
LISTING = ".listing.json"  # GitHub's answer, so that it is requested only once


def fetch_files(home: GitHosted, folder: Path) -> None:
    """Puts the wanted files into `folder`; correct ones are not fetched again."""
    folder.mkdir(exist_ok=True)
    nodes = _listing(home, folder)
    checking = tqdm(nodes, f"checking {folder.name}", unit=" files", leave=False)
    missing = [node for node in checking if not _is_right(folder / node.path, node)]
    stop = threading.Event()
    bar = tqdm(desc=folder.name, total=len(nodes), unit=" files")
    bar.update(len(nodes) - len(missing))
    with bar, ThreadPoolExecutor(THREADS) as pool:
        try:
            futures = [pool.submit(_fetch_file, home, folder, node, stop) for node in missing]
            for future in as_completed(futures):
                future.result()
                bar.update()
        except BaseException:  # also after Ctrl-C: downloads in progress finish, no new ones start
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    (folder / COMPLETE).write_text(home.version)


def _is_right(path: Path, node: Node) -> bool:
    return path.is_file() and git_sha("blob", path.read_bytes()) == node.sha


def _fetch_file(home: GitHosted, folder: Path, node: Node, stop: threading.Event) -> None:
    if stop.is_set():
        return
    url = f"{home.raw}/{home.repository}/{home.commit}/{urllib.parse.quote(node.path)}"
    content = get(url, stop)
    path = folder / node.path
    if (sha := git_sha("blob", content)) != node.sha:
        path.unlink(missing_ok=True)
        raise DataError(
            f"{url}: its git SHA-1 is {sha}, not the published {node.sha}, so it was not kept; "
            "run again to download it again"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    _write(path, content)


def _write(path: Path, content: bytes) -> None:
    part = path.with_name(f"{path.name}.part")
    part.write_bytes(content)
    part.replace(path)


def _listing(home: GitHosted, folder: Path) -> list[Node]:
    kept = folder / LISTING
    if kept.exists():
        listed = json.loads(kept.read_text())
        if listed["version"] == home.version:
            return [Node(*node) for node in listed["files"]]
    nodes = list_files(home)
    text = json.dumps({"version": home.version, "files": [astuple(node) for node in nodes]})
    _write(kept, text.encode())
    return nodes

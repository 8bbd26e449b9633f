"""Downloads, from a real server on this machine: continued, checked, and never half there."""

from __future__ import annotations

import hashlib
import io
import json
import signal
import subprocess
import tarfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.disk import full_disk
from tests.train.data.test_sources import record
from train.cache import cache_folder
from train.data import download
from train.data.fetch.homes import HOMES, Archive, GitHosted
from train.data.fetch.source import fetch_source
from train.data.sources.registry import entries_of
from train.errors import DataError


class Server(ThreadingHTTPServer):
    """Serves `files` by path, with ranges. What it gave whole is in `whole`, asked in `ranges`."""

    request_queue_size = 64  # with 5, as usual, some of 8 threads wait for a second

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.files: dict[str, bytes] = {}
        self.whole: list[str] = []
        self.ranges: list[str | None] = []
        self.cut_at: int | None = None  # an answer's bytes, after which the connection ends
        self.busy = 0  # answers that only say so, to begin with
        self.away_after: int | None = None  # answers, after which none is given
        self.then: Callable[[], None] = lambda: None  # but this is done, once
        self.lock = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        path, content = self.path, self.server.files.get(unquote(urlsplit(self.path).path))
        content = self.server.files.get(path, content)
        if content is None:
            return self.send_error(404)
        with self.server.lock:
            if self.server.busy:
                self.server.busy -= 1
                return self.busy()
            if len(self.server.ranges) == self.server.away_after:
                then, self.server.then = self.server.then, lambda: None
                then()
                self.close_connection = True
                return None
            asked = self.headers["Range"]
            self.server.ranges.append(asked)
            start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
            body = content[start:][: self.server.cut_at]
            if len(body) == len(content) - start:
                self.server.whole.append(path)
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        self.wfile.write(body)
        return None

    def busy(self) -> None:
        self.send_response(429)
        self.send_header("Retry-After", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Not on the test's output."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Server]:
    """An empty server, and an empty cache."""
    monkeypatch.setenv("TINYKWS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set in git: three speakers, four digits each, and files that nobody wants."""
    root = tmp_path_factory.mktemp("repository")
    speakers = ("01", "02", "60")
    record(root, *(f"data/{s}/{digit}_{s}_0.wav" for s in speakers for digit in range(4)))
    record(root, "models/huge.wav")
    (root / "data/meta of all.txt").write_text("ä")
    (root / "README.md").write_text("words")
    git(root, "init", "-q")
    git(root, "add", ".")
    git(root, "-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "data")
    return root


def git(root: Path, *arguments: str) -> str:
    command = ["git", "-c", "core.autocrlf=false", *arguments]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout


@cache
def listed(root: Path, tree: str, *options: str) -> list[dict[str, str]]:
    """What `git ls-tree` says, as GitHub does."""
    nodes = []
    for line in git(root, "ls-tree", "-z", *options, tree).rstrip("\0").split("\0"):
        kind, path = line.split("\t")
        mode, type_, sha = kind.split()
        nodes.append({"path": path, "mode": mode, "type": type_, "sha": sha})
    return nodes


def host(server: Server, root: Path, cut_list: int | None = None) -> GitHosted:
    """Puts a repository on the server; `cut_list` is where GitHub cuts the list of everything."""
    commit = git(root, "rev-parse", "HEAD").strip()
    trees = "/repos/o/r/git/trees/{}".format
    everything = listed(root, commit, "-r", "-t")
    for sha in (commit, *(node["sha"] for node in everything if node["type"] == "tree")):
        server.files[trees(sha)] = answer(listed(root, sha), False)
    server.files[trees(commit) + "?recursive=1"] = answer(everything[:cut_list], bool(cut_list))
    for node in everything:
        if node["type"] == "blob":
            server.files[f"/o/r/{commit}/{node['path']}"] = (root / node["path"]).read_bytes()
    return GitHosted("o/r", commit, ("data/", "README.md"), api=server.url, raw=server.url)


def answer(nodes: list[dict[str, str]], cut: bool) -> bytes:
    return json.dumps({"tree": nodes, "truncated": cut}).encode()


def packed(server: Server, root: Path) -> Archive:
    """Puts the folder on the server as one archive."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        archive.add(root / "data", ".")
    return put(server, file.getvalue())


def put(server: Server, content: bytes) -> Archive:
    server.files["/set.tar.gz"] = content
    digest = hashlib.sha256(content).hexdigest()
    return Archive(f"{server.url}/set.tar.gz", len(content), digest)


def fails(name: str, home: GitHosted | Archive) -> str:
    """The one line that a failed download says; it always names a way out."""
    with pytest.raises(DataError) as caught:
        fetch_source(name, home)
    message = str(caught.value)
    assert "\n" not in message and f"--set data.{name}=FOLDER" in message
    return message


def contents(folder: Path) -> dict[str, bytes]:
    """Every file that a download shows, by name; its own notes are hidden ones."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name[0] != ".")
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def wanted(root: Path) -> dict[str, bytes]:
    return {
        name: data
        for name, data in contents(root).items()
        if name.startswith(("data/", "README.md"))
    }


def test_files_of_a_repository(server: Server, repository: Path) -> None:
    folder = fetch_source("audiomnist", host(server, repository))
    assert contents(folder) == wanted(repository)
    assert len(entries_of("audiomnist", str(folder))) == 12


def test_what_is_complete_needs_no_network(server: Server, repository: Path) -> None:
    home = host(server, repository)
    folder = fetch_source("audiomnist", home)
    before = len(server.whole)
    assert fetch_source("audiomnist", home) == folder and len(server.whole) == before


def test_a_set_is_continued_and_nothing_is_fetched_twice(server: Server, repository: Path) -> None:
    home = host(server, repository)
    server.away_after = 6
    assert "could not be reached" in fails("audiomnist", home)
    server.away_after = None
    assert contents(fetch_source("audiomnist", home)) == wanted(repository)
    assert max(Counter(server.whole).values()) == 1 and len(server.whole) == 15


def test_ctrl_c_keeps_what_is_there(server: Server, repository: Path) -> None:
    home, main = host(server, repository), threading.main_thread().ident or 0
    server.away_after, server.then = 6, lambda: signal.pthread_kill(main, signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        fetch_source("audiomnist", home)
    # Ctrl-C may come while a failed download is waiting for the others: then they still run here,
    # where a user's process would have ended with all of its threads
    for thread in threading.enumerate():
        if thread.name.startswith("ThreadPoolExecutor"):
            thread.join()
    server.away_after = None
    assert contents(fetch_source("audiomnist", home)) == wanted(repository)
    assert max(Counter(server.whole).values()) == 1


def test_a_busy_server_is_asked_again(server: Server, repository: Path) -> None:
    home = host(server, repository)
    server.busy = 2
    assert contents(fetch_source("audiomnist", home)) == wanted(repository)
    server.busy = 3
    fsdd = fails("fsdd", home)
    assert "429 Too Many Requests" in fsdd and "run again in an hour" in fsdd


@pytest.mark.parametrize(("cut_list", "answers"), [(1, 6), (10, 5), (16, 4), (19, 2)])
def test_a_list_that_github_cut_is_completed(
    cut_list: int, answers: int, server: Server, repository: Path
) -> None:
    """Asks for everything, for the top folder, and for what is not whole of data, 01, 02, 60."""
    home = host(server, repository, cut_list)
    assert contents(fetch_source("audiomnist", home)) == wanted(repository)
    asked = [path for path in server.whole if path.startswith("/repos")]
    assert len(asked) == len(set(asked)) == answers


def test_a_changed_file_is_not_kept_and_fetched_anew(server: Server, repository: Path) -> None:
    home = host(server, repository)
    url = next(path for path in server.files if path.endswith("2_02_0.wav"))
    right, server.files[url] = server.files[url], b"RIFF, but not that one"
    assert "2_02_0.wav: its git SHA-1 is " in fails("audiomnist", home)
    server.files[url] = right
    folder = fetch_source("audiomnist", home)
    assert contents(folder) == wanted(repository)


def test_a_file_damaged_on_the_disk_is_replaced(server: Server, repository: Path) -> None:
    folder = fetch_source("audiomnist", host(server, repository))
    (folder / "data/01/0_01_0.wav").write_bytes(b"")
    (folder / ".complete").unlink()
    assert contents(fetch_source("audiomnist", host(server, repository))) == wanted(repository)


def test_a_list_leads_nowhere_outside(server: Server, repository: Path) -> None:
    home = host(server, repository)
    url = f"/repos/o/r/git/trees/{home.commit}?recursive=1"
    nodes = json.loads(server.files[url])["tree"]
    server.files[url] = answer([nodes[-1] | {"path": "data/../../x.wav"}], False)
    assert "outside the data set" in fails("audiomnist", home)


def test_an_archive(server: Server, repository: Path) -> None:
    folder = fetch_source("speech_commands", packed(server, repository))
    assert contents(folder) == contents(repository / "data")
    assert [path.name for path in folder.parent.iterdir()] == ["speech_commands"]


def test_an_archive_goes_on_where_the_connection_was_cut(server: Server, repository: Path) -> None:
    home = packed(server, repository)
    step = home.bytes // 3 + 1
    server.cut_at = step
    assert contents(fetch_source("speech_commands", home)) == contents(repository / "data")
    assert server.ranges == [None, f"bytes={step}-", f"bytes={2 * step}-"]


def test_an_archive_goes_on_in_another_run(server: Server, repository: Path) -> None:
    home = packed(server, repository)
    server.cut_at, server.away_after = home.bytes // 2, 1
    assert "could not be reached" in fails("speech_commands", home)
    server.cut_at = server.away_after = None
    fetch_source("speech_commands", home)
    assert server.ranges == [None, f"bytes={home.bytes // 2}-"]


def test_an_archive_that_is_not_the_published_one_is_removed(
    server: Server, repository: Path
) -> None:
    home = packed(server, repository)
    message = fails("speech_commands", replace(home, sha256="0" * 64))
    assert "speech_commands.tar.gz.part: its SHA-256 is" in message and "run again" in message
    assert contents(fetch_source("speech_commands", home)) == contents(repository / "data")


def test_a_login_page_does_not_replace_half_an_archive(server: Server, repository: Path) -> None:
    home = packed(server, repository)
    part = cache_folder() / "data/speech_commands.tar.gz.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"half of it")
    server.files["/set.tar.gz"] = b"<html>please log in"
    assert "not the published" in fails("speech_commands", home)
    assert part.read_bytes() == b"half of it"


def test_an_archive_writes_nothing_outside_its_folder(server: Server, tmp_path: Path) -> None:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        archive.addfile(tarfile.TarInfo("../../../evil.wav"))
    assert "cannot be unpacked" in fails("speech_commands", put(server, file.getvalue()))
    assert not list(tmp_path.rglob("evil.wav"))
    assert not (tmp_path / "cache/data/speech_commands").exists()


def test_a_folder_of_the_users_is_not_replaced(server: Server, repository: Path) -> None:
    mine = cache_folder() / "data/speech_commands/mine.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    assert "not created by this command" in fails("speech_commands", packed(server, repository))
    assert mine.read_text() == "mine"


def test_no_server_and_no_file_are_one_line(server: Server, repository: Path) -> None:
    home = host(server, repository)
    nowhere = replace(home, api="http://127.0.0.1:1")
    assert "127.0.0.1:1: could not be reached (Connection refused)" in fails("fsdd", nowhere)
    assert "404 Not Found" in fails("fsdd", replace(home, repository="o/gone"))
    assert "the answer is not a list" in fails("esc50", replace(home, commit=broken_list(server)))


def broken_list(server: Server) -> str:
    server.files["/repos/o/r/git/trees/broken"] = b"<html>please log in"
    return "broken"


@pytest.mark.parametrize("name", ["fsdd", "speech_commands"])
def test_a_full_disk_is_one_line(name: str, server: Server, repository: Path) -> None:
    home = host(server, repository) if name == "fsdd" else packed(server, repository)
    with full_disk(room=20), pytest.raises(DataError, match=r"File too large; .* TINYKWS_CACHE"):
        fetch_source(name, home)


def test_the_homes_are_pinned() -> None:
    for home in HOMES.values():
        pin = home.commit if isinstance(home, GitHosted) else home.sha256
        assert len(pin) in (40, 64) and int(pin, 16)


def test_a_source_without_a_home_says_which_have_one() -> None:
    with pytest.raises(DataError, match=r"data\.folder: cannot be downloaded.*audiomnist, fsdd"):
        entries_of("folder", "download")


def test_the_command_names_the_folder_and_what_is_next(
    server: Server, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = HOMES["fsdd"]
    folder = cache_folder() / "data/fsdd"
    folder.mkdir(parents=True)
    (folder / ".complete").write_text(home.version)
    assert download.main(["fsdd"]) == 0
    said = capsys.readouterr().out
    assert str(folder) in said and "python -m train.kws --set data.fsdd=download" in said

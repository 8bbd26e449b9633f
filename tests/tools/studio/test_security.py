"""Who is refused, and what: with real sockets, against the real server."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import struct
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
import pytest

from tests.firmware.app.scenario import spoken
from tests.tools.studio.conftest import TOKEN, serving, write_wav
from tools.studio import wav
from tools.studio.routes import MOST
from tools.studio.server import THREADS, StudioServer

WORD = spoken("seven")[12_000:36_000]
SEVEN = {"label": "seven", "speaker": "anna"}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def error(self) -> str:
        return str(json.loads(self.content)["error"])


def ask(
    studio: StudioServer,
    method: str,
    path: str,
    body: bytes = b"",
    query: dict[str, str] | None = None,
    **headers: str | None,
) -> Answer:
    """As the page asks; `headers` changes some, None leaves one out."""
    own = f"http://127.0.0.1:{studio.server_port}"
    sent: dict[str, str | None] = {"Host": own.removeprefix("http://")}
    if method != "GET":
        sent |= {"Origin": own, "X-Studio-Token": TOKEN, "Content-Length": str(len(body))}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    connection = http.client.HTTPConnection("127.0.0.1", studio.server_port, timeout=60)
    connection.putrequest(method, path + ("?" + urlencode(query) if query else ""), skip_host=True)
    for name, value in sent.items():
        if value is not None:
            connection.putheader(name, value)
    connection.endheaders()
    with contextlib.suppress(ConnectionError):  # it may answer without reading everything
        connection.send(body)
    with connection.getresponse() as response:
        return Answer(response.status, dict(response.getheaders()), response.read())


def upload(studio: StudioServer, samples: np.ndarray = WORD, **changes: str) -> Answer:
    return ask(studio, "POST", "/api/clip", wav.encode(samples), SEVEN | changes)


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """Beside the data set."""
    return write_wav(tmp_path / "outside" / "secret.wav", WORD)


@pytest.fixture(autouse=True)
def nothing_else_is_written(tmp_path: Path, studio: StudioServer) -> Iterator[None]:
    """Whatever a test asks for: only clips, and only in their folder. And it goes on."""
    yield
    assert all(
        name.startswith(("clips/", "outside/")) and name.endswith(".wav")
        for name in files(tmp_path)
    )
    assert ask(studio, "GET", "/").status == 200


def test_a_word_is_kept_where_training_finds_it(studio: StudioServer, tmp_path: Path) -> None:
    assert json.loads(upload(studio).content) == {"id": "seven/anna/1.wav"}
    assert json.loads(upload(studio).content) == {"id": "seven/anna/2.wav"}
    assert files(tmp_path) == {"clips/seven/anna/1.wav", "clips/seven/anna/2.wav"}


def test_it_listens_on_the_loopback_alone(studio: StudioServer) -> None:
    assert studio.server_address[0] == "127.0.0.1"
    with pytest.raises(OSError), socket.create_connection(("127.0.0.2", studio.server_port), 5):
        pass


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "0.0.0.0:{port}",
             "127.0.0.1:{port}.evil.example", "[::1]:{port}", "", None]
)  # fmt: skip
def test_a_foreign_host_is_refused(studio: StudioServer, method: str, host: str | None) -> None:
    given = host and host.format(port=studio.server_port)
    answer = ask(studio, method, "/api/clips", query=SEVEN, Host=given)
    assert answer.status == 403 and "127.0.0.1" in answer.error


def test_two_hosts_are_refused(studio: StudioServer) -> None:
    with socket.create_connection(("127.0.0.1", studio.server_port), 10) as line:
        host = f"Host: 127.0.0.1:{studio.server_port}\r\n"
        line.sendall(f"GET / HTTP/1.1\r\n{host}{host}\r\n".encode())
        assert b" 403 " in line.recv(100)


@pytest.mark.parametrize(
    "changed",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "https://127.0.0.1:{port}"},
        {"Origin": "http://localhost:{port}"},  # not the one of this Host
        {"Origin": None},
        {"X_Studio_Token": None},
        {"X_Studio_Token": "guess"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
)
@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/api/clip"), ("DELETE", "/api/clip"), ("POST", "/api/versions")]
)
def test_nothing_changes_for_a_foreign_page(
    studio: StudioServer, tmp_path: Path, method: str, path: str, changed: dict[str, str | None]
) -> None:
    kept = write_wav(tmp_path / "clips/seven/anna/1.wav", WORD)
    query = SEVEN | {"id": "seven/anna/1.wav", "seed": "0"}
    headers = {k: v and v.format(port=studio.server_port) for k, v in changed.items()}
    assert ask(studio, method, path, wav.encode(WORD), query, **headers).status == 403
    assert files(tmp_path / "clips") == {"seven/anna/1.wav"} and kept.exists()


def test_a_foreign_page_reads_nothing(studio: StudioServer, tmp_path: Path) -> None:
    write_wav(tmp_path / "clips/seven/anna/1.wav", WORD)
    for path in ("/", "/api/clips", "/api/clip?id=seven/anna/1.wav", "/kws.wasm"):
        assert ask(studio, "GET", path).status == 200
        assert ask(studio, "GET", path, Origin="http://evil.example").status == 403
        assert ask(studio, "GET", path, Sec_Fetch_Site="cross-site").status == 403


def test_every_answer_says_what_the_browser_may_do(studio: StudioServer) -> None:
    for path in ("/", "/app.js", "/api/clips", "/nowhere"):
        headers = ask(studio, "GET", path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "unsafe-inline" not in headers["Content-Security-Policy"]
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "Access-Control-Allow-Origin" not in headers


ESCAPES = (
    "../outside/secret.wav", "seven/../../outside/secret.wav", "/etc/passwd", "..%2foutside",
    "..\\outside\\secret.wav", "seven/anna/1.wav\0", "....//outside/secret.wav", "", ".", "..",
    "seven", "seven/anna", "link/secret.wav", "link/../link/secret.wav",
)  # fmt: skip


@pytest.mark.parametrize("name", ESCAPES)
def test_no_name_leads_out_of_the_folder(
    studio: StudioServer, tmp_path: Path, outside: Path, name: str
) -> None:
    write_wav(tmp_path / "clips/seven/anna/1.wav", WORD)
    (tmp_path / "clips" / "link").symlink_to(outside.parent, target_is_directory=True)
    for method in ("GET", "DELETE"):
        answer = ask(studio, method, "/api/clip", query={"id": name})
        assert answer.status in (400, 422), answer
    for path in (f"/{name}", f"/runs/{name}", f"/runs/../{name}", f"/%2e%2e/{name}"):
        sendable = path.replace("\0", "%00").replace("\\", "%5c")
        assert b"RIFF" not in ask(studio, "GET", sendable).content
    assert outside.exists()


@pytest.mark.parametrize("what", ["label", "speaker"])
@pytest.mark.parametrize(
    "name", ["../outside", "..", ".", "", "a/b", "a\\b", "/tmp", ".hidden", "a\0b", "a\nb",
             "x" * 61, "-rf", "~", "end.", "end ", "\u202egnp.exe", "C:"]
)  # fmt: skip
def test_names_that_are_no_names_are_refused(
    studio: StudioServer, tmp_path: Path, what: str, name: str
) -> None:
    answer = upload(studio, **{what: name})
    assert answer.status in (400, 422), answer
    assert not files(tmp_path)


def test_a_link_out_of_the_folder_is_not_followed(
    studio: StudioServer, tmp_path: Path, outside: Path
) -> None:
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips" / "seven").symlink_to(outside.parent, target_is_directory=True)
    answer = upload(studio)
    assert answer.status == 422 and "points outside" in answer.error
    assert files(outside.parent) == {"secret.wav"}


def test_a_report_is_of_a_listed_run(studio: StudioServer, tmp_path: Path) -> None:
    for name in ("", "x", "..", "../clips", "%2e%2e", "digits/../../clips/seven/anna/1.wav"):
        assert ask(studio, "GET", f"/runs/{name}").status == 404


GOOD = wav.encode(WORD)


def changed(at: int, *, to: bytes) -> bytes:
    return GOOD[:at] + to + GOOD[at + len(to) :]


MALFORMED = {
    "nothing": b"",
    "text": b"not a recording",
    "a header alone": GOOD[:44],
    "half a header": GOOD[:20],
    "truncated": GOOD[:-1000],
    "half a sample": GOOD[:-1],
    "another rate": changed(24, to=struct.pack("<I", 8000)),
    "rate 0": changed(24, to=bytes(4)),
    "two channels": changed(22, to=b"\2\0"),
    "no channel": changed(22, to=b"\0\0"),
    "8 bits": changed(34, to=b"\x08\0"),
    "0 bits": changed(34, to=b"\0\0"),
    "floats": changed(20, to=b"\3\0"),
    "a chunk of 4 GB": changed(40, to=b"\xff" * 4),
    "a format of 4 GB": changed(16, to=b"\xff" * 4),
    "no format": GOOD[:12] + GOOD[36:],
    "RIFX": changed(0, to=b"RIFX"),
    "random bytes": np.random.default_rng(0).bytes(5000),
    "RIFF and random bytes": b"RIFF\xff\xff\xff\xffWAVE" + np.random.default_rng(1).bytes(5000),
}


@pytest.mark.parametrize("content", MALFORMED.values(), ids=MALFORMED)
@pytest.mark.parametrize("path", ["/api/clip", "/api/versions"])
def test_a_malformed_wav_is_refused(
    studio: StudioServer, tmp_path: Path, path: str, content: bytes
) -> None:
    answer = ask(studio, "POST", path, content, SEVEN | {"seed": "0"})
    assert answer.status == 422 and answer.error
    assert not files(tmp_path)


def test_of_a_take_without_a_word_nothing_is_kept(studio: StudioServer, tmp_path: Path) -> None:
    quiet = np.random.default_rng(0).normal(0, 10, 32_000).astype(np.int16)
    for samples in (quiet, quiet[:100], np.concatenate([quiet, WORD, quiet, WORD, quiet])):
        answer = upload(studio, samples)
        assert answer.status == 200 and list(json.loads(answer.content)) == ["again"]
    assert not files(tmp_path)


@pytest.mark.parametrize("length", [MOST + 1, 10**10, 10**17])
def test_a_huge_upload_is_refused_unread(studio: StudioServer, length: int) -> None:
    answer = ask(studio, "POST", "/api/clip", bytes(100_000), SEVEN, Content_Length=str(length))
    assert answer.status == 413


def test_a_huge_upload_that_really_comes_is_refused(studio: StudioServer, tmp_path: Path) -> None:
    assert ask(studio, "POST", "/api/clip", bytes(20 * MOST), SEVEN).status == 413
    assert not files(tmp_path)


@pytest.mark.parametrize("length", ["-1", "1e3", "", "0x10", "٣", "9" * 30, "1, 1"])
def test_a_length_that_is_no_number_is_refused(studio: StudioServer, length: str) -> None:
    sent = length.encode().decode("latin-1")
    assert ask(studio, "POST", "/api/clip", GOOD, SEVEN, Content_Length=sent).status == 400


def test_a_body_in_chunks_is_refused(studio: StudioServer) -> None:
    assert ask(studio, "POST", "/api/clip", b"5\r\nhello\r\n0\r\n\r\n", SEVEN,
               Transfer_Encoding="chunked").status == 411  # fmt: skip


def test_a_client_that_goes_away_costs_nothing(studio: StudioServer, tmp_path: Path) -> None:
    """More of them than there are threads, each in the middle of its upload."""
    head = (
        f"POST /api/clip?{urlencode(SEVEN)} HTTP/1.1\r\nHost: 127.0.0.1:{studio.server_port}\r\n"
        f"Origin: http://127.0.0.1:{studio.server_port}\r\nX-Studio-Token: {TOKEN}\r\n"
        f"Content-Length: {len(GOOD)}\r\n\r\n"
    ).encode()
    for _ in range(2 * THREADS):
        with socket.create_connection(("127.0.0.1", studio.server_port), 60) as line:
            line.sendall(head + GOOD[:1000])
    assert upload(studio).status == 200
    assert files(tmp_path) == {"clips/seven/anna/1.wav"}


@pytest.mark.parametrize(
    "line",
    [b"\r\n\r\n", b"GET\r\n\r\n", b"\xff\xfe\0\r\n\r\n",
     b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\n\r\n",
     b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 1000 + b"\r\n", b"PUT / HTTP/1.1\r\n\r\n",
     b"GET / HTTP/99.99\r\n\r\n"],
)  # fmt: skip
def test_what_is_no_request_is_survived(studio: StudioServer, line: bytes) -> None:
    with socket.create_connection(("127.0.0.1", studio.server_port), 60) as connection:
        connection.sendall(line)
        connection.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionResetError):
            assert b"200 OK" not in connection.recv(100)


def test_two_hundred_uploads_at_once_are_kept_each_in_a_file_of_its_own(
    tmp_path: Path, wasm: bytes
) -> None:
    """Half of them words, half damaged."""
    with serving(tmp_path, wasm) as studio, ThreadPoolExecutor(200) as pool:
        bodies = [GOOD if number % 2 else GOOD[:-1] for number in range(200)]
        answers = list(pool.map(lambda b: ask(studio, "POST", "/api/clip", b, SEVEN), bodies))
        assert [a.status for a in answers] == [422, 200] * 100
        kept = {json.loads(a.content)["id"] for a in answers if a.status == 200}
        assert kept == files(tmp_path / "clips") and len(kept) == 100
        assert len({(tmp_path / "clips" / name).read_bytes() for name in kept}) == 1
        assert ask(studio, "GET", "/").status == 200

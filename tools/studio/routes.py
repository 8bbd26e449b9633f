"""The server's replies, by method and path."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from http import HTTPStatus
from pathlib import Path

from tools.studio import page, review, runs, wav
from tools.studio.clips import ClipFolder
from tools.studio.errors import NoWordError, Refused
from tools.studio.security import REPORT_POLICY
from tools.studio.versions import versions
from train.errors import DataError

MOST = 1_000_000  # bytes per upload: half a minute
JSON = "application/json"


@dataclass(frozen=True)
class Studio:
    """What the server serves."""

    clips: ClipFolder
    runs: Path
    wasm: bytes
    token: str
    review: Path | None = None  # a folder that a board's clips were saved to


@dataclass(frozen=True)
class Request:
    path: str
    query: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    type: str
    content: bytes
    headers: dict[str, str] = field(default_factory=dict)


Route = Callable[[Studio, Request], Reply]


def answer(studio: Studio, method: str, request: Request) -> Reply:
    """Answers a request, or raises Refused."""
    route = ROUTES.get((method, request.path))
    try:
        if route:
            return route(studio, request)
        if method == "GET":
            return _file(studio, request.path)
    except DataError as error:
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from error
    raise Refused(HTTPStatus.NOT_FOUND, "this page does not exist")


def _file(studio: Studio, path: str) -> Reply:
    if path == "/":
        return Reply(page.TYPES[".html"], page.index(studio.token).encode())
    if path == "/kws.wasm":
        return Reply("application/wasm", studio.wasm)
    if path.startswith("/runs/"):
        report = runs.read_report(studio.runs, path.removeprefix("/runs/"))
        if report is not None:
            return Reply(page.TYPES[".html"], report, {"Content-Security-Policy": REPORT_POLICY})
    elif found := page.files().get(path.removeprefix("/")):
        return Reply(page.TYPES[found.suffix], found.read_bytes())
    raise Refused(HTTPStatus.NOT_FOUND, "this page does not exist")


def _list(studio: Studio, request: Request) -> Reply:
    return _json(studio.clips.described())


def _play(studio: Studio, request: Request) -> Reply:
    return Reply("audio/wav", wav.encode(studio.clips.read(_given(request, "id"))))


def _save(studio: Studio, request: Request) -> Reply:
    label, speaker = _given(request, "label"), _given(request, "speaker")
    try:
        return _json({"id": studio.clips.save(label, speaker, wav.decode(request.body))})
    except NoWordError as error:  # not an error: ask for another take
        return _json({"again": str(error)})


def _delete(studio: Studio, request: Request) -> Reply:
    studio.clips.delete(_given(request, "id"))
    return _json({})


def _versions(studio: Studio, request: Request) -> Reply:
    seed = _given(request, "seed")
    if not (seed.isascii() and seed.isdigit() and len(seed) < 10):
        raise Refused(HTTPStatus.BAD_REQUEST, "seed: give a whole number")
    made = versions(wav.decode(request.body), studio.clips.noises(NOISES), int(seed))
    coded = [
        {
            "name": one.name,
            "alone": one.alone,
            "wav": base64.b64encode(wav.encode(one.samples)).decode(),
        }
        for one in made
    ]
    return _json({"versions": coded})


def _review(studio: Studio, request: Request) -> Reply:
    return _json(review.described(studio.review))


def _kept(studio: Studio, request: Request) -> Reply:
    return Reply("audio/wav", review.play(studio.review, _given(request, "file")))


def _verdict(studio: Studio, request: Request) -> Reply:
    said = request.query.get("said", "")  # empty: taken back
    return _json(review.judge(studio.review, _given(request, "file"), said))


def _runs(studio: Studio, request: Request) -> Reply:
    found = [asdict(run) for run in runs.list_runs(studio.runs)]
    return _json({"folder": str(studio.runs), "runs": found})


NOISES = 10  # recorded noises that augmentation may choose from
ROUTES: dict[tuple[str, str], Route] = {
    ("GET", "/api/clips"): _list,
    ("GET", "/api/clip"): _play,
    ("POST", "/api/clip"): _save,
    ("DELETE", "/api/clip"): _delete,
    ("POST", "/api/versions"): _versions,
    ("GET", "/api/review"): _review,
    ("GET", "/api/kept"): _kept,
    ("POST", "/api/verdict"): _verdict,
    ("GET", "/api/runs"): _runs,
}


def _given(request: Request, name: str) -> str:
    try:
        return request.query[name]
    except KeyError:
        raise Refused(HTTPStatus.BAD_REQUEST, f"{name}: is missing") from None


def _json(value: object) -> Reply:
    return Reply(JSON, json.dumps(value).encode())

"""Access control. The server is for one person; other pages in the same browser, and other
computers, must not use it.

- A Host that is not this address is rejected: a foreign name points here (DNS rebinding).
- A foreign Origin, or a request started by a foreign page, is rejected: another site is asking.
- Every change requires the token that only our own page has.
"""

from __future__ import annotations

import hmac
from email.message import Message
from http import HTTPStatus
from io import BufferedIOBase

from tools.studio.errors import Refused

TOKEN = "X-Studio-Token"
PIECE = 64 * 1024  # bytes read at once

POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
# a report is one file with inline scripts; sandboxed, it has no origin and cannot send us requests
REPORT_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; "
    "media-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "sandbox allow-scripts allow-downloads"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
    "Cache-Control": "no-store",
}


def check_request(method: str, headers: Message, port: int, token: str) -> None:
    """Raises Refused if the request is not allowed."""
    hosts = [f"127.0.0.1:{port}", f"localhost:{port}"]
    if headers.get_all("Host", []) not in [[host] for host in hosts]:
        raise Refused(HTTPStatus.FORBIDDEN, f"this server only answers as {' or '.join(hosts)}")
    origins = headers.get_all("Origin", [])
    own = f"http://{headers['Host']}"
    if any(origin != own for origin in origins):
        raise Refused(HTTPStatus.FORBIDDEN, "only this server's own page may send requests")
    if headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none"):
        raise Refused(HTTPStatus.FORBIDDEN, "only this server's own page may send requests")
    if method == "GET":
        return
    if not origins or not hmac.compare_digest(headers.get(TOKEN, "").encode(), token.encode()):
        raise Refused(HTTPStatus.FORBIDDEN, "the studio was restarted; reload the page")


def read_body(stream: BufferedIOBase, headers: Message, most: int) -> bytes:
    """Reads the whole body, or raises Refused if it exceeds `most` bytes."""
    if "Transfer-Encoding" in headers:
        raise Refused(HTTPStatus.LENGTH_REQUIRED, "give a Content-Length")
    given = headers.get_all("Content-Length", ["0"])
    if len(given) != 1 or not (given[0].isascii() and given[0].isdigit()) or len(given[0]) > 18:
        raise Refused(HTTPStatus.BAD_REQUEST, "Content-Length is not a number")
    length = int(given[0])
    if length > most:
        raise Refused(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"{length:,} bytes; the limit is {most:,}"
        )
    body = bytearray()
    while len(body) < length:
        piece = stream.read(min(PIECE, length - len(body)))
        if not piece:
            raise Refused(HTTPStatus.BAD_REQUEST, "the request ended too early")
        body += piece
    return bytes(body)

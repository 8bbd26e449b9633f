"""HTTP for this computer only: sockets and threads. Access control is in security.py, replies are
in routes.py."""

from __future__ import annotations

import json
import socket
import socketserver
import sys
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tools.studio import security
from tools.studio.errors import Refused, StudioError
from tools.studio.routes import JSON, MOST, Reply, Request, Studio, answer

HOST = "127.0.0.1"
SECONDS = 10  # timeout for a line or a piece from a client
THREADS = 64
FIELDS = 10  # most fields in a query


class StudioServer(ThreadingHTTPServer):
    """Serves until it is shut down."""

    request_queue_size = 256
    daemon_threads = True

    def __init__(self, studio: Studio, port: int) -> None:
        self.studio = studio
        self._room = threading.BoundedSemaphore(THREADS)
        try:
            super().__init__((HOST, port), Handler)
        except OSError as error:
            raise StudioError(f"port {port}: {error.strerror}; give another --port") from error

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.server_port}/"

    def server_bind(self) -> None:
        """Skips HTTPServer's lookup of this computer's name, which can take seconds."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        self._room.acquire()
        try:
            super().process_request(request, client_address)
        except BaseException:
            self._room.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignores disconnected clients, logs other errors in one line, and keeps serving."""
        error = sys.exception()
        if not isinstance(error, (ConnectionError, TimeoutError)):
            print(f"studio: {type(error).__name__}: {error}", file=sys.stderr)


class Handler(BaseHTTPRequestHandler):
    server: StudioServer
    timeout = SECONDS
    server_version, sys_version = "tinykws", ""

    def do_GET(self) -> None:
        self._serve("GET")

    def do_POST(self) -> None:
        self._serve("POST")

    def do_DELETE(self) -> None:
        self._serve("DELETE")

    def _serve(self, method: str) -> None:
        try:
            reply, status = self._reply(method), HTTPStatus.OK
        except Refused as refused:
            content = json.dumps({"error": str(refused)}).encode()
            reply, status = Reply(JSON, content), refused.status
        self.send_response(status)
        headers = security.HEADERS | reply.headers
        headers |= {"Content-Type": reply.type, "Content-Length": str(len(reply.content))}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.content)
        if status != HTTPStatus.OK:
            self._drain()

    def _reply(self, method: str) -> Reply:
        studio = self.server.studio
        security.check_request(method, self.headers, self.server.server_port, studio.token)
        body = security.read_body(self.rfile, self.headers, 0 if method == "GET" else MOST)
        try:
            parts = urlsplit(self.path)
            query = dict(parse_qsl(parts.query, max_num_fields=FIELDS, errors="strict"))
            path = unquote(parts.path, errors="strict")
        except ValueError as error:
            raise Refused(HTTPStatus.BAD_REQUEST, "the address is not valid") from error
        return answer(studio, method, Request(path, query, body))

    def _drain(self) -> None:
        """Reads part of a refused body; otherwise the client would not see the reply."""
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_WR)
        self.connection.settimeout(1)
        left = 2 * MOST
        while left > 0 and (piece := self.rfile.read1(security.PIECE)):
            left -= len(piece)

    def log_message(self, format: str, *args: Any) -> None:
        """Logs nothing, as the page shows errors."""

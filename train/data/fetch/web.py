"""Downloads from the web. Every network error becomes a one-line message."""

from __future__ import annotations

import http.client
import threading
import urllib.error
import urllib.parse
import urllib.request
from http.client import HTTPResponse

from train.errors import DataError, UnreachableError

TIMEOUT = 30  # seconds without receiving a byte
TRIES = 3
LONGEST_WAIT = 60.0  # seconds; the longest wait, whatever the server asks for


def open_url(url: str, start: int = 0) -> HTTPResponse:
    """The response to a GET, from byte `start` if the server supports it (status 206)."""
    headers = {"User-Agent": "tinykws"}
    if start:
        headers["Range"] = f"bytes={start}-"
    try:
        response: HTTPResponse = urllib.request.urlopen(
            urllib.request.Request(url, headers=headers), timeout=TIMEOUT
        )
        return response
    except urllib.error.HTTPError as error:
        raise _refused(url, error) from error
    except (OSError, http.client.HTTPException) as error:
        raise _broken(url, error) from error


def read(response: HTTPResponse, url: str, count: int | None = None) -> bytes:
    """The next `count` bytes, or all remaining ones."""
    try:
        return response.read(count)
    except (OSError, http.client.HTTPException) as error:
        raise _broken(url, error) from error


def get(url: str, stop: threading.Event | None = None) -> bytes:
    """Downloads a small file. Retries after failures of the server; `stop` ends the waiting."""
    stop = stop or threading.Event()
    for _ in range(TRIES - 1):
        try:
            return _get_once(url)
        except UnreachableError as error:
            if stop.wait(error.wait):
                raise
    return _get_once(url)


def _get_once(url: str) -> bytes:
    with open_url(url) as response:
        return read(response, url)


def _refused(url: str, error: urllib.error.HTTPError) -> DataError:
    said = f"{url}: the server answered {error.code} {error.reason}"
    if error.code in (403, 429):  # GitHub's answer to too many requests per hour from one address
        asked = error.headers.get("Retry-After", "")
        wait = min(float(asked), LONGEST_WAIT) if asked.isdecimal() else 0.0
        return UnreachableError(
            f"{said}; there may have been too many requests: run again in an hour", wait
        )
    return UnreachableError(f"{said}; run again later") if error.code >= 500 else DataError(said)


def _broken(url: str, error: Exception) -> UnreachableError:
    reason = getattr(error, "reason", error)
    why = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
    host = urllib.parse.urlsplit(url).netloc
    return UnreachableError(f"{host}: could not be reached ({why}); run again to resume")

"""The studio's errors."""

from __future__ import annotations

from http import HTTPStatus

from train.errors import DataError


class StudioError(RuntimeError):
    """The studio cannot start; the message names the remedy."""


class Refused(Exception):  # noqa: N818
    """A request is answered with an error: a status, and a message for the user."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


class NoWordError(DataError):
    """A take does not contain exactly one complete word; the user repeats it."""

"""What goes wrong in the studio."""

from __future__ import annotations

from http import HTTPStatus

from train.errors import DataError


class StudioError(RuntimeError):
    """The studio cannot start; the message names the remedy."""


class Refused(Exception):  # noqa: N818
    """A request that is answered with an error: a status, and a line for the person."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


class NoWordError(DataError):
    """A take in which the word was not heard whole: the person says it again."""

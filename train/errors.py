"""Errors that a user can act on: one type per kind; the message names the remedy."""

from __future__ import annotations


class DataError(ValueError):
    """Recordings that cannot be used; the message names the file or source and the remedy."""


class UnreachableError(DataError):
    """A server that is away, busy or broke off: it may work another time."""

    def __init__(self, message: str, wait: float = 0.0) -> None:
        super().__init__(message)
        self.wait = wait  # seconds that the server asks for


class ConfigError(ValueError):
    """A value that makes no sense; the message names the field and the allowed range."""


class CompilerError(RuntimeError):
    """No compiler was found, or it failed; the message says what to do."""


class InputError(ValueError):
    """Samples of a type or shape that the front end does not take."""


class LeakWarning(UserWarning):
    """A split that lets the same voice into training and test."""


class JobError(RuntimeError):
    """A training ended without its result; it has said why itself."""


class ClusterError(RuntimeError):
    """The cluster cannot do it; the message says what to do."""


class KilledError(RuntimeError):
    """A training's process was killed by a signal: worth another try."""


class OtherCodeError(RuntimeError):
    """A worker would compute something else."""


class TrackError(RuntimeError):
    """Nothing can be recorded; the message says what to do."""

"""Errors that a user can fix: one type per kind; each message says how."""

from __future__ import annotations


class DataError(ValueError):
    """Recordings cannot be used; the message names the file or source and says what to do."""


class UnreachableError(DataError):
    """A server was unreachable, busy or disconnected; a later attempt may work."""

    def __init__(self, message: str, wait: float = 0.0) -> None:
        super().__init__(message)
        self.wait = wait  # seconds that the server asks to wait


class ConfigError(ValueError):
    """A value is invalid; the message names the field and the allowed range."""


class CompilerError(RuntimeError):
    """The compiler is missing or failed; the message says what to do."""


class InputError(ValueError):
    """The samples have a type or shape that the front end does not accept."""


class LeakWarning(UserWarning):
    """A split has the same voice in training and test data."""


class JobError(RuntimeError):
    """A training ended without a result; it has already printed the reason."""


class ClusterError(RuntimeError):
    """The cluster cannot do the work; the message says what to do."""


class KilledError(RuntimeError):
    """A training process was killed by a signal; it is worth retrying."""


class OtherCodeError(RuntimeError):
    """A worker has different code and might compute different results."""


class TrackError(RuntimeError):
    """The run cannot be logged; the message says what to do."""

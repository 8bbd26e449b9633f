"""What can go wrong between this computer and a board; each message names the remedy."""

from __future__ import annotations


class BoardError(RuntimeError):
    """A problem with a board that the user can fix."""


class PortError(BoardError):
    """A port cannot be opened, or has disappeared."""


class LinkError(BoardError):
    """The board did not respond, or its reply is invalid."""


class RefusedError(BoardError):
    """The board refused the request."""


class EmulatorError(BoardError):
    """The emulated board could not be built or started."""


class OtherBundleError(BoardError):
    """The board's firmware was built with a different bundle."""

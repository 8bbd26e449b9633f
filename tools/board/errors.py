"""What can go wrong between this computer and a board; each message names the remedy."""

from __future__ import annotations


class BoardError(RuntimeError):
    """Something about a board that a person can set right."""


class PortError(BoardError):
    """A port that cannot be opened, or that went away."""


class LinkError(BoardError):
    """The board gave no answer, or none that makes sense."""


class RefusedError(BoardError):
    """The board answered that it will not."""


class EmulatorError(BoardError):
    """The emulated board could not be built or started."""


class OtherBundleError(BoardError):
    """The board was made with another bundle than the one on this disk."""

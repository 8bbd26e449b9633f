"""Errors of conversion."""

from __future__ import annotations


class ModelError(ValueError):
    """A model that cannot become firmware; the message says what to change."""


class BundleError(ValueError):
    """A bundle that cannot be written, read or trusted; the message names the remedy."""


class TargetError(RuntimeError):
    """A target's tools are missing, or a program did not build or run."""

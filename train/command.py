"""How a command ends: an error that a user can act on is one line, and so is Ctrl-C."""

from __future__ import annotations

import sys
from collections.abc import Callable


def run_command(
    work: Callable[[], int], errors: tuple[type[Exception], ...], when_stopped: str
) -> int:
    """The exit code of `work`; 1 after one of `errors`, 130 after Ctrl-C."""
    try:
        return work()
    except errors as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"\nstopped; {when_stopped}", file=sys.stderr)
        return 130

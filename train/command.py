"""How a command ends: an error that a user can act on is one line, and so is Ctrl-C."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable


def run_command(
    work: Callable[[], int], errors: tuple[type[Exception], ...], when_stopped: str
) -> int:
    """The exit code of `work`; 1 after one of `errors`, 130 after Ctrl-C, 141 when nobody reads
    what it prints, such as `head` after ten lines."""
    try:
        code = work()
        sys.stdout.flush()
        return code
    except errors as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"\nstopped; {when_stopped}", file=sys.stderr)
        return 130
    except BrokenPipeError:
        if not _nobody_reads():
            raise  # another pipe broke
        # what is left goes nowhere: Python would complain about it at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


def _nobody_reads() -> bool:
    """Whether standard output is a pipe whose other end is closed."""
    poll = select.poll()
    poll.register(sys.stdout.fileno(), 0)
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))

"""How a command begins and ends: its parser knows how it was called, and an error that a user can
act on is one line, and so is Ctrl-C."""

from __future__ import annotations

import argparse
import errno
import os
import re
import select
import sys
from collections.abc import Callable
from typing import Any

MODULE = re.compile(r"python -m ([a-z_]+(?:\.[a-z_]+)+)")
OTHER_NAMES: dict[str, str] = {}  # by module: the command of `tinykws` that is running it


def as_called(text: str) -> str:
    """The text with commands as this user types them: `tinykws train` for `python -m train.kws`
    if that is how the program was started."""
    return MODULE.sub(lambda found: OTHER_NAMES.get(found[1], found[0]), text)


class CommandParser(argparse.ArgumentParser):
    """Keeps the line breaks of a description, and shows commands as they were called."""

    def __init__(self, **how: Any) -> None:
        how.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(**how)
        self.prog = as_called(self.prog)

    def format_help(self) -> str:
        return as_called(super().format_help())


def run_command(
    work: Callable[[], int], errors: tuple[type[Exception], ...], when_stopped: str
) -> int:
    """The exit code of `work`; 1 after one of `errors` or where standard output takes no more, 130
    after Ctrl-C, 141 when nobody reads what it prints, such as `head` after ten lines."""
    _print_anything()
    try:
        code = work()
        sys.stdout.flush()
        return code
    except errors as error:
        print(f"error: {as_called(str(error))}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"\nstopped; {when_stopped}", file=sys.stderr)
        return 130
    except BrokenPipeError:
        if not _nobody_reads():
            raise  # another pipe broke
        _print_nothing_more()
        return 141
    except OSError as error:
        # without a file's name it is about the open stream; other full disks are known by theirs
        if error.errno not in (errno.ENOSPC, errno.EIO) or error.filename:
            raise
        print(f"error: output cannot be written ({error.strerror}); make room", file=sys.stderr)
        _print_nothing_more()
        return 1


def _print_anything() -> None:
    """A file's name that the locale's encoding lacks is printed with escapes, not refused."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a test's is none of a file
            stream.reconfigure(errors="backslashreplace")


def _print_nothing_more() -> None:
    """What is left goes nowhere: Python would complain about it as it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _nobody_reads() -> bool:
    """Whether standard output is a pipe whose other end is closed."""
    poll = select.poll()
    poll.register(sys.stdout.fileno(), 0)
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))

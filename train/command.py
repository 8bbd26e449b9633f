"""How commands start and end: help shows the name that was typed, and Ctrl-C and errors that a user
can fix print one line each."""

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
OTHER_NAMES: dict[str, str] = {}  # by module: the `tinykws` command that runs it


def as_called(text: str) -> str:
    """The text with commands as the user would type them: `tinykws train` instead of
    `python -m train.kws` if the program was started that way."""
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
    """The exit code of `work`: 1 after one of `errors` or if standard output cannot be written, 130
    after Ctrl-C, 141 if the reader of its output has gone, such as `head` after ten lines."""
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
            raise  # a different pipe broke
        _print_nothing_more()
        return 141
    except OSError as error:
        # without a file name it is the output stream that is full; other files are named
        if error.errno not in (errno.ENOSPC, errno.EIO) or error.filename:
            raise
        print(f"error: output cannot be written ({error.strerror}); free space", file=sys.stderr)
        _print_nothing_more()
        return 1


def _print_anything() -> None:
    """Prints file names that the locale cannot encode with escapes instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # in tests it may not be a real file
            stream.reconfigure(errors="backslashreplace")


def _print_nothing_more() -> None:
    """Discards the remaining output, about which Python would complain on exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _nobody_reads() -> bool:
    """Whether standard output is a pipe whose other end is closed."""
    poll = select.poll()
    poll.register(sys.stdout.fileno(), 0)
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))

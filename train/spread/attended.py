"""`python -m train.spread.attended LOCK MODULE ARGUMENTS...`: a command that ends with its caller.

Standard input is a pipe that the caller holds open. When the caller dies, however suddenly, the
command ends as well: nobody would receive its result, and another command may already do the same
work. LOCK is a file that only one such command can hold at a time.
"""

from __future__ import annotations

import fcntl
import importlib
import os
import sys
import threading
from pathlib import Path

LEFT_ALONE = 3  # the exit code


def main(arguments: list[str]) -> int:
    lock, module, *rest = arguments
    threading.Thread(target=_end_with_the_pipe, daemon=True).start()
    with Path(lock).open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        done: int = importlib.import_module(module).main(rest)
    return done


def _end_with_the_pipe() -> None:
    while os.read(0, 1):
        pass
    os._exit(LEFT_ALONE)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

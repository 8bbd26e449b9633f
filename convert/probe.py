"""Finds out in a separate process whether TensorFlow Lite Micro runs a model in an arena: if the
arena is slightly too small, it may crash instead of failing.

`python -m convert.probe FILE` reads sizes in bytes, one per line, and answers 1 or 0.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path


def main() -> None:
    content = Path(sys.argv[1]).read_bytes()
    for line in sys.stdin:
        print(int(_runs(content, int(line))), flush=True)


def _runs(content: bytes, arena: int) -> bool:
    from tflite_micro.python.tflite_micro import runtime

    with contextlib.suppress(RuntimeError):
        runtime.Interpreter.from_bytes(content, arena_size=arena).invoke()
        return True
    return False


@contextlib.contextmanager
def asked(model: Path) -> Iterator[Callable[[int], bool]]:
    """A function that says whether a number of bytes is enough; it restarts the process after
    crashes."""
    process: subprocess.Popen[str] | None = None

    def fits(arena: int) -> bool:
        nonlocal process
        process = process or _start(model)
        assert process.stdin and process.stdout
        print(arena, file=process.stdin, flush=True)
        answer = process.stdout.readline()
        if not answer:
            process.communicate()
            process = None
        return answer == "1\n"

    try:
        yield fits
    finally:
        if process:
            process.communicate()


def _start(model: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "convert.probe", str(model)],
        text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        cwd=Path(__file__).parents[1],
    )  # fmt: skip


if __name__ == "__main__":
    main()

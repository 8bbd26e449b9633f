"""Tries arenas for the .tflite file named: each size on standard input is answered with `fits` or
`too small`. A program of its own, as TensorFlow Lite Micro answers some that are too small with a
crash.
"""

import os
import sys
from pathlib import Path

from tflite_micro.python.tflite_micro import runtime


def main() -> None:
    content = Path(sys.argv[1]).read_bytes()
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever the library prints is no answer
    for line in sys.stdin:
        try:
            runtime.Interpreter.from_bytes(content, arena_size=int(line)).invoke()
            print("fits", file=answers, flush=True)
        except RuntimeError:
            print("too small", file=answers, flush=True)


if __name__ == "__main__":
    main()

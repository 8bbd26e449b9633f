"""The stream engine on a target: build it for a model, run frames through it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from convert.native.streaming import Stream
from convert.targets import Target, execute
from convert.targets.engine import build_generated


@dataclass(frozen=True)
class StreamRun:
    """[streams, steps]"""

    returned: NDArray[np.int8]
    scores: NDArray[np.int8]  # [streams, steps, labels]
    instructions: NDArray[np.uint32]
    stack_bytes: int  # largest; 0 if it cannot be measured


def build_stream(
    target: Target, stream: Stream, folder: Path, flags: Sequence[str] = ("-O2",)
) -> Path:
    """The test program for this model, in its own folder."""
    return build_generated(target, stream.files, ("kws_engine_stream.c", "stream"), folder, flags)


def run_stream(target: Target, program: Path, frames: NDArray[np.int8], labels: int) -> StreamRun:
    """int8 frames [streams, steps, values]; each stream starts from scratch."""
    counts = np.array(frames.shape[:2], np.int32)
    output = execute(target, program, counts.tobytes() + frames.tobytes())
    kind = [("returned", "i1"), ("scores", "i1", labels), ("counted", "<u4", 2)]
    records = np.frombuffer(output, kind).reshape(frames.shape[:2])
    return StreamRun(
        records["returned"].copy(),
        records["scores"].copy(),
        records["counted"][..., 0].copy(),
        int(records["counted"][..., 1].max(initial=0)),
    )

"""What kws_settings.h says in a bundle with the engine of a stream."""

from __future__ import annotations

import re

from convert.detector import Detector
from convert.native.streaming import Stream
from convert.rendering import rendered

NAME = "kws_settings_stream.h"  # the template's; its text becomes a part of kws_settings.h
PACE = re.compile(r"#define KWS_(?:DETECTOR_SMOOTHED|DECISION_MS) .*\n")
END = "\n#endif\n"


def with_stream(
    settings: str, streamed: Stream, model: str, command: str, detector: Detector
) -> str:
    """Two paces in place of one: that of the stream and, for an engine that takes whole windows,
    that of other bundles. A template of its own leaves other bundles identical to the byte."""
    values = {
        "model": model,
        "command": command,
        "frames": streamed.step_frames,
        "detector": detector,
        "whole": detector.every(Detector().decision_ms),
    }
    text = rendered((NAME,), values)[NAME]
    return PACE.sub("", settings).removesuffix(END) + "\n" + text + END

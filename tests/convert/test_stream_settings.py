"""What a bundle says of the engine of a stream: when there is one, and how often it decides."""

import re
from pathlib import Path

import pytest

from convert.bundle import stream_of
from convert.detector import Detector
from convert.targets import FRONTEND, run_tool
from tests.firmware.streaming import make_bundle, source_of
from train.settings.frontend import FrontendConfig


@pytest.mark.parametrize(("period", "smoothed"), [(40, 10), (60, 7), (100, 4), (200, 2), (900, 1)])
def test_a_mean_keeps_its_length_in_time(period: int, smoothed: int) -> None:
    changed = Detector(threshold=100).every(period)
    assert changed == Detector(smoothed, 100, Detector().refractory_ms, period)
    assert changed.every(period) == changed


def test_features_that_depend_on_their_window_cannot_be_those_of_a_stream() -> None:
    config = FrontendConfig(mean_normalization="window")
    assert "depend on its window's mean" in str(stream_of(source_of("mel_stream", config)))


def settings_of(bundle: Path, *flags: str) -> dict[str, str]:
    """What the macros of kws_settings.h are."""
    command = ["gcc", "-E", "-dM", *flags, f"-I{FRONTEND}", str(bundle / "kws_settings.h")]
    defined = run_tool(command)
    return dict(re.findall(r"#define (KWS_\w+) (\S+)", defined))


def test_micro_runs_whole_windows_of_the_same_bundle_less_often(tmp_path: Path) -> None:
    bundle = make_bundle("mel_stream", tmp_path / "bundle")
    native = settings_of(bundle)
    assert native["KWS_ENGINE_STREAM_FRAMES"] == "2"
    assert (native["KWS_DECISION_MS"], native["KWS_DETECTOR_SMOOTHED"]) == ("40", "10")
    micro = settings_of(bundle, "-DKWS_ENGINE_TFLM")
    assert "KWS_ENGINE_STREAM_FRAMES" not in micro
    assert (micro["KWS_DECISION_MS"], micro["KWS_DETECTOR_SMOOTHED"]) == ("200", "2")

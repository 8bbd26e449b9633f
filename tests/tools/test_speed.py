"""Training must not wait for the front end: at least 20 times as fast as librosa, in one run."""

from tests.conftest import answers, frontend_config
from tools.bench.frontend import measure_speed


def test_speedup_over_librosa() -> None:
    result = measure_speed(frontend_config("default"), answers("default").windows[:400])
    assert result["librosa_clips_per_second"] > 100
    assert result["speedup_vs_librosa"] >= 20

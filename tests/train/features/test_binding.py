"""Python calls the C: any chopping, any thread, any compiler, the same frames."""

import math
import platform
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from convert.targets import TARGETS
from tests.conftest import answers, frontend_config, usable
from tests.windows import hostile_windows, random_windows
from tools.bench.speech import speech_windows
from train.errors import ConfigError, InputError
from train.features import compiler
from train.features.binding import Frontend
from train.features.integer_model import model_features, model_frames
from train.features.reference import reference_features
from train.settings.frontend import FrontendConfig

PROCESSORS = ["native"] + ["x86-64-v3", "x86-64"] * (platform.machine() == "x86_64")
DEFAULT = Frontend(frontend_config("default"))


@st.composite
def front_ends(draw: st.DrawFn) -> FrontendConfig:
    """Any front end that the fields allow; some of them have bands without bins."""
    fft_size = draw(st.sampled_from([256, 512, 1024, 2048]))
    rate = draw(st.integers(4_000, 48_000))
    hop = draw(st.integers(1, fft_size))
    fmin = draw(st.floats(0, rate / 2 - 200))
    bands = draw(st.integers(2, 128))
    logmel = draw(st.booleans())
    coefficients = bands if logmel else draw(st.integers(1, bands))
    values = st.lists(st.floats(-100, 100), min_size=coefficients, max_size=coefficients)
    return FrontendConfig(
        sample_rate=rate,
        fft_size=fft_size,
        taper=draw(st.integers(16, fft_size)),
        hop=hop,
        window=fft_size + draw(st.integers(0, 3)) * hop + draw(st.integers(0, hop - 1)),
        pre_emphasis=draw(st.floats(0, 1, exclude_max=True)),
        mel_bands=bands,
        fmin=fmin,
        fmax=min(rate // 2, draw(st.floats(fmin + 100, rate / 2))),
        kind="logmel" if logmel else "mfcc",
        coefficients=coefficients,
        mean_normalization=draw(st.sampled_from(["none", "window"])),
        mean=draw(st.one_of(st.just([]), values)),
        std=[draw(st.floats(0.1, 50))] * coefficients,
        scale=draw(st.floats(0.01, 2)),
        zero_point=draw(st.integers(-128, 127)),
    )


@settings(max_examples=60, deadline=None)
@given(
    pieces=st.lists(st.integers(0, 1500), max_size=30),
    length=st.integers(0, 6000),
    seed=st.integers(0, 2**32 - 1),
)
def test_stream_gives_the_frames_of_the_batch(pieces: list[int], length: int, seed: int) -> None:
    samples = np.random.default_rng(seed).integers(-32768, 32768, length).astype(np.int16)
    stream, frames, at = DEFAULT.stream(), [], 0
    for piece in [*pieces, length]:
        frames.append(stream.push(samples[at : at + piece]))
        at += piece
    np.testing.assert_array_equal(np.concatenate(frames), DEFAULT.frames(samples))


def test_batch_equals_the_integer_model(name: str) -> None:
    expected = answers(name)
    features = Frontend(frontend_config(name)).features(expected.windows)
    np.testing.assert_array_equal(features, expected.features)


@pytest.mark.parametrize("processor", PROCESSORS)
@pytest.mark.parametrize("name_of_compiler", ["gcc", "clang"])
def test_batch_does_not_depend_on_compiler_or_vectors(
    name_of_compiler: str, processor: str
) -> None:
    """16, 8 and 4 frames at once, where this computer's processor has them."""
    usable(TARGETS[name_of_compiler])
    flags = [f.replace("native", processor) for f in compiler.FLAGS]
    library = compiler.build_library([name_of_compiler], flags)
    for name in ("default", "fft1024", "fft256"):
        expected = answers(name)
        features = Frontend(frontend_config(name), library).features(expected.windows[:301])
        np.testing.assert_array_equal(features, expected.features[:301])


@pytest.mark.parametrize("oldest", [0, 1, 20, 48])
def test_window_features_from_a_ring(oldest: int) -> None:
    expected = answers("default")
    ring = np.roll(expected.frames[3], oldest, axis=0)
    features = DEFAULT.window_features(ring, oldest)
    np.testing.assert_array_equal(features, expected.features[3])


def test_threads_do_not_disturb_each_other() -> None:
    windows = answers("default").windows[:64]
    with ThreadPoolExecutor(8) as pool:
        many = list(pool.map(lambda _: DEFAULT.features(windows), range(8)))
    for features in many:
        np.testing.assert_array_equal(features, answers("default").features[:64])


def test_no_windows_give_no_features() -> None:
    assert DEFAULT.features(np.zeros((0, 16_000), np.int16)).shape == (0, 49, 40)


@pytest.mark.parametrize(
    "windows",
    [np.zeros((2, 16_000)), np.zeros(16_000, np.int16), np.zeros((2, 15_999), np.int16)],
    ids=["float", "one-dimensional", "short"],
)
def test_wrong_input_is_refused(windows: np.ndarray) -> None:
    with pytest.raises(InputError, match="expected"):
        DEFAULT.features(windows)


def test_compiles_once_per_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINYKWS_CACHE", str(tmp_path))
    first = compiler.build_library()
    stamp = first.stat().st_mtime_ns
    assert compiler.build_library() == first
    assert first.stat().st_mtime_ns == stamp
    assert [path.name for path in tmp_path.iterdir()] == [first.name]


def test_ziglang_where_there_is_no_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiler.shutil, "which", lambda _: None)
    assert compiler.find_compiler() == [sys.executable, "-m", "ziglang", "cc"]
    frontend = Frontend(frontend_config("default"), compiler.build_library())
    features = frontend.features(answers("default").windows[:50])
    np.testing.assert_array_equal(features, answers("default").features[:50])


def test_no_compiler_at_all_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiler.shutil, "which", lambda _: None)
    monkeypatch.setattr(compiler.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(compiler.CompilerError, match="pip install ziglang"):
        compiler.find_compiler()


def test_unwritable_cache_says_what_to_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TINYKWS_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(compiler.CompilerError, match="set TINYKWS_CACHE"):
        compiler.build_library()


@given(config=front_ends(), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=80, deadline=None)
def test_c_equals_the_integer_model_for_any_config(config: FrontendConfig, seed: int) -> None:
    try:
        frontend = Frontend(config)
    except ConfigError:
        assume(False)
    hostile = hostile_windows(config.window, config.fft_size)
    chosen = np.random.default_rng(seed).choice(len(hostile), 4)
    windows = np.concatenate([hostile[chosen], random_windows(4, config.window, seed)])
    for window, features in zip(windows, frontend.features(windows), strict=True):
        frames = model_frames(frontend.tables, window)
        np.testing.assert_array_equal(frontend.frames(window), frames)
        np.testing.assert_array_equal(features, model_features(frontend.tables, frames))


def test_pre_emphasis_just_below_one() -> None:
    config = FrontendConfig(pre_emphasis=math.nextafter(1.0, 0.0))
    frontend, window = Frontend(config), answers("default").windows[0]
    np.testing.assert_array_equal(frontend.frames(window), model_frames(frontend.tables, window))


def test_mean_of_the_window_needs_no_fitted_mean() -> None:
    """Frames keep every level until the mean is subtracted."""
    config = FrontendConfig(mean_normalization="window")
    speech, _ = speech_windows(None, 20, config.sample_rate, config.window)
    for window in speech:
        difference = Frontend(config).features(window[None])[0].astype(int)
        difference -= reference_features(config, window)
        assert np.abs(difference).max() <= 1
        assert (difference == 0).mean() > 0.95


def test_frames_of_a_short_clip() -> None:
    frontend = Frontend(FrontendConfig())
    assert frontend.frames(np.zeros(511, np.int16)).shape == (0, 40)
    assert frontend.frames(np.zeros(512, np.int16)).shape == (1, 40)

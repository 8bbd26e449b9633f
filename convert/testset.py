"""What a conversion is verified on: the run's development data, or synthesized speech."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from convert.source import Source
from train.cache import Cache
from train.data.corpus import Corpus, label_names, read_corpus
from train.errors import ConfigError, DataError
from train.features.examples import Examples, make_examples
from train.fit.runs import read_settings_of
from train.settings import MOST_WORDS, Data, Settings, SyntheticSource, judged_split
from train.settings.words import DIGITS, NOISES, SILENCE, UNKNOWN

FEWEST = 200  # clips used by a verification
SPEAKERS = 25  # synthesized speakers; with ten digits at least 250 clips
OTHERS = 2  # other words per speaker
STRANGERS = 7778  # their seed, which is not that of training; SPEAKERS fill all splits with it


@dataclass(frozen=True)
class TestSet:
    """Examples at the model's input scale; `labels` is -1 if the model does not have the label."""

    what: str
    examples: Examples
    labels: NDArray[np.int32]

    @property
    def rated(self) -> NDArray[np.bool_]:
        return self.labels >= 0


def test_set(source: Source, cache: Cache) -> TestSet:
    """The run's development data, if its recordings are still there; only train.test looks at its
    test data."""
    if source.run is None:
        return _synthesized(source, cache, "synthesized speech")
    settings = read_settings_of(source.run)
    try:
        corpus = read_corpus(settings, cache)
    except (DataError, ConfigError):
        why = "synthesized speech, because the run's recordings cannot be read"
        return _synthesized(source, cache, why)
    if corpus.fingerprint != source.described.get("data"):
        why = "synthesized speech, because the run's recordings have changed"
        return _synthesized(source, cache, why)
    if (clips := len(corpus.of(judged_split(settings)))) < FEWEST:
        why = f"synthesized speech, because the run has only {clips} development clips"
        return _synthesized(source, cache, why)
    return _of(source, settings, corpus, cache, "the run's development data")


def _synthesized(source: Source, cache: Cache, what: str) -> TestSet:
    words = _words(source)
    speakers = max(SPEAKERS, -(-FEWEST // (len(words) + OTHERS)))
    spoken = SyntheticSource(speakers=speakers, other_words=OTHERS)
    data = Data(words=words, synthetic=spoken)
    settings = Settings(seed=STRANGERS, data=data, frontend=source.config)
    corpus = read_corpus(settings, cache)
    everyone = replace(corpus, splits=[judged_split(settings)] * len(corpus.splits))
    return _of(source, settings, everyone, cache, what)


def _words(source: Source) -> tuple[str, ...]:
    """Examples whose label the model has."""
    no_words = (UNKNOWN, SILENCE, *NOISES)
    return tuple(label for label in source.labels if label not in no_words)[:MOST_WORDS] or DIGITS


def _of(source: Source, settings: Settings, corpus: Corpus, cache: Cache, what: str) -> TestSet:
    examples = make_examples(settings, corpus, source.config, judged_split(settings), cache)
    names = label_names(settings.data)
    numbers = {name: i for i, name in enumerate(source.labels)}
    # a user's model may have other names for digits, or no digits
    translated = np.array([numbers.get(name, -1) for name in names], np.int32)
    return TestSet(f"{len(examples.labels):,} windows of {what}", examples,
                   translated[examples.labels])  # fmt: skip

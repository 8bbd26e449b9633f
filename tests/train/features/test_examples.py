"""What a model is judged on: clips of one split, and noise that training did not hear."""

import pytest

from tests.train.small import SMALL
from train.cache import open_cache
from train.data.corpus import Corpus, read_corpus
from train.features.examples import make_examples, make_hard_test
from train.settings import Settings, judged_split, read_settings

CHANGES = [*SMALL[1::2], "augmentation.copies=1"]


@pytest.fixture(scope="module")
def settings() -> Settings:
    return read_settings("synthetic", CHANGES)


@pytest.fixture(scope="module")
def corpus(settings: Settings) -> Corpus:
    return read_corpus(settings, open_cache())


def test_development_is_validation_or_what_is_held_out(settings: Settings) -> None:
    assert judged_split(settings) == "validation"
    held_out = read_settings("synthetic", [*CHANGES, "data.held_out=1/2"])
    assert judged_split(held_out) == "test"


@pytest.mark.parametrize("name", ["train", "validation", "test"])
def test_silence_is_made_of_noise_of_its_own_split(
    name: str, settings: Settings, corpus: Corpus
) -> None:
    examples = make_examples(settings, corpus, settings.frontend, name, open_cache())
    silences = [block for block in examples.blocks if block.silences]
    assert silences and all(block.noises.split == name for block in silences)


@pytest.mark.parametrize("name", ["validation", "test"])
def test_clips_in_noise_are_of_the_split_that_is_asked_for(
    name: str, settings: Settings, corpus: Corpus
) -> None:
    hard = make_hard_test(settings, corpus, settings.frontend, name, open_cache(), snr=0.0)
    assert [entry for entry in hard.entries if entry] and len(hard.entries) == len(corpus.of(name))
    speakers = {corpus.entries[i].speaker for i in corpus.of(name)}
    assert {entry.speaker for entry in hard.entries if entry} == speakers
    assert all(block.noises.split == name for block in hard.blocks)

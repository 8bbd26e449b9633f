"""Negatives: sounds, words in a row, words that are almost digits; and how much they count."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from train.augment import among, augment, silence
from train.augment.sounds import LAYERS, sound
from train.cache import Cache
from train.data.index import examine
from train.data.sources import synthetic
from train.features.blocks import Block, windows_of
from train.features.examples import Examples
from train.fit.feed import balanced_weights, cautious
from train.settings import Augmentation
from train.settings.frontend import FrontendConfig
from train.settings.words import DIGITS

RATE = 16_000
QUIET = Augmentation(quietest=-10.0, loudest=-10.0)


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100])
@pytest.mark.parametrize("layer", sorted(set(LAYERS), key=lambda f: f.__name__))
def test_every_sound_is_of_the_asked_length_and_finite(layer: object, rate: int) -> None:
    for seed in range(4):
        random = np.random.default_rng(seed)
        with np.errstate(divide="raise", over="raise", invalid="raise"):
            audio = layer(rate, rate, random)  # type: ignore[operator]
        assert audio.shape == (rate,) and np.isfinite(audio).all()


def test_sounds_differ_and_the_same_seed_gives_the_same() -> None:
    made = [sound(RATE, RATE, np.random.default_rng(seed)) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(made[0], made[1])
    assert (made[0] != made[2]).any()
    heard = [sound(RATE, RATE, np.random.default_rng(seed)).std() > 1e-3 for seed in range(20)]
    assert np.mean(heard) > 0.9


def test_silence_has_sounds_as_often_as_asked() -> None:
    def made(share: float, seed: int) -> bytes:
        ranges = replace(QUIET, sounds=share, microphone=0.0, bandwidth=0.0)
        return silence(4000, RATE, ranges, [], np.random.default_rng(seed)).tobytes()

    changed = [made(0.0, seed) != made(0.5, seed) for seed in range(100)]
    assert 0.3 < np.mean(changed) < 0.6  # a tenth is nothing at all


def test_a_word_among_others_is_a_cut_of_a_windows_length_at_most() -> None:
    word, other = np.full(8000, 1000, np.int16), np.full(6000, 2000, np.int16)
    whole = part = 0
    for seed in range(200):
        cut = among(word, [other], RATE, RATE, np.random.default_rng(seed))
        assert 0.25 * RATE < len(cut) <= RATE
        assert set(np.unique(cut)) <= {0, 1000, 2000}
        whole += np.count_nonzero(cut == 1000) == len(word)
        part += 0 < np.count_nonzero(cut == 2000) < 2 * len(other)
    assert whole > 20 and part > 100


def block(share: float) -> Block:
    entries = synthetic.entries(1, 5, 4)
    findings = examine(entries, FrontendConfig(), Cache(Path("none"), enabled=False))
    digests = [one.digest for one in findings]
    clips = tuple(zip(entries, digests, strict=True))
    ranges = replace(Augmentation(), neighbours=share, roam=share)
    return Block(config=FrontendConfig(), seed=1, clips=clips, copies=2, ranges=ranges)


def test_only_other_words_are_cut_from_words_in_a_row() -> None:
    alone, beside = (np.stack(list(windows_of(block(share)))) for share in (0.0, 1.0))
    digits = 2 * len(DIGITS)
    with_roam = replace(block(1.0), ranges=replace(Augmentation(), roam=1.0))
    np.testing.assert_array_equal(np.stack(list(windows_of(with_roam)))[:digits], beside[:digits])
    assert all((a != b).any() for a, b in zip(alone[digits:], beside[digits:], strict=True))


def test_one_example_can_be_made_again_with_its_neighbours() -> None:
    made = block(1.0)
    windows = list(windows_of(made))
    examples = Examples(np.empty(0, np.int8), np.empty(0, np.int32), [], [made])
    for index in (0, 21, 27):
        np.testing.assert_array_equal(examples.window(index), windows[index])


def test_a_short_clip_roams_as_far_as_the_window_holds_it() -> None:
    ranges = Augmentation(
        roam=1.0, trim=0.0, pitch=0.0, speed=0.0, room=0.0, hiss=0.0, noise=0.0,
        microphone=0.0, bandwidth=0.0,
    )  # fmt: skip
    clip = np.full(4000, 9000, np.int16)
    starts = []
    for seed in range(100):
        window = augment(clip, RATE, RATE, ranges, [], np.random.default_rng(seed))
        assert np.count_nonzero(window) == len(clip)
        starts.append(int(np.flatnonzero(window)[0]))
    assert min(starts) < 1500 and max(starts) > 10_500


def test_near_words_are_no_digits_and_do_not_begin_with_one() -> None:
    said = [*synthetic.NEAR_WORDS, *" ".join(synthetic.SENTENCES).split()]
    assert not {word.lower() for word in said} & {*DIGITS, "to", "too", "for", "won", "ate", "once"}
    assert not [word for word in said if word.lower().startswith(DIGITS)]


def test_speakers_say_what_was_asked_for_and_not_all_the_same() -> None:
    found = synthetic.entries(20, 0, 2, DIGITS, near_words=5, sentences=3)
    unknown = [entry for entry in found if entry.kind == "unknown"]
    assert len(found) == 20 * (10 + 2 + 5 + 3) and len(unknown) == 200
    assert {e.label for e in unknown if " " in e.label} == set(synthetic.SENTENCES)
    near = {e.label for e in unknown} & set(synthetic.NEAR_WORDS)
    assert near == set(synthetic.NEAR_WORDS)


def test_caution_makes_what_is_no_word_count_more() -> None:
    labels = np.array([0, 0, 1, 2, 2, 2], np.int32)  # 0 and 1 are words
    weights = balanced_weights(labels, ["one"] * len(labels))
    careful = cautious(weights, labels, 2, 3.0)
    assert careful.mean() == pytest.approx(weights.mean())
    assert careful[labels == 2].sum() == pytest.approx(3 * careful[labels == 1].sum())
    assert careful[labels == 0].sum() == pytest.approx(careful[labels == 1].sum())
    np.testing.assert_array_equal(cautious(weights, labels, 2, 1.0), weights)

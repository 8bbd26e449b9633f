"""What training sees of an epoch, and how much each example counts."""

import numpy as np

from train.fit.feed import (
    MOST_WEIGHT,
    Feed,
    Floats,
    as_floats,
    balanced_weights,
    one_hot,
    possible_labels,
)
from train.settings import Augmentation


def test_labels_count_alike_whatever_their_numbers() -> None:
    labels = np.repeat(np.arange(3, dtype=np.int32), (100, 50, 25))
    weights = balanced_weights(labels, ["one"] * len(labels))
    totals = np.bincount(labels, weights)
    np.testing.assert_allclose(totals, totals.mean(), rtol=1e-5)
    np.testing.assert_allclose(weights.mean(), 1, rtol=1e-5)


def test_a_source_with_few_labels_is_not_a_sign_of_them() -> None:
    """400 eights and no three from a crowd, 100 of each in a studio: both must be heard."""
    labels = np.repeat(np.array([8, 8, 3], np.int32), (400, 100, 100))
    sources = ["crowd"] * 400 + ["studio"] * 200
    weights = balanced_weights(labels, sources)
    crowd, studio = weights[:400].sum(), weights[400:500].sum()
    np.testing.assert_allclose(crowd / studio, 2, rtol=1e-5)  # not 4


def test_one_example_of_a_rare_label_does_not_drown_the_rest() -> None:
    labels = np.array([0] * 1000 + [1], np.int32)
    assert balanced_weights(labels, ["one"] * 1001).max() == MOST_WEIGHT


def test_an_epoch_has_every_example_and_the_same_ones_again() -> None:
    features = np.arange(10, dtype=np.int8)[:, None, None] * np.ones((1, 3, 2), np.int8)
    feed = Feed(features, one_hot(np.arange(10, dtype=np.int32), 10), np.ones(10, np.float32), 1.0)
    batches = list(feed.epoch(4, (1, 2)))
    assert [len(batch) for batch, *_ in batches] == [4, 4, 4]  # the last is filled up
    seen = np.concatenate([batch[:, 0, 0, 0] for batch, *_ in batches])
    assert set(seen) == set(range(10))
    taught = np.concatenate([targets.argmax(axis=1) for _, targets, *_ in batches])
    np.testing.assert_array_equal(taught, seen)
    again = np.concatenate([batch[:, 0, 0, 0] for batch, *_ in feed.epoch(4, (1, 2))])
    np.testing.assert_array_equal(again, seen)
    assert (np.concatenate([b[:, 0, 0, 0] for b, *_ in feed.epoch(4, (1, 3))]) != seen).any()


def epoch_of(ranges: Augmentation | None, number: int = 0) -> tuple[Floats, Floats]:
    """Forty examples as an epoch shows them, and as they are stored, in the same order."""
    stored = np.random.default_rng(3).integers(-100, 100, (40, 49, 40)).astype(np.int8)
    numbers = np.arange(40, dtype=np.int32)
    feed = Feed(stored, one_hot(numbers, 40), np.ones(40, np.float32), 0.02, ranges=ranges)
    batches = list(feed.epoch(8, (5, number)))
    seen = np.concatenate([batch for batch, *_ in batches])
    shown = np.concatenate([targets.argmax(axis=1) for _, targets, *_ in batches])
    return seen, as_floats(stored[shown], 0.02)


def test_every_example_of_an_epoch_is_distorted_and_in_each_epoch_in_another_way() -> None:
    seen, stored = epoch_of(Augmentation())
    assert seen.shape == stored.shape
    assert all((one != other).any() for one, other in zip(seen, stored, strict=True))
    again, _ = epoch_of(Augmentation())
    np.testing.assert_array_equal(again, seen)
    assert not np.array_equal(epoch_of(Augmentation(), number=1)[0], seen)


def test_without_distortion_an_epoch_shows_the_stored_features() -> None:
    for ranges in (
        None,
        Augmentation(stretch=0.0, slide=0.0, tint=0.0, time_mask=0, frequency_mask=0),
    ):
        seen, stored = epoch_of(ranges)
        np.testing.assert_array_equal(seen, stored)


def test_a_source_says_nothing_of_digits_that_it_lacks() -> None:
    """A crowd has eights and other words (10); a studio all digits."""
    labels = np.array([8, 10, *range(10)], np.int32)
    sources = ["crowd"] * 2 + ["studio"] * 10
    possible = possible_labels(labels, sources, 10, 12)
    assert possible[0].tolist() == [0] * 8 + [1, 0, 1, 1]
    assert possible[1:].all()  # another word is not a digit at all

"""What a search proposes, refuses, and says of what it found; the whole is in test_cluster.py."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.train.pages.test_report import Page
from train.data.corpus import Corpus
from train.data.entry import Entry
from train.data.noises import Noises
from train.errors import ConfigError
from train.models.cost import Cost
from train.search import main, too_small
from train.settings import Settings, read_settings
from train.tune.page import write_search_page
from train.tune.proposals import Told, propose
from train.tune.space import SPACES, Space, changed, preset_of, read_space, without
from train.tune.trials import Budgets, Trial, best_of, front

SETTINGS = Settings()


def space_of(text: str, folder: Path) -> Space:
    path = folder / "space.yaml"
    path.write_text(text)
    return read_space(path, SETTINGS)


def trial(number: int, accuracy: float | None, parameters: int = 10, macs: int = 10) -> Trial:
    refused = "" if accuracy is not None else "over the budget by 1 MACs"
    cost = Cost(parameters, macs, parameters)
    return Trial(number, {}, {"model.family": "<b>"}, Path(), cost, refused, accuracy, 100)


def test_a_proposal_depends_on_seed_number_and_what_it_was_told_alone() -> None:
    space = read_space(SPACES / "default.yaml", SETTINGS)
    first = [propose(space, [], number, seed=0) for number in range(14)]
    assert first == [propose(space, [], number, seed=0) for number in range(14)]
    assert first[0] != first[1] and first[0] != propose(space, [], 0, seed=1)
    told = [Told(one, one["model.budget"] / 1e5) for one in first[:12]]
    assert propose(space, told, 12, seed=0) == propose(space, told, 12, seed=0)
    refused = [*told[:11], Told(first[11], None)]
    assert propose(space, refused, 12, seed=0) == propose(space, refused, 12, seed=0)
    for one in first:
        assert 8_000 <= one["model.budget"] <= 63_000
        assert isinstance(one["augmentation.time_mask"], int)
        changed(SETTINGS, one)


def test_proposals_learn(tmp_path: Path) -> None:
    """Told that wide models are better, it proposes wider ones than at first, when it is blind."""
    space = space_of("model.budget: {low: 8000, high: 63000}", tmp_path)
    told: list[Told] = []
    for number in range(40):
        one = propose(space, told, number, seed=0)
        told.append(Told(one, one["model.budget"] / 1e5))
    widths = [one.changes["model.budget"] for one in told]
    assert sum(widths[-10:]) / 10 > sum(widths[:10]) / 10 + 10_000


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("model.famili: [tcn]", "did you mean family?"),
        ("data.synthetic.speakers: [3, 4]", "cannot be searched"),
        ("seed: [1, 2]", "cannot be searched"),
        ("recipe.sparsity: [0.0, 0.5]", "cannot be searched"),
        ("recipe.batch: {low: 64}", "expected a list, or low and high"),
        ("recipe.batch: {low: 64, high: 8}", "expected low below high"),
        ("recipe.learning_rate: {low: 0.0, high: 0.1, log: true}", "low above 0"),
        ("recipe.batch: {low: 0.5, high: 8.5}", "recipe.batch: expected int"),
        ("recipe.batch: {low: a, high: b}", "expected numbers"),
        ("[1, 2]", "expected settings and their choices"),
        ("a: b: c", "cannot be read"),
    ],
)
def test_a_bad_space_is_one_line(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        space_of(text, tmp_path)
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_what_the_user_sets_is_not_searched(tmp_path: Path) -> None:
    space = space_of("{model.family: [tcn, res_ds], recipe.batch: [64, 128]}", tmp_path)
    assert list(without(space, ["model.family=res_ds", "recipe.epochs=3"])) == ["recipe.batch"]
    assert list(without(space, ["model={family: tcn}"])) == ["recipe.batch"]  # all of model
    assert without(space, ["model.budget=9000"]) == space
    with pytest.raises(ConfigError, match=r"nothing is left to search: --set gives model\.family"):
        without(space, ["recipe.batch=32", "model.family=tcn"])


def corpus_with(speakers: int, clips: int) -> Corpus:
    """As many of each in validation, and as many in training."""
    entries = [
        Entry("studio", "digits", "one", f"{split}-{speaker}")
        for split in ("validation", "train")
        for speaker in range(speakers)
        for _ in range(clips // speakers)
    ]
    splits = [entry.speaker.partition("-")[0] for entry in entries]
    return Corpus(entries, [""] * len(entries), ["one"] * len(entries), splits, Noises(), [])


def test_a_validation_that_cannot_tell_trials_apart_is_named() -> None:
    assert not too_small(corpus_with(speakers=5, clips=200))
    assert "only 200 clips of 4 speakers" in too_small(corpus_with(speakers=4, clips=200))
    assert "only 17 clips of 1 speaker," in too_small(corpus_with(speakers=1, clips=17))
    assert "raise data.validation" in too_small(corpus_with(speakers=5, clips=195))


def test_what_a_trial_found_has_its_interval() -> None:
    found = replace(trial(0, 6 / 17), windows=17).outcome
    assert found == "35.29 % of 17 validation windows, 95 % interval 14.2 to 61.7 %"


def test_settings_take_changes_and_become_a_preset_again(tmp_path: Path) -> None:
    base = read_settings("digits", ["data.words=yes,no"])
    other = changed(base, {"recipe.learning_rate": 0.00123456, "model.family": "tcn"})
    assert other.recipe.learning_rate == 0.001235 and other.model.family == "tcn"
    assert base.model.family == "res_ds" and other.augmentation == base.augmentation
    path = tmp_path / "best.yaml"
    path.write_text(json.dumps(preset_of(other)))
    assert read_settings(str(path), []) == other
    assert "frontend" not in preset_of(other)  # as it is by default


def test_budgets_say_by_how_much_a_model_is_over() -> None:
    budgets = Budgets(parameters=1_000, macs=5_000)
    assert not budgets.excess(Cost(999, 5_000, 10**9))
    assert budgets.excess(Cost(1_000, 6_500, 0)) == (
        "over the budget by 1 parameters and 1,500 MACs"
    )
    assert Budgets(ram=10).excess(Cost(1, 1, 14)) == "over the budget by 4 bytes of RAM"


def test_the_front_is_what_no_other_beats() -> None:
    trials = [
        trial(0, 0.8, macs=50), trial(1, 0.7, macs=20), trial(2, 0.8, macs=40),
        trial(3, 0.6, macs=30), trial(4, None, macs=1), trial(5, 0.7, macs=20),
    ]  # fmt: skip
    assert [one.number for one in front(trials, lambda cost: cost.macs)] == [1, 2]
    best = best_of(trials)
    assert best and best.number == 2
    assert best_of([trial(0, None)]) is None


def test_the_page_shows_every_trial(tmp_path: Path) -> None:
    trials = [trial(0, 0.8, 2_000, 30_000), trial(1, None, 9_000), trial(2, 0.9, 3_000, 70_000)]
    for name in ("one.html", "two.html"):
        write_search_page(tmp_path / name, Budgets(macs=50_000), trials, "python <now>")
    text = (tmp_path / "one.html").read_text()
    assert text == (tmp_path / "two.html").read_text()
    assert Page(text).tags.count("table") == 2
    assert "over the budget by 1 MACs" in text and "at most 50,000" in text
    assert text.count("<svg") == 3 and 'class="budget"' in text
    assert "Warning:" not in text
    assert "python &lt;now&gt;" in text and "<b>" not in text
    write_search_page(tmp_path / "none.html", Budgets(), trials[1:2], "", "few & small")
    assert "few &amp; small" in (tmp_path / "none.html").read_text()
    assert "<svg" not in (tmp_path / "none.html").read_text()


def test_a_search_in_which_nothing_fits_trains_nothing_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    few = ["--set", "data.synthetic.speakers=4", "--set", "data.synthetic.other_words=1"]
    few += ["--set", "model.family=res_ds"]
    command = [*few, "--macs", "1000", "--trials", "2", "--folder", str(tmp_path)]
    assert main(command) == 1
    said = capsys.readouterr()
    assert "error: none of 2 trials is within the budgets" in said.err
    assert "over the budget by" in said.out
    assert not (tmp_path / "trials").exists() and not (tmp_path / "best.yaml").exists()
    found = json.loads((tmp_path / "search.json").read_text())
    assert [one["accuracy"] for one in found["trials"]] == [None, None]
    assert "given by --set, so not searched: model.family\n" in said.out
    assert found["settings"]["model"]["family"] == "res_ds"
    assert "model.family" not in {*found["space"], *found["trials"][0]["changes"]}
    assert "warning: validation has only" in said.err

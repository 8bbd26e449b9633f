"""Settings are typed; a typo is caught with a suggestion, in one line."""

import re
from pathlib import Path

import pytest

from train.errors import ConfigError
from train.settings import PRESETS, Settings, build, read_settings, to_tree
from train.settings.frontend import FrontendConfig


@pytest.mark.parametrize("preset", sorted(path.stem for path in PRESETS.glob("*.yaml")))
def test_every_preset_is_valid_and_survives_a_round_trip(preset: str) -> None:
    settings = read_settings(preset, [])
    assert build(Settings, to_tree(settings), "") == settings


def test_changes_reach_their_place() -> None:
    settings = read_settings(
        "synthetic", ["recipe.epochs=7", "frontend.hop=160", "data.unknown=false"]
    )
    assert settings.recipe.epochs == 7
    assert settings.frontend == FrontendConfig(hop=160)
    assert settings.data.unknown is False


def test_two_of_four_are_no_minutes() -> None:
    assert read_settings("synthetic", ["recipe.structure=2:4"]).recipe.structure == "2:4"
    assert read_settings("synthetic", ["data.held_out=01"]).data.held_out == "01"


@pytest.mark.parametrize(
    ("written", "sizes"), [("[16, 32]", (16, 32)), ("16,32", (16, 32)), ("64", (64,)), ("[]", ())]
)
def test_sizes_are_a_list_a_line_or_a_number(written: str, sizes: tuple[int, ...]) -> None:
    settings = read_settings("synthetic", [f"model.layers={written}"])
    assert settings.model.layers == sizes
    assert build(Settings, to_tree(settings), "") == settings


def test_one_mean_and_one_std_are_those_of_every_coefficient() -> None:
    changes = ["frontend.coefficients=3", "frontend.mean=-40", "frontend.std=20.0"]
    config = read_settings("synthetic", changes).frontend
    assert (config.mean, config.std) == ((-40.0,) * 3, (20.0,) * 3)


@pytest.mark.parametrize("written", ["lights, heating", "[lights, heating]"])
def test_words_are_a_list_or_a_line(written: str) -> None:
    settings = read_settings("synthetic", [f"data.words={written}"])
    assert settings.data.words == ("lights", "heating")
    assert build(Settings, to_tree(settings), "") == settings


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("recipe.epoch=7", "recipe.epoch: no such setting; .* did you mean epochs?"),
        ("recipes.epochs=7", "did you mean recipe?"),
        ("recipe.epochs=many", "recipe.epochs: expected int, got 'many'"),
        ("recipe.epochs=-1", "recipe.epochs: -1 is negative"),
        ("recipe.epochs=1.5", "recipe.epochs: expected int"),
        ("seed.deep=1", "seed: expected int"),
        ("frontend.hop=0", "hop: 0 is outside 1 to 512"),
        ("recipe.epochs", "expected path.to.key=value"),
        ("recipe.epochs=[", "is not a valid value"),
        (
            "data.words=yes",
            "data.words: expected words such as lights,heating, got True; put quotes around yes",
        ),
        ("data.words=one,one", "give each word once"),
        ("data.words=zwölf,elf", "'zwölf' is not a valid label; use letters"),
        ("data.words=one,silence", "silence is a reserved label; choose another name"),
        ("data.words=[]", "0 words; give 1 to 62"),
        ("data.validation=9", "data.validation: 9 is outside 1 to 8 tenths"),
        ("model.layers=16,wide", "model.layers: expected sizes such as 64,128"),
        ("model.layers=0", "model.layers: expected sizes such as 64,128"),
        ("recipe.quantization=before", "'before' is not one of trained, after, none"),
        ("recipe.optimizer=adamw", "not one of adam, sgd; did you mean adam?"),
    ],
)
def test_bad_changes_are_named(change: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        read_settings("synthetic", [change])
    assert "\n" not in str(caught.value)


def test_unknown_preset_is_named_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError,
        match=r"digits, digits-voices, esc50, .* synthetic, typed, nor a .*; did you mean digits\?",
    ):
        read_settings("digit", [])
    (tmp_path / "mine.yaml").write_text("seed: [\n")
    with pytest.raises(ConfigError, match="is not valid YAML"):
        read_settings(str(tmp_path / "mine.yaml"), [])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("recipe.batch=0", "recipe.batch: must be more than 0"),
        ("recipe.epochs=0", "recipe.epochs: must be more than 0"),
        ("recipe.learning_rate=0", "recipe.learning_rate: must be more than 0"),
        ("recipe.sparsity=1", "recipe.sparsity: 1 is outside 0 to below 1"),
        ("recipe.schedule=cosin", "did you mean cosine?"),
        ("recipe.structure=4:2", "is not one of none, 2:4"),
        ("recipe.teacher_share=2", "outside 0 to 1"),
        ("model.kernel=0", "give at least 1"),
        ("model.dropout=1", "give less than 1"),
        ("augmentation.noise=75", "augmentation.noise: 75 is outside 0 to 1"),
        ("augmentation.quietest=3", "is above augmentation.loudest"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused(change: str, message: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)):
        read_settings("synthetic", [change])


def test_a_preset_may_be_a_file_and_the_message_says_so() -> None:
    with pytest.raises(ConfigError, match=r"'mine.yml' is not one of .*, nor a .yaml file"):
        read_settings("mine.yml", [])

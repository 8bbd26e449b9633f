"""The configuration of a run: typed, from a YAML preset and `--set path.to.key=value`."""

from __future__ import annotations

import dataclasses
import difflib
import re
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from train import PROJECT
from train.errors import ConfigError
from train.settings.frontend import FrontendConfig
from train.settings.words import DIGITS, LABEL, LABEL_RULE, NOISES, SILENCE, UNKNOWN

PARAMETERS_LIMIT = 63_000  # a model that fits a board has fewer
MOST_WORDS = 62  # the firmware has room for 64 labels; unknown and silence are two
SHARES = (  # of Augmentation: of copies, or of what is said there
    "trim", "bandwidth", "microphone", "room", "hiss", "roam", "neighbours", "sounds", "noise",
)  # fmt: skip
PRESETS = PROJECT / "train" / "presets"
MAY_BE_NEGATIVE = {
    f"augmentation.{name}" for name in ("quietest", "loudest", "noisiest", "cleanest")
}


@dataclass(frozen=True, kw_only=True)
class SyntheticSource:
    speakers: int = 120  # 0 leaves it out
    other_words: int = 6  # a speaker, labelled unknown
    near_words: int = 0  # a speaker; they share sounds with a digit or are letters
    sentences: int = 0  # a speaker, labelled unknown


@dataclass(frozen=True, kw_only=True)
class Data:
    """Which clips, under which labels."""

    words: tuple[str, ...] = DIGITS  # to recognize; with --set as zero,one,two
    synthetic: SyntheticSource = field(default_factory=SyntheticSource)
    manifest: str = ""  # a folder with manifest.csv
    audiomnist: str = ""  # of this and the next three: a copy's folder, or `download`
    fsdd: str = ""
    speech_commands: str = ""
    esc50: str = ""
    folder: str = ""  # a folder for each label
    split: str = "speaker"
    validation: int = 1  # tenths of the clips, or of their speakers; tests take another tenth
    always_train: tuple[str, ...] = ()  # speakers or sources never tested on: your own voice
    held_out: str = ""  # the test clips: a speaker's, a source's, or a fold's: 2/5, fold-2
    unknown: bool = True  # a label for all other words
    silence: bool = True  # a label for noise and for nothing at all

    def __post_init__(self) -> None:
        """They become labels, which go into C strings and onto the serial line."""
        if not 1 <= len(self.words) <= MOST_WORDS:
            raise ConfigError(f"data.words: {len(self.words)} words; give 1 to {MOST_WORDS}")
        for word in self.words:
            if not LABEL.fullmatch(word):
                raise ConfigError(f"data.words: {word!r} is not a valid label; {LABEL_RULE}")
            if word in (UNKNOWN, SILENCE, *NOISES):
                raise ConfigError(f"data.words: {word} is a reserved label; choose another name")
        if len(set(self.words)) < len(self.words):
            raise ConfigError(f"data.words: {', '.join(self.words)}: give each word once")
        if not 1 <= self.validation <= 8:
            raise ConfigError(f"data.validation: {self.validation} is outside 1 to 8 tenths")


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """Ranges; each copy of a clip draws from them. The waveform first, then the features."""

    copies: int = 4  # of each training clip; 0 trains on the clips as they are
    trim: float = 0.4  # share of copies cut close to the word, or into its quiet ends
    pitch: float = 2.0  # semitones, either way
    speed: float = 0.15  # share of the speed, either way
    bandwidth: float = 0.4  # share of copies that pass a narrow band, such as a telephone's
    microphone: float = 0.5  # share of copies that a microphone colours
    room: float = 0.3  # share of copies with a room's echoes
    hiss: float = 0.35  # share of copies whose recording has noise; it ends with the clip
    shift: float = 0.15  # seconds, either way
    roam: float = 0.0  # share of copies anywhere in the window, as far as it holds them
    neighbours: float = 0.0  # share of copies of other words that are cut from words in a row
    sounds: float = 0.0  # share of silence that has sounds: tones, knocks, hum
    noise: float = 0.75  # share of copies in noise
    noisiest: float = 0.0  # dB SNR
    cleanest: float = 40.0
    quietest: float = -50.0  # dBFS
    loudest: float = 0.0
    # of the features, drawn anew each epoch (DISTORTIONS)
    stretch: float = 0.25  # share of the pace, either way
    slide: float = 4.0  # frames, either way
    tint: float = 0.4  # standard deviations, a constant channel
    time_mask: int = 8  # frames hidden at most
    frequency_mask: int = 5  # coefficients hidden at most

    def __post_init__(self) -> None:
        for name in SHARES:
            if (share := getattr(self, name)) > 1:
                raise ConfigError(f"augmentation.{name}: {share:g} is outside 0 to 1")
        for low, high in (("noisiest", "cleanest"), ("quietest", "loudest")):
            if getattr(self, low) > getattr(self, high):
                raise ConfigError(f"augmentation.{low}: is above augmentation.{high}")


# of Augmentation, those drawn anew each epoch: features are computed without them
DISTORTIONS = ("stretch", "slide", "tint", "time_mask", "frequency_mask")


@dataclass(frozen=True, kw_only=True)
class Model:
    """A family of a width that the budget allows, or one whose layers are given here."""

    family: str = "ds_cnn"
    budget: int = PARAMETERS_LIMIT  # 0: none; what is too large for a board is float alone
    # of a family whose layers are given (train/models/registry.py says which uses what)
    layers: tuple[int, ...] = ()  # channels of each convolution
    kernel: int = 3  # of convolutions, either way
    padding: int = 1  # places around their input, on each side
    recurrent: tuple[int, ...] = ()  # units of each LSTM
    mean: bool = False  # over all places before what follows; else each counts by itself
    dense: tuple[int, ...] = ()  # units of the layers between these and the scores
    activation: str = "relu"
    normalize: bool = False  # batch normalization after each layer
    dropout: float = 0.0  # share of the outputs of each convolution or LSTM
    dense_dropout: float = 0.0  # and of each layer after them
    l2: float = 0.0  # penalty on weights

    def __post_init__(self) -> None:
        if not self.kernel:
            raise ConfigError("model.kernel: 0 sees nothing; give at least 1")
        for name in ("dropout", "dense_dropout"):
            if (share := getattr(self, name)) >= 1:
                raise ConfigError(f"model.{name}: {share:g} leaves nothing; give less than 1")


CHOICES = {
    "optimizer": ("adam", "sgd"),
    "quantization": ("trained", "after", "none"),
    "schedule": ("cosine", "constant", "plateau"),
    "structure": ("none", "2:4"),
}
NOT_ZERO = ("batch", "epochs", "learning_rate", "caution")
BELOW_ONE = ("momentum", "label_smoothing", "sparsity")


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Stages one after another; a stage of 0 epochs is left out, but for float and int8."""

    batch: int = 128
    epochs: int = 30  # of float training
    optimizer: str = "adam"  # or sgd
    momentum: float = 0.0  # of sgd
    learning_rate: float = 2e-3
    schedule: str = "cosine"  # constant, cosine, or plateau: halved when validation stands still
    patience: int = 0  # epochs without a better validation loss that end a stage; 0: never
    label_smoothing: float = 0.05
    balance: bool = True  # of labels and sources: rare ones count more, lacking ones not at all
    caution: float = 1.0  # how much more unknown and silence count than a word
    teacher: int = 0  # parameters of a larger model that the float stage learns from; 0: none
    teacher_run: str = ""  # a finished run of any preset with these labels, as the teacher
    teacher_share: float = 0.6  # of the teacher's scores in what is learned
    sparsity: float = 0.5  # 0 leaves pruning out
    structure: str = "none"  # or 2:4, two zeros in every four weights
    prune_epochs: int = 6
    quantization: str = "trained"  # for int8; or after training, or none: then floats are all
    quantize_epochs: int = 4

    def __post_init__(self) -> None:
        for name, allowed in CHOICES.items():
            if (value := getattr(self, name)) not in allowed:
                raise ConfigError(
                    f"recipe.{name}: {value!r} is not one of {', '.join(allowed)}"
                    f"{_like(value, allowed)}"
                )
        for name in NOT_ZERO:
            if not getattr(self, name):
                raise ConfigError(f"recipe.{name}: 0 trains nothing; give more than 0")
        for name in BELOW_ONE:
            if (share := getattr(self, name)) >= 1:
                raise ConfigError(f"recipe.{name}: {share:g} is outside 0 to below 1")
        if self.teacher_share > 1:
            raise ConfigError(f"recipe.teacher_share: {self.teacher_share:g} is outside 0 to 1")
        if self.teacher and self.teacher_run:
            raise ConfigError("recipe.teacher, recipe.teacher_run: a run learns from one teacher")


@dataclass(frozen=True, kw_only=True)
class Settings:
    seed: int = 0
    data: Data = field(default_factory=Data)
    frontend: FrontendConfig = field(default_factory=FrontendConfig)
    augmentation: Augmentation = field(default_factory=Augmentation)
    model: Model = field(default_factory=Model)
    recipe: Recipe = field(default_factory=Recipe)


DEVELOPMENT, TEST = "development", "test"  # roles of the clips that a model is judged on


def judged_split(settings: Settings) -> str:
    """The clips of development, which every choice is made on: those that are held out, where the
    settings hold some out, else validation. The clips of a test are looked at once, by
    `python -m train.test`; a run that holds clips out has none."""
    return "test" if settings.data.held_out else "validation"


def read_settings(preset: str, changes: Sequence[str]) -> Settings:
    """A preset by name or path, with `path.to.key=value` changes."""
    path = Path(preset) if preset.endswith(".yaml") else PRESETS / f"{preset}.yaml"
    if not path.exists():
        names = sorted(p.stem for p in PRESETS.glob("*.yaml"))
        raise ConfigError(
            f"preset: {preset!r} is not one of {', '.join(names)}, nor a .yaml file"
            f"{_like(preset, names)}"
        )
    try:
        tree = yaml.safe_load(path.read_text()) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        first = str(error).splitlines()[0]
        raise ConfigError(f"{path}: is not YAML ({first})") from error
    for change in changes:
        _apply(tree, change)
    return build(Settings, tree, "")


def _apply(tree: dict[str, Any], change: str) -> None:
    key, equals, text = change.partition("=")
    if not equals:
        raise ConfigError(f"--set {change}: expected path.to.key=value")
    if re.fullmatch(r"0\d+|\d+(:\d+)+", text):
        put(tree, key, text)  # to YAML 01 is the number 1, and 2:4 is 124: minutes and seconds
        return
    try:
        put(tree, key, yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise ConfigError(f"{key}: {text!r} is not a value") from error


def put(tree: dict[str, Any], key: str, value: Any) -> None:
    """At a path such as recipe.epochs."""
    *parents, last = key.split(".")
    for name in parents:
        tree = tree.setdefault(name, {})
        if not isinstance(tree, dict):
            raise ConfigError(f"{key}: {name} has no fields")
    tree[last] = value


def build(kind: type[Any], tree: Any, where: str) -> Any:
    """A dataclass from a tree; a name that is not a field is an error with a suggestion."""
    if not isinstance(tree, Mapping):
        raise ConfigError(f"{where or 'settings'}: expected fields and values, got {tree!r:.60}")
    if kind is FrontendConfig:
        return FrontendConfig.from_dict(tree)
    kinds = typing.get_type_hints(kind)
    values = {}
    for name, value in tree.items():
        path = f"{where}.{name}" if where else str(name)
        if name not in kinds:
            raise ConfigError(
                f"{path}: no such setting; {where or 'there'} has {', '.join(kinds)}"
                f"{_like(str(name), list(kinds))}"
            )
        values[name] = _value(kinds[name], value, path)
    return kind(**values)


def _value(kind: Any, value: Any, path: str) -> Any:
    if dataclasses.is_dataclass(kind):
        return build(typing.cast(type[Any], kind), value, path)
    if kind == tuple[str, ...]:
        return _names(value, path)
    if kind == tuple[int, ...]:
        return _sizes(value, path)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if type(value) is not kind or isinstance(kind, types.GenericAlias):
        raise ConfigError(f"{path}: expected {kind.__name__}, got {value!r:.60}")
    if isinstance(value, (int, float)) and value < 0 and path not in MAY_BE_NEGATIVE:
        raise ConfigError(f"{path}: {value} is negative")
    return value


def _names(value: Any, path: str) -> tuple[str, ...]:
    """A list, or one line with commas."""
    names = value.split(",") if isinstance(value, str) else value
    if not isinstance(names, (list, tuple)) or not all(isinstance(name, str) for name in names):
        raise ConfigError(
            f"{path}: expected words such as lights,heating, got {value!r:.60}; "
            "quote yes, no, on, off and numbers where they stand alone"
        )
    return tuple(name.strip() for name in names)


def _sizes(value: Any, path: str) -> tuple[int, ...]:
    """A list, one line with commas, or one number."""
    if isinstance(value, str):
        value = [int(one) if one.strip().isdigit() else one for one in value.split(",")]
    sizes = value if isinstance(value, (list, tuple)) else [value]
    if any(type(size) is not int or size < 1 for size in sizes):
        raise ConfigError(f"{path}: expected sizes such as 64,128, got {value!r:.60}")
    return tuple(sizes)


def _like(name: str, names: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, names, 1)
    return f"; did you mean {close[0]}?" if close else ""


def to_tree(settings: Settings) -> dict[str, Any]:
    """What a run keeps: the settings, whole, as plain values."""
    tree = dataclasses.asdict(settings)
    tree["frontend"] = settings.frontend.to_dict()
    return tree

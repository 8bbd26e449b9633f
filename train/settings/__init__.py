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
MOST_WORDS = 62  # the firmware has room for 64 labels, including unknown and silence
SHARES = (  # fields of Augmentation that are shares, from 0 to 1
    "trim", "bandwidth", "microphone", "room", "hiss", "roam", "neighbours", "sounds", "noise",
)  # fmt: skip
PRESETS = PROJECT / "train" / "presets"
MAY_BE_NEGATIVE = {
    f"augmentation.{name}" for name in ("quietest", "loudest", "noisiest", "cleanest")
}


@dataclass(frozen=True, kw_only=True)
class Voices:
    """Speakers of one engine, and what each of them says besides the keywords."""

    speakers: int = 0  # 0: none
    other_words: int = 6  # per speaker, labelled unknown
    near_words: int = 0  # per speaker: words that sound much like a keyword
    sentences: int = 0  # per speaker, labelled unknown


@dataclass(frozen=True, kw_only=True)
class PiperVoices(Voices):
    folder: str = ""  # with NAME.onnx and NAME.onnx.json of each voice


@dataclass(frozen=True, kw_only=True)
class SyntheticSource(Voices):
    """Voices of espeak-ng, and of two neural engines."""

    speakers: int = 120
    language: str = "en-us"  # of all words, as espeak-ng calls it: de, fr, es
    kokoro: Voices = field(default_factory=Voices)  # before the first run: tinykws data kokoro
    piper: PiperVoices = field(default_factory=PiperVoices)


@dataclass(frozen=True, kw_only=True)
class Data:
    """Which clips to use, and their labels."""

    words: tuple[str, ...] = DIGITS  # the keywords; for example --set data.words=zero,one,two
    synthetic: SyntheticSource = field(default_factory=SyntheticSource)
    manifest: str = ""  # a folder with manifest.csv
    audiomnist: str = ""  # this and the next three: the folder of a copy, or `download`
    fsdd: str = ""
    speech_commands: str = ""
    esc50: str = ""
    folder: str = ""  # a folder with one subfolder per label
    long: tuple[str, ...] = ()  # folders of long recordings: speech, noise and music
    long_share: float = 0.15  # share of an epoch's examples that are windows of these
    split: str = "speaker"
    validation: int = 1  # tenths of the speakers (or clips); one more tenth is test data
    always_train: tuple[str, ...] = ()  # speakers or sources only for training, as your own voice
    held_out: str = ""  # hold out a speaker, a source or a fold (2/5, fold-2)
    unknown: bool = True  # add a label for all other words
    silence: bool = True  # add a label for noise and digital silence

    def __post_init__(self) -> None:
        """Words become labels, which are used in C strings and on the serial line."""
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
        if self.long_share >= 1:
            raise ConfigError(f"data.long_share: {self.long_share:g} is outside 0 to below 1")


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """Ranges that each copy of a clip draws from: the waveform first, then the features."""

    copies: int = 4  # per training clip; 0: train on the clips as recorded only
    trim: float = 0.4  # share of copies cut close to the word or into its quiet ends
    pitch: float = 2.0  # largest change, in semitones
    speed: float = 0.15  # largest change, as a share of the speed
    bandwidth: float = 0.4  # share of copies limited to a narrow band, such as a telephone's
    microphone: float = 0.5  # share of copies with a microphone's frequency response
    room: float = 0.3  # share of copies with a room's echoes
    hiss: float = 0.35  # share of copies with recording noise, which ends with the clip
    shift: float = 0.15  # largest shift of the clip, in seconds
    roam: float = 0.0  # share of copies placed anywhere in the window that holds them
    neighbours: float = 0.0  # share of copies of other words cut from running speech
    sounds: float = 0.0  # share of silence that contains sounds: tones, knocks, hum
    noise: float = 0.75  # share of copies with added noise
    noisiest: float = 0.0  # lowest SNR, in dB
    cleanest: float = 40.0  # highest SNR, in dB
    quietest: float = -50.0  # lowest level of the loudest sample, in dBFS
    loudest: float = 0.0  # highest level of the loudest sample, in dBFS
    # applied to the features, drawn again in each epoch (DISTORTIONS)
    stretch: float = 0.25  # largest change, as a share of the pace
    slide: float = 4.0  # largest shift, in frames
    tint: float = 0.4  # strength of a constant channel, in standard deviations
    time_mask: int = 8  # most frames hidden
    frequency_mask: int = 5  # most coefficients hidden

    def __post_init__(self) -> None:
        for name in SHARES:
            if (share := getattr(self, name)) > 1:
                raise ConfigError(f"augmentation.{name}: {share:g} is outside 0 to 1")
        for low, high in (("noisiest", "cleanest"), ("quietest", "loudest")):
            if getattr(self, low) > getattr(self, high):
                raise ConfigError(f"augmentation.{low}: is above augmentation.{high}")


# fields of Augmentation drawn again in each epoch; cached features do not depend on them
DISTORTIONS = ("stretch", "slide", "tint", "time_mask", "frequency_mask")


@dataclass(frozen=True, kw_only=True)
class Model:
    """A family as wide as the budget allows, or one whose layers are given here."""

    family: str = "ds_cnn"
    budget: int = PARAMETERS_LIMIT  # most parameters; 0: no limit, but boards have one
    # for families whose layers are given (train/models/registry.py lists what each one uses)
    layers: tuple[int, ...] = ()  # channels per convolution
    kernel: int = 3  # height and width of the convolutions' kernels
    padding: int = 1  # zeros added on each side of the convolutions' input
    recurrent: tuple[int, ...] = ()  # units per LSTM
    mean: bool = False  # average over all positions before the next layers; otherwise flatten
    dense: tuple[int, ...] = ()  # units per dense layer before the scores
    activation: str = "relu"
    normalize: bool = False  # batch normalization after each layer
    dropout: float = 0.0  # share of outputs dropped after each convolution or LSTM
    dense_dropout: float = 0.0  # share of outputs dropped after each dense layer
    l2: float = 0.0  # L2 penalty on the weights

    def __post_init__(self) -> None:
        if not self.kernel:
            raise ConfigError("model.kernel: 0 is too small; give at least 1")
        for name in ("dropout", "dense_dropout"):
            if (share := getattr(self, name)) >= 1:
                raise ConfigError(f"model.{name}: {share:g} drops everything; give less than 1")


CHOICES = {
    "optimizer": ("adam", "sgd"),
    "quantization": ("trained", "after", "none"),
    "schedule": ("cosine", "constant", "plateau"),
    "structure": ("none", "2:4"),
}
NOT_ZERO = ("batch", "epochs", "learning_rate", "caution", "bonus")
BELOW_ONE = ("momentum", "label_smoothing", "sparsity")


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Stages, in order. 0 epochs skips a stage, except for the float stage and int8."""

    batch: int = 128
    epochs: int = 30  # epochs of the float stage
    optimizer: str = "adam"  # adam or sgd
    momentum: float = 0.0  # only for sgd
    learning_rate: float = 2e-3
    schedule: str = "cosine"  # cosine, constant, or plateau: halved when validation loss stalls
    patience: int = 0  # epochs without a better validation loss before a stage ends; 0: off
    label_smoothing: float = 0.05
    balance: bool = True  # weight rare labels and sources up; ignore labels a source lacks
    caution: float = 1.0  # weight of unknown and silence, relative to a word
    bonus: int = 1  # factor on the odds of keywords after training; the detector takes it back
    teacher: int = 0  # train a teacher with this many parameters first; 0: no teacher
    teacher_run: str = ""  # folder of a finished run with the same labels, to use as teacher
    teacher_share: float = 0.6  # share of the teacher's scores in the targets
    hard_share: float = (
        0.0  # share of the windows of long recordings that the float model got wrong
    )
    mine_epochs: int = 0  # epochs of float training with these before pruning
    sparsity: float = 0.5  # share of weights that become zero; 0: no pruning
    structure: str = "none"  # none, or 2:4: two zeros in every four weights
    prune_epochs: int = 6
    quantization: str = "trained"  # trained, after (training), or none: float model only
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
                raise ConfigError(f"recipe.{name}: must be more than 0")
        for name in BELOW_ONE:
            if (share := getattr(self, name)) >= 1:
                raise ConfigError(f"recipe.{name}: {share:g} is outside 0 to below 1")
        for name in ("teacher_share", "hard_share"):
            if (share := getattr(self, name)) > 1:
                raise ConfigError(f"recipe.{name}: {share:g} is outside 0 to 1")
        if self.mine_epochs and not self.hard_share:
            raise ConfigError("recipe.mine_epochs: needs recipe.hard_share, such as 0.5")
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

    def __post_init__(self) -> None:
        """Windows are cut from a stream of frames, so no frame may depend on its window."""
        if not self.data.long:
            return
        if self.frontend.kind == "spectrogram":
            raise ConfigError("data.long: needs frontend.kind=mfcc or logmel, not spectrogram")
        if self.frontend.mean_normalization != "none":
            raise ConfigError("data.long: needs frontend.mean_normalization=none")


DEVELOPMENT, TEST = "development", "test"  # roles of the data that a model is judged on


def judged_split(settings: Settings) -> str:
    """The split that is development data, on which every choice is made: the held-out clips if the
    settings hold any out, otherwise validation. Test data is looked at once, by
    `python -m train.test`; a run with held-out clips has none."""
    return "test" if settings.data.held_out else "validation"


def read_settings(preset: str, changes: Sequence[str]) -> Settings:
    """Reads a preset by name or path and applies `path.to.key=value` changes."""
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
        raise ConfigError(f"{path}: is not valid YAML ({first})") from error
    for change in changes:
        _apply(tree, change)
    return build(Settings, tree, "")


def _apply(tree: dict[str, Any], change: str) -> None:
    key, equals, text = change.partition("=")
    if not equals:
        raise ConfigError(f"--set {change}: expected path.to.key=value")
    if re.fullmatch(r"0\d+|\d+(:\d+)+", text):
        put(tree, key, text)  # YAML reads 01 as the number 1, and 2:4 as 124 (minutes and seconds)
        return
    try:
        put(tree, key, yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise ConfigError(f"{key}: {text!r} is not a valid value") from error


def put(tree: dict[str, Any], key: str, value: Any) -> None:
    """The type of the setting at a path such as recipe.epochs."""
    *parents, last = key.split(".")
    for name in parents:
        tree = tree.setdefault(name, {})
        if not isinstance(tree, dict):
            raise ConfigError(f"{key}: {name} has no fields")
    tree[last] = value


def build(kind: type[Any], tree: Any, where: str) -> Any:
    """Builds a dataclass from a tree; an unknown field is an error with a suggestion."""
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
            "put quotes around yes, no, on, off and numbers"
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
    """All settings as plain values, as a run stores them."""
    tree = dataclasses.asdict(settings)
    tree["frontend"] = settings.frontend.to_dict()
    return tree

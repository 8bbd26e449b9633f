"""`FrontendConfig`: all settings of the front end, typed, validated and hashable."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

from train.errors import ConfigError

FFT_SIZES = (256, 512, 1024, 2048)
KINDS = ("mfcc", "logmel", "spectrogram")  # spectrogram is computed only in Python, not on boards
MOST_COEFFICIENTS = 1025
MEAN_NORMALIZATIONS = ("none", "window")
MAX_FRAMES = 1024  # keeps the sum of a window's frames inside the front end's 32 bits


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontendConfig:
    """How PCM becomes features. Lengths are in samples, frequencies in Hz.

    `mean` and `std` (one number per coefficient, in dB for logmel) standardize the features before
    they are quantized: int8 = round((x - mean) / std / scale) + zero_point. Empty means 0 and 1.
    """

    sample_rate: int = 16_000
    window: int = 16_000  # length of what one decision looks at
    fft_size: int = 512  # length of a frame
    taper: int = 480  # length of the Hann taper, centred in the frame
    hop: int = 320
    pre_emphasis: float = 0.97
    mel_bands: int = 40
    fmin: float = 0.0
    fmax: float = 8_000.0
    kind: str = "mfcc"
    coefficients: int = 40
    mean_normalization: str = "none"
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    scale: float = 1.0
    zero_point: int = 0

    def __post_init__(self) -> None:
        self._check_types()
        _choice("fft_size", self.fft_size, FFT_SIZES)
        _range("sample_rate", self.sample_rate, 4_000, 48_000, "Hz")
        _range("taper", self.taper, 16, self.fft_size, "samples")
        _range("hop", self.hop, 1, self.fft_size, "samples")
        _range("window", self.window, self.fft_size, self._longest_window(), "samples")
        if not 0.0 <= self.pre_emphasis < 1.0:
            raise ConfigError(
                f"pre_emphasis: {self.pre_emphasis} is outside 0.0 (off) to below 1.0"
            )
        self._check_mel()
        self._check_output()

    def _longest_window(self) -> int:
        return self.fft_size + (MAX_FRAMES - 1) * self.hop

    def _check_types(self) -> None:
        for field in dataclasses.fields(self):
            checked = _CHECKS[str(field.type)](field.name, getattr(self, field.name))
            object.__setattr__(self, field.name, checked)

    def _check_mel(self) -> None:
        nyquist = self.sample_rate // 2
        _range("mel_bands", self.mel_bands, 2, 128)
        _range("fmax", self.fmax, 100.0, nyquist, "Hz")
        if not 0.0 <= self.fmin < self.fmax:
            raise ConfigError(f"fmin: {self.fmin:g} is outside 0 to below fmax ({self.fmax:g} Hz)")

    def _check_output(self) -> None:
        _choice("kind", self.kind, KINDS)
        _choice("mean_normalization", self.mean_normalization, MEAN_NORMALIZATIONS)
        bins = self.fft_size // 2 + 1
        if self.kind == "spectrogram":
            _range("coefficients", self.coefficients, bins, bins)
        else:
            _range("coefficients", self.coefficients, 1, self.mel_bands)
        if self.kind == "logmel" and self.coefficients != self.mel_bands:
            raise ConfigError(
                f"coefficients: {self.coefficients} must equal mel_bands ({self.mel_bands}) "
                "when kind is logmel"
            )
        for name, low, high in (("mean", -1200.0, 1200.0), ("std", 0.01, 1000.0)):
            values = getattr(self, name)
            if len(values) not in (0, self.coefficients):
                raise ConfigError(
                    f"{name}: has {len(values)} numbers; give none or "
                    f"one per coefficient ({self.coefficients})"
                )
            for value in values:
                _range(name, value, low, high)
        _range("scale", self.scale, 1e-4, 1000.0)
        _range("zero_point", self.zero_point, -128, 127)

    @property
    def frames(self) -> int:
        """Number of frames per window."""
        return 1 + (self.window - self.fft_size) // self.hop

    @property
    def shape(self) -> tuple[int, int]:
        """Shape of a window's features."""
        return self.frames, self.coefficients

    def to_dict(self) -> dict[str, Any]:
        return {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in dataclasses.asdict(self).items()
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> FrontendConfig:
        if not isinstance(values, Mapping):
            raise ConfigError(f"expected front-end fields and their values, got {values!r:.60}")
        known = [field.name for field in dataclasses.fields(cls)]
        for key in values:
            if key not in known:
                raise ConfigError(f"{key}: not a front-end field; allowed are {', '.join(known)}")
        return cls(**{name: _spread(name, value, values) for name, value in values.items()})

    def replace(self, **changes: Any) -> FrontendConfig:
        return FrontendConfig.from_dict({**self.to_dict(), **changes})

    @property
    def hash(self) -> str:
        """16 hex digits that identify this config in every file generated from it."""
        text = json.dumps(self.to_dict(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def _spread(name: str, value: object, values: Mapping[str, Any]) -> Any:
    """A single mean or std applies to every coefficient."""
    if name not in ("mean", "std") or isinstance(value, bool) or not isinstance(value, Real):
        return value
    count = _whole("coefficients", values.get("coefficients", FrontendConfig().coefficients))
    return [value] * min(count, MOST_COEFFICIENTS)


def _number(name: str, value: object) -> float:
    try:
        if isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value):
            return float(value) + 0.0  # -0.0 becomes 0.0: equal configs have equal hashes
    except OverflowError:
        pass
    raise ConfigError(f"{name}: expected a number, got {value!r:.60}")


def _whole(name: str, value: object) -> int:
    if isinstance(value, Integral) and not isinstance(value, bool) and abs(int(value)) < 2**31:
        return int(value)
    raise ConfigError(f"{name}: expected a whole number, got {value!r:.60}")


def _numbers(name: str, value: object) -> tuple[float, ...]:
    if not isinstance(value, Iterable) or isinstance(value, (str, bytes)):
        raise ConfigError(f"{name}: expected a list of numbers, got {value!r:.60}")
    return tuple(_number(name, v) for v in value)


def _word(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise ConfigError(f"{name}: expected a word, got {value!r:.60}")
    return value


_CHECKS: dict[str, Callable[[str, object], object]] = {
    "float": _number,
    "int": _whole,
    "tuple[float, ...]": _numbers,
    "str": _word,
}


def _range(name: str, value: float, low: float, high: float, unit: str = "") -> None:
    if not low <= value <= high:
        unit = f" {unit}" if unit else ""
        raise ConfigError(f"{name}: {value:g} is outside {low:g} to {high:g}{unit}")


def _choice(name: str, value: object, allowed: tuple[object, ...]) -> None:
    if value not in allowed:
        raise ConfigError(f"{name}: {value!r} is not one of {', '.join(map(str, allowed))}")

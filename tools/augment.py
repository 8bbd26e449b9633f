"""`python -m tools.augment`: listen to and look at what augmentation does to a clip.

Writes the clip unchanged, with each transform alone and with all of them combined: WAV files and a
sheet of spectrograms.
"""

from __future__ import annotations

import argparse
import difflib
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from train.augment import TRANSFORMS, augment, silence
from train.augment.masking import mask
from train.command import CommandParser, run_command
from train.data.clip import centre, resample
from train.data.entry import Entry
from train.data.load import load
from train.data.placing import around_word
from train.data.sources import synthetic
from train.data.sources.registry import entries_of, recognize
from train.errors import CompilerError, ConfigError, DataError
from train.features.binding import Frontend
from train.features.mel import mel_frequencies
from train.features.reference import reference_frames
from train.features.standardize import fit_standardization
from train.settings import Augmentation, Settings, read_settings
from train.settings.frontend import FrontendConfig

Window = NDArray[np.int16]
Rows = dict[str, list[Window]]

SPEAKERS = 12  # synthesized speakers to choose from
NOISES = 10  # recorded noises to choose from
DYNAMICS = 80.0  # dB between black and the loudest point
OFF = Augmentation(
    trim=0.0,
    pitch=0.0,
    speed=0.0,
    bandwidth=0.0,
    microphone=0.0,
    room=0.0,
    hiss=0.0,
    shift=0.0,
    noise=0.0,
    quietest=-3.0,
    loudest=-3.0,
)
SNR = ("noisiest", "cleanest")
FIELDS = {"hiss": ("hiss", *SNR), "noise": ("noise", *SNR), "level": ("quietest", "loudest")}
BY_CHANCE = ("trim", "room", "hiss", "noise", "microphone", "bandwidth")


def main(arguments: list[str] | None = None) -> int:
    parser = CommandParser(prog="python -m tools.augment", description=__doc__)
    parser.add_argument(
        "--data",
        type=Path,
        help="a folder of recordings, as train.kws takes it (default: synthesized speech)",
    )
    parser.add_argument("--word", default="seven", help="the word (default: seven)")
    parser.add_argument(
        "--count", type=int, default=4, help="variants of each transform (default: 4)"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="PATH=VALUE",
        help="change one setting, such as augmentation.pitch=3 (may be repeated)",
    )
    parser.add_argument(
        "--out",
        "--output",
        type=Path,
        default=Path("build/listen"),
        help="a folder (default: build/listen)",
    )
    parser.add_argument(
        "--seed", type=int, default=0, help="random seed: selects the clip and the variants"
    )
    options = parser.parse_args(arguments)
    if not 1 <= options.count <= 20:
        parser.error("--count: give 1 to 20")
    if options.seed < 0:
        parser.error("--seed: give 0 or more")
    return run_command(
        lambda: _listen(options), (ConfigError, DataError, CompilerError), "some files are missing"
    )


def _listen(options: argparse.Namespace) -> int:
    settings = read_settings("synthetic", options.set)
    rate = settings.frontend.sample_rate
    chosen, noises = choose(options.data, options.word, options.seed)
    clip = around_word(resample(load(chosen), rate).samples, settings.frontend.window, rate)
    recorded = [resample(load(entry), rate).samples for entry in noises]
    rows = variants(clip, recorded, settings, options.count, options.seed)
    masks = masked(rows, settings, options.count, options.seed)
    try:
        files = write_waves(rows, rate, options.out)
        write_sheet(rows, masks, settings.frontend, options.out / "sheet.png")
    except OSError as error:
        raise DataError(f"{options.out}: {error.strerror or error}; give another --out") from error
    print(f"{chosen.label!r} by {chosen.speaker}: {files} WAV files and sheet.png")
    print(f"they are in {options.out}: open sheet.png, then play the files")
    return 0


def choose(data: Path | None, word: str, seed: int) -> tuple[Entry, list[Entry]]:
    """Returns one recording of the word, and recorded noises if there are any."""
    if data is None:
        entries = synthetic.entries(SPEAKERS, seed, len(synthetic.OTHER_WORDS))
    else:
        entries = entries_of(recognize(data), str(data))
    speech = [entry for entry in entries if entry.kind != "noise"]
    words = sorted({entry.label for entry in speech})
    if word not in words:
        close = difflib.get_close_matches(word, words, 1)
        like = f"; did you mean {close[0]}?" if close else ""
        raise DataError(f"--word {word}: no such recording; there are {', '.join(words)}{like}")
    random = np.random.default_rng(seed)
    same = [entry for entry in speech if entry.label == word]
    noises = [entry for entry in entries if entry.kind == "noise"]
    some = sorted(random.permutation(len(noises))[:NOISES])
    return same[random.integers(len(same))], [noises[i] for i in some]


def variants(clip: Window, noises: list[Window], settings: Settings, count: int, seed: int) -> Rows:
    """Returns windows by row: original, each transform alone, all combined, and silence."""
    config, ranges = settings.frontend, settings.augmentation
    rows = {"original": [centre(clip, config.window)]}
    shown = {name: alone(name, ranges) for name in TRANSFORMS} | {"all": ranges}
    for row, (name, only) in enumerate(shown.items()):
        rows[name] = [
            augment(clip, config.window, config.sample_rate, only, noises, _random(seed, row, i))
            for i in range(count)
        ]
    rows["silence"] = [
        silence(config.window, config.sample_rate, ranges, noises, _random(seed, len(shown), i))
        for i in range(count)
    ]
    return rows


def alone(name: str, ranges: Augmentation) -> Augmentation:
    """Enables one transform as configured, always applied; disables the others."""
    values: dict[str, Any] = {field: getattr(ranges, field) for field in FIELDS.get(name, (name,))}
    return replace(OFF, **(values | ({name: 1.0} if name in BY_CHANCE else {})))


def masked(rows: Rows, settings: Settings, count: int, seed: int) -> NDArray[np.int8]:
    """Returns the clip's features, [count, frames, coefficients], each masked differently."""
    config = fit_standardization(settings.frontend, rows["original"] + rows["all"])
    features = Frontend(config).features(np.stack(rows["original"] * count))
    ranges = settings.augmentation
    random = _random(seed, len(rows), 0)
    return mask(features, ranges.time_mask, ranges.frequency_mask, random, config.zero_point)


def write_waves(rows: Rows, rate: int, folder: Path) -> int:
    """Writes `pitch-1.wav` and so on; returns the number of files."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, windows in rows.items():
        for number, window in enumerate(windows, start=1):
            file = f"{name}.wav" if name == "original" else f"{name}-{number}.wav"
            try:
                soundfile.write(folder / file, window, rate, subtype="PCM_16")
            except soundfile.SoundFileError as error:
                raise OSError(f"{file} cannot be written ({error})") from error
    return sum(map(len, rows.values()))


def write_sheet(rows: Rows, masks: NDArray[np.int8], config: FrontendConfig, path: Path) -> None:
    """Draws rows of mel spectrograms on a common dB scale; the last row shows features."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    pictures = {name: [mel(config, window) for window in rows[name]] for name in rows}
    columns = len(masks)
    figure = Figure(figsize=(2.6 * columns + 0.6, 1.7 * (len(rows) + 1)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(len(rows) + 1, columns, squeeze=False)
    top = max(float(picture.max()) for row in pictures.values() for picture in row)
    for row, (name, windows) in zip(axes, pictures.items(), strict=False):
        for axis, picture, number in zip(row, windows, range(1, columns + 1), strict=False):
            axis.imshow(picture.T, origin="lower", aspect="auto", vmin=top - DYNAMICS, vmax=top)
            _label(axis, name if name == "original" else f"{name}-{number}", config)
        for axis in row[len(windows) :]:
            axis.set_axis_off()
    for number, (axis, features) in enumerate(zip(axes[-1], masks, strict=True), start=1):
        axis.imshow(features.T, origin="lower", aspect="auto", cmap="coolwarm", vmin=-96, vmax=96)
        axis.set_title(f"masks-{number} (features)", fontsize=8)
        axis.tick_params(labelsize=6)
    figure.savefig(path, dpi=100)


def mel(config: FrontendConfig, window: Window) -> NDArray[np.float64]:
    """Returns the level in each of the front end's mel bands in dB, [frames, bands]."""
    plain = config.replace(kind="logmel", coefficients=config.mel_bands, mean=(), std=())
    return reference_frames(plain, window)


def _label(axis: Any, title: str, config: FrontendConfig) -> None:
    """Labels the axes: seconds below, kHz on the left."""
    bands = mel_frequencies(config.mel_bands + 2, fmin=config.fmin, fmax=config.fmax)
    ticks = [hertz for hertz in (500, 1000, 2000, 4000, 8000) if bands[0] < hertz < bands[-1]]
    axis.set_yticks(np.interp(ticks, bands[1:-1], range(config.mel_bands)))
    axis.set_yticklabels([f"{hertz / 1000:g} kHz" for hertz in ticks])
    seconds = np.arange(0.0, config.window / config.sample_rate, 0.25)
    axis.set_xticks(seconds * config.sample_rate / config.hop)
    axis.set_xticklabels([f"{second:g} s" for second in seconds])
    axis.set_title(title, fontsize=8)
    axis.tick_params(labelsize=6)


def _random(*seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


if __name__ == "__main__":
    sys.exit(main())

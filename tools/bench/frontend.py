"""Accuracy and cost of the front end, on this computer and on emulated boards."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convert.targets import TARGETS, run_tool
from convert.targets.frontend import build_frontend, measure_size, run_frontend
from tools.bench.cmsis import (
    QUOTED_INSTRUCTIONS,
    VARIANTS,
    cmsis_snr,
)
from tools.bench.speech import speech_windows
from train.data.clip import at_level
from train.features.binding import Frontend
from train.features.reference import quantize, reference_frames
from train.features.standardize import fit_standardization
from train.features.tables import build_tables
from train.pages.provenance import processor
from train.settings.frontend import FrontendConfig
from train.spread.progress import tqdm

LEVELS = (0, -10, -20, -30, -40, -50)  # dBFS of the loudest sample
RIVAL_CLIPS = 40  # CMSIS-DSP is called frame by frame from Python
COUNTED = ("cortex-m4f", "rv32imc", "xtensa-lx106")

Windows = NDArray[np.int16]
Result = dict[str, Any]


def measure(data: Path | None, clips: int) -> Result:
    """Runs every measurement; returns plain numbers."""
    for name in COUNTED:
        TARGETS[name].require()  # fail before minutes of other work
    plain = FrontendConfig()
    windows, what = speech_windows(data, clips, plain.sample_rate, plain.window)
    swept = {level: np.stack([at_level(w, level) for w in windows]) for level in LEVELS}
    config = fit_standardization(plain, _progress("standardize", np.concatenate([*swept.values()])))
    result: Result = {"measured_on": what, "config": config.to_dict()}
    result |= measure_accuracy(config, swept)
    result |= measure_cost(config, swept[-10][:1])
    result |= measure_speed(config, swept[-10])
    every = max(1, len(windows) // RIVAL_CLIPS)  # sorted by source: take some of each
    result["rivals"] = measure_rivals(config, {k: w[::every] for k, w in swept.items()})
    return result


def measure_accuracy(config: FrontendConfig, swept: dict[int, Windows]) -> Result:
    """Measures the SNR per frame before int8, and the share of int8 features that are exact."""
    frontend = Frontend(config)
    snr: dict[str, dict[str, float]] = {}
    equal = total = largest = 0
    for level, windows in swept.items():
        ratios = []
        for window in _progress(f"{level} dBFS", windows):
            heard = heard_frames(config, window)
            exact = reference_frames(config, window)
            frames = frontend.frames(window)
            ratios.append(snr_per_frame(exact, to_decibels(config, frames))[heard])
            features = frontend.window_features(frames[: config.frames]).astype(int)
            difference = np.abs(features - quantize(config, exact[: config.frames]))[heard]
            equal += int((difference == 0).sum())
            total += difference.size
            largest = max(largest, int(difference.max(initial=0)))
        snr[str(level)] = _summary(np.concatenate(ratios))
    return {
        "snr_db": snr,
        "int8_equal": equal / total,
        "int8_max_diff": largest,
    }


def heard_frames(config: FrontendConfig, samples: Windows) -> NDArray[np.bool_]:
    """Selects frames that are not digital silence, so that padding does not count."""
    return np.asarray((_views(config, samples) != 0).any(axis=1))


def _views(config: FrontendConfig, samples: Windows) -> Windows:
    views = np.lib.stride_tricks.sliding_window_view(samples, config.fft_size)
    return views[:: config.hop][: config.frames]


def to_decibels(config: FrontendConfig, frames: NDArray[np.int16]) -> NDArray[np.float64]:
    """Converts int16 frames to the dB that they represent, before standardization."""
    step = np.array(config.std or (1.0,)) * config.scale / 2 ** build_tables(config).fraction_bits
    return np.asarray(frames * step + np.array(config.mean or (0.0,)))


def snr_per_frame(exact: NDArray[np.float64], ours: NDArray[np.float64]) -> NDArray[np.float64]:
    error = ((ours - exact) ** 2).sum(axis=1)
    return 10 * np.log10((exact**2).sum(axis=1) / np.maximum(error, 1e-30))


def _summary(values: NDArray[np.float64]) -> dict[str, float]:
    return {
        "median": round(float(np.median(values)), 1),
        "p5": round(float(np.percentile(values, 5)), 1),
    }


def measure_cost(config: FrontendConfig, windows: Windows) -> Result:
    """Measures instructions per frame, with samples pushed one by one, and size in bytes."""
    instructions = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in _progress("emulators", COUNTED):
            program = build_frontend(TARGETS[name], config, Path(folder) / name)
            run = run_frontend(TARGETS[name], program, config, windows)
            instructions[name] = round(run.instructions_per_frame)
        size = measure_size(TARGETS["cortex-m4f"], config, Path(folder) / "size")
    compiler = run_tool([TARGETS["cortex-m4f"].compiler[0], "-dumpfullversion"]).strip()
    return {"instr_per_frame": instructions, **vars(size), "compiler": f"gcc {compiler} -O2"}


def measure_speed(config: FrontendConfig, windows: Windows) -> Result:
    """Compares clips per second with `librosa.feature.mfcc`, both on all cores."""
    frontend = Frontend(config)
    many = np.concatenate([windows] * max(1, 2000 // len(windows)))
    ours = len(many) / _seconds(lambda: frontend.features(many))
    cores = os.cpu_count() or 1
    chunks = np.array_split(windows, cores)
    with ProcessPoolExecutor(cores) as pool:
        list(pool.map(librosa_mfcc, [config] * cores, [c[:2] for c in chunks]))  # warm up
        shared = len(windows) / _seconds(
            lambda: list(pool.map(librosa_mfcc, [config] * cores, chunks))
        )
    alone = len(windows) / _seconds(lambda: librosa_mfcc(config, windows))
    theirs = max(shared, alone)  # its own threads may compete with each other
    return {
        "clips_per_second": round(ours),
        "librosa_clips_per_second": round(theirs),
        "speedup_vs_librosa": round(ours / theirs, 1),
        "cores": cores,
        "processor": processor(),
    }


def librosa_mfcc(config: FrontendConfig, windows: Windows) -> None:
    """Does what a typical Python training script would: float32, one call per clip."""
    import librosa

    for window in windows:
        librosa.feature.mfcc(
            y=window.astype(np.float32) / 32768.0,
            sr=config.sample_rate,
            n_mfcc=config.coefficients,
            n_fft=config.fft_size,
            hop_length=config.hop,
            win_length=config.taper,
            n_mels=config.mel_bands,
            fmin=config.fmin,
            fmax=config.fmax,
            center=False,
        )


def _seconds(work: Callable[[], object]) -> float:
    """Returns the best of three runs, after a warm-up."""
    work()
    times = []
    for _ in range(3):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def measure_rivals(config: FrontendConfig, swept: dict[int, Windows]) -> Result:
    rivals: Result = {}
    for variant in VARIANTS:
        snr = {}
        for level, windows in swept.items():
            frames = [
                cmsis_snr(config, window, variant)[heard_frames(config, window)]
                for window in _progress(f"CMSIS-DSP {variant} {level} dBFS", windows)
            ]
            snr[str(level)] = _summary(np.concatenate(frames))
        rivals[f"cmsis-dsp {variant}"] = {
            "snr_db": snr,
            "quoted_instr_per_frame": QUOTED_INSTRUCTIONS[variant],
        }
    return rivals


def _progress(what: str, items: Any) -> Any:
    return tqdm(items, desc=what, leave=False)

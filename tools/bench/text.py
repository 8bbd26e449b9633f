"""Formats the front end's numbers as Markdown tables that also read well in a terminal."""

from __future__ import annotations

from typing import Any

from train.pages.markdown import markdown

RESULTS = "results.md"
SOFT_FLOAT = "cortex-m4f, floats in software"


def table(result: dict[str, Any]) -> str:
    parts = [
        f"Measured on {result['measured_on']}.",
        _accuracy(result),
        f"int8 features equal to the float64 reference's: {100 * result['int8_equal']:.2f} %, "
        f"never off by more than {result['int8_max_diff']}.",
        _cost(result),
        f"Code {result['code_bytes']:,} bytes, tables {result['table_bytes']:,} bytes, state and "
        f"scratch {result['ram_bytes']:,} bytes, stack at most {result['stack_bytes']:,} bytes "
        f"(Cortex-M4F, {result['compiler']}).",
        f"On this computer ({result['processor']}, {result['cores']} cores): "
        f"{result['clips_per_second']:,} one-second clips per second; "
        f"`librosa.feature.mfcc` {result['librosa_clips_per_second']:,}; "
        f"{result['speedup_vs_librosa']} times as fast.",
    ]
    return "\n\n".join(parts)


def _accuracy(result: dict[str, Any]) -> str:
    """Formats the SNR per frame against float64 in dB: median (5th percentile)."""
    rivals = result["rivals"]
    rows = [["level", "tinykws", *rivals]]
    for level in result["snr_db"]:
        cells = [result["snr_db"][level], *(rival["snr_db"][level] for rival in rivals.values())]
        rows.append([f"{level} dBFS", *(f"{c['median']} ({c['p5']})" for c in cells)])
    title = "SNR per frame of the unquantized MFCC against float64, dB: median (5th percentile)"
    return f"{title}\n\n{markdown(rows)}"


def _cost(result: dict[str, Any]) -> str:
    rows = [["instructions per frame", "tinykws", *result["rivals"]]]
    soft_float = {SOFT_FLOAT: result["instr_per_frame"]["cortex-m4f"]}  # ours has no floats
    for target, count in (result["instr_per_frame"] | soft_float).items():
        quoted = (r["quoted_instr_per_frame"].get(target) for r in result["rivals"].values())
        rows.append([target, f"{count:,}", *("" if q is None else f"{q:,}" for q in quoted)])
    return markdown(rows)

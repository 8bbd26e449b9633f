"""`bench`: time of the front end and the network on the board, by its own clock."""

from __future__ import annotations

from typing import Any

import numpy as np

from tools.board import requests
from tools.board.link import Link

LEVEL = 3000  # of the noise; the front end takes the same time for any input


def bench(link: Link, runs: int) -> dict[str, Any]:
    sizes = {key: int(value) for key, value in requests.info(link, requests.SIZES).items()}
    window = sizes["window"]
    noise = np.random.default_rng(0).normal(0, LEVEL, window + runs * requests.AUDIO_SAMPLES)
    samples = np.clip(noise, -32768, 32767).astype(np.int16)
    requests.inject_alone(link, samples[:window])
    found = []
    for start in range(window, len(samples), requests.AUDIO_SAMPLES):
        found.append(requests.scores(link))
        requests.inject(link, samples[start : start + requests.AUDIO_SAMPLES], start)
    frame = np.array([one.frame_us for one in found], float)
    network = np.array([one.network_us for one in found], float)
    frames, decisions = sizes["rate"] / sizes["hop"], 1000 / sizes["decision_ms"]  # per second
    share = (frames * np.median(frame) + decisions * np.median(network)) / 1e6
    return {
        "runs": runs,
        "frame_us": {"median": float(np.median(frame)), "max": float(frame.max())},
        "network_us": {"median": float(np.median(network)), "max": float(network.max())},
        "decisions_a_second": decisions,
        "share_of_real_time": float(share),
    }


def told(found: dict[str, Any]) -> str:
    """Formats the result for people."""
    return "\n".join(
        [
            *(
                f"{name:<10} {found[key]['median']:>8,.0f} µs  (at most {found[key]['max']:,.0f})"
                for name, key in (("frame", "frame_us"), ("network", "network_us"))
            ),
            f"busy       {found['share_of_real_time']:.1%} of the time, at "
            f"{found['decisions_a_second']:g} decisions per second ({found['runs']} runs)",
        ]
    )

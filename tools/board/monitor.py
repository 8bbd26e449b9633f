"""`monitor`: what the board detects, live."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from tools.board import requests
from tools.board.link import Link
from tools.board.show import Screen, bar, level_bar

DETECTION = re.compile(
    r"\s*(?P<seconds>[\d.]+) s\s+(?P<label>\S+)\s+(?P<score>\d+) %\s+"
    r"\(front end (?P<frame_ms>[\d.]+) ms, network (?P<network_ms>[\d.]+) ms, "
    r"level (?P<level>-?\d+) dB\)"
)
HIDDEN = "network skipped: no speech"


def monitor(link: Link, screen: Screen, seconds: float | None, as_json: bool) -> None:
    """Runs until Ctrl-C, or for `seconds` of the board's clock."""
    labels = requests.labels(link)
    with requests.watching(link) as decisions:
        end = None
        for decision in decisions:
            _tell(link, screen, as_json)
            if as_json:
                screen.say(json.dumps(described(decision, labels)))
            screen.draw(drawn(decision, labels))
            end = end or (decision.ms + seconds * 1000 if seconds else None)
            if end and decision.ms >= end:
                return


def _tell(link: Link, screen: Screen, as_json: bool) -> None:
    while link.lines:
        line = link.lines.popleft()
        if not as_json:
            screen.say(line)
        elif found := parsed(line):
            screen.say(json.dumps(found))


def parsed(line: str) -> dict[str, str | float] | None:
    """Parses the line of a detection into fields."""
    match = DETECTION.fullmatch(line.rstrip())
    if not match:
        return None
    fields = match.groupdict()
    return {"detection": fields.pop("label")} | {k: float(v) for k, v in fields.items()}


def described(decision: requests.Decision, labels: Sequence[str]) -> dict[str, object]:
    return {
        "ms": decision.ms,
        "level": decision.level,
        "ran": decision.ran,
        "detected": None if decision.detected is None else labels[decision.detected],
        "scores": dict(zip(labels, decision.scores.tolist(), strict=True)),
    }


def drawn(decision: requests.Decision, labels: Sequence[str]) -> list[str]:
    width = max(map(len, labels))
    head = f"{decision.ms / 1000:9.1f} s  {level_bar(decision.level, 20)} {decision.level:4d} dB"
    return [head if decision.ran else f"{head}  {HIDDEN}", *_bars(decision, labels, width)]


def _bars(decision: requests.Decision, labels: Sequence[str], width: int) -> Iterator[str]:
    for number, (label, score) in enumerate(zip(labels, decision.scores, strict=True)):
        share = (int(score) + 128) / 256 if decision.ran else 0.0
        mark = "◀" if number == decision.detected else " "
        yield f"{label:>{width}} {bar(share)} {share:4.0%} {mark}"

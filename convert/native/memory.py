"""Where tensors lie in the scratch memory: as low as they fit, over others where the layers allow
it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

ALIGNMENT = 4  # bytes


@dataclass(frozen=True)
class Space:
    """Bytes that live from layer `first` to layer `last`, both included."""

    name: str
    size: int
    first: int
    last: int


@dataclass(frozen=True)
class Overlap:
    """An output may start this many bytes below an input that nobody reads later, or more; if
    `exact`, at this distance only."""

    below: int
    exact: bool = False


Allowed = Mapping[tuple[str, str], Overlap]  # (input, output)


def place(spaces: Sequence[Space], allowed: Allowed) -> dict[str, int]:
    """Offsets; of several ways to order the spaces, the one that takes least."""
    orders = (
        sorted(spaces, key=lambda s: (-s.size, s.first, s.name)),
        sorted(spaces, key=lambda s: (s.first, -s.size, s.name)),
        sorted(spaces, key=lambda s: (-s.last, -s.size, s.name)),
    )
    found = [_placed(order, allowed) for order in orders]
    return min(found, key=lambda offsets: peak(spaces, offsets))


def peak(spaces: Sequence[Space], offsets: Mapping[str, int]) -> int:
    return max((offsets[s.name] + s.size for s in spaces), default=0)


def _placed(order: Sequence[Space], allowed: Allowed) -> dict[str, int]:
    offsets: dict[str, int] = {}
    done: list[Space] = []
    for space in order:
        candidates = sorted(_candidates(space, done, offsets, allowed))
        offsets[space.name] = next(
            offset
            for offset in candidates
            if all(_fits(space, offset, other, offsets[other.name], allowed) for other in done)
        )
        done.append(space)
    return offsets


def _candidates(
    space: Space, done: Sequence[Space], offsets: Mapping[str, int], allowed: Allowed
) -> set[int]:
    """Ends of what is placed, and the closest places where one may overlap."""
    found = {0} | {_up(offsets[other.name] + other.size) for other in done}
    for other in done:
        if over := allowed.get((other.name, space.name)):
            found.add((offsets[other.name] - over.below) // ALIGNMENT * ALIGNMENT)
        if over := allowed.get((space.name, other.name)):
            found.add(_up(offsets[other.name] + over.below))
    return {offset for offset in found if offset >= 0}


def _fits(one: Space, offset: int, other: Space, at: int, allowed: Allowed) -> bool:
    if one.last < other.first or other.last < one.first:
        return True
    if offset + one.size <= at or at + other.size <= offset:
        return True
    for source, result, distance in (
        (one, other, offset - at),
        (other, one, at - offset),
    ):
        over = allowed.get((source.name, result.name))
        if over and source.last == result.first:
            return distance == over.below if over.exact else distance >= over.below
    return False


def _up(offset: int) -> int:
    return -(-offset // ALIGNMENT) * ALIGNMENT

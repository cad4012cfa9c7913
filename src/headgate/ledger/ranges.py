"""Ranges of finished positions above a lane's cursor, packed as delta varints."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Ranges = list[tuple[int, int]]
"""Sorted, disjoint, half-open: [(from, to), ...]."""

_MORE = 0x80
_LOW = 0x7F


def gaps(start: int, stop: int, unfinished: Iterable[int]) -> tuple[int, Ranges]:
    """The cursor and the finished ranges above it.

    `unfinished` are the ascending positions in [start, stop) that are not finished; everything
    else there is. The cursor is the first unfinished one, or `stop`.
    """
    done: Ranges = []
    cursor, at = stop, start
    for position in unfinished:
        if cursor == stop:
            cursor = position
        elif position > at:
            done.append((at, position))
        at = position + 1
    if cursor != stop and at < stop:
        done.append((at, stop))
    return cursor, done


def pack(cursor: int, ranges: Ranges) -> bytes:
    """Distances from the cursor on, gap and length in turn."""
    out = bytearray()
    at = cursor
    for low, high in ranges:
        _put(out, low - at)
        _put(out, high - low)
        at = high
    return bytes(out)


def unpack(cursor: int, packed: bytes) -> Ranges:
    ranges: Ranges = []
    at = cursor
    numbers = _numbers(packed)
    for gap in numbers:
        low = at + gap
        at = low + next(numbers)
        ranges.append((low, at))
    return ranges


def _put(out: bytearray, number: int) -> None:
    while number > _LOW:
        out.append(number & _LOW | _MORE)
        number >>= 7
    out.append(number)


def _numbers(packed: bytes) -> Iterator[int]:
    number = shift = 0
    for byte in packed:
        number |= (byte & _LOW) << shift
        shift += 7
        if not byte & _MORE:
            yield number
            number = shift = 0

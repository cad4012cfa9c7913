from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from headgate.ledger.ranges import Ranges, gaps, pack, unpack

POSITIONS = st.integers(0, (1 << 63) - 1)


@st.composite
def spans(draw: st.DrawFn) -> tuple[int, Ranges]:
    """A cursor and sorted disjoint ranges above it; neighbours may touch."""
    edges = sorted(draw(st.lists(POSITIONS, min_size=1, max_size=21)))
    edges = edges[: len(edges) // 2 * 2 + 1] if len(edges) % 2 else edges[:-1]
    cursor, *rest = edges
    return cursor, list(zip(rest[::2], rest[1::2], strict=True))


@given(spans())
def test_what_was_packed_comes_back(span: tuple[int, Ranges]) -> None:
    cursor, ranges = span
    assert unpack(cursor, pack(cursor, ranges)) == ranges


def test_no_ranges_take_no_room() -> None:
    assert pack(1 << 60, []) == b""
    assert unpack(1 << 60, b"") == []


def test_ranges_near_the_cursor_take_two_bytes_each() -> None:
    ranges = [(at, at + 1) for at in range(1 << 60, (1 << 60) + 200, 2)]
    assert len(pack(1 << 60, ranges)) == 2 * len(ranges)


@given(st.integers(0, 60), st.integers(0, 60), st.sets(st.integers(0, 59)), st.integers(0, 1 << 60))
def test_gaps_are_all_that_is_not_unfinished(
    first: int, length: int, unfinished: set[int], base: int
) -> None:
    start, stop = base + first, base + first + length
    inside = sorted(base + at for at in unfinished if start <= base + at < stop)
    cursor, done = gaps(start, stop, inside)
    finished = {at for low, high in done for at in range(low, high)}
    assert cursor == (inside[0] if inside else stop)
    assert finished == set(range(cursor, stop)) - set(inside)
    assert all(low < high for low, high in done)
    assert all(before < after for (_, before), (after, _) in pairwise(done))


def test_a_cursor_stands_at_the_first_event_that_is_not_finished() -> None:
    assert gaps(10, 20, []) == (20, [])
    assert gaps(10, 20, [10]) == (10, [(11, 20)])
    assert gaps(10, 20, [12, 13, 19]) == (12, [(14, 19)])

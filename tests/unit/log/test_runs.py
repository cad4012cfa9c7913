from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.log.errors import Damaged
from headgate.log.keys import PREFIX, Keys
from headgate.log.segments.runs import IdRun, merged, rows_of, write_run
from tests.simulation.disk import SimDisk

if TYPE_CHECKING:
    from collections.abc import Sequence

KEYS = Keys(b"secret")
PATH = Path("/log/a.ids")

Frames = list[list[tuple[int, str]]]
FRAMES = st.lists(
    st.lists(st.tuples(st.integers(1, 3), st.text("abc", max_size=3)), max_size=5), max_size=8
)


def key(message: tuple[int, str]) -> bytes:
    return KEYS.of(*message)


def written(
    disk: SimDisk, path: Path, segment: int, frames: Sequence[Sequence[tuple[int, str]]]
) -> IdRun:
    rows = rows_of((number, b"".join(map(key, frame))) for number, frame in enumerate(frames))
    write_run(disk, path, rows, len(rows), ((segment, 0),))
    return IdRun(disk, path)


def places(run: IdRun, message_id: str) -> set[tuple[int, int]]:
    return set(run.frames(KEYS.of(0, message_id)[:PREFIX]))


@given(frames=FRAMES)
def test_a_run_holds_what_was_written_and_nothing_else(frames: Frames) -> None:
    run = written(SimDisk(), PATH, 7, frames)
    messages = {message for frame in frames for message in frame}
    for source in (1, 2, 3, 4):
        for name in ("", "a", "ab", "abc", "ccc", "unknown"):
            assert run.holds(key((source, name))) is ((source, name) in messages)
    for _, name in messages:
        assert run.may_hold(int.from_bytes(KEYS.of(0, name)[:PREFIX], "big"))
        assert places(run, name) == {
            (7, number)
            for number, frame in enumerate(frames)
            if any(other == name for _, other in frame)
        }


@given(parts=st.lists(FRAMES, min_size=1, max_size=4))
def test_a_merged_run_finds_each_message_where_its_parts_did(parts: list[Frames]) -> None:
    disk = SimDisk()
    runs = [
        written(disk, PATH.with_name(f"{n}.ids"), 100 + n, part) for n, part in enumerate(parts)
    ]
    rows, count, segments = merged(runs)
    write_run(disk, PATH, rows, count, segments)
    whole = IdRun(disk, PATH)
    assert len(whole) == sum(map(len, runs)) == count
    assert list(whole) == sorted(whole)
    for name in {name for part in parts for frame in part for _, name in frame}:
        assert places(whole, name) == set().union(*(places(run, name) for run in runs))


def test_merging_merged_runs_keeps_the_frame_numbers() -> None:
    disk = SimDisk()
    runs = [
        written(disk, PATH.with_name(f"{n}.ids"), n, [[(1, "a")], [], [(1, f"b{n}"), (1, "a")]])
        for n in range(4)
    ]
    halves = []
    for name, pair in (("x.ids", runs[:2]), ("y.ids", runs[2:])):
        write_run(disk, PATH.with_name(name), *merged(pair))
        halves.append(IdRun(disk, PATH.with_name(name)))
    write_run(disk, PATH, *merged(halves))
    whole = IdRun(disk, PATH)
    assert places(whole, "a") == {(n, number) for n in range(4) for number in (0, 2)}
    assert places(whole, "b3") == {(3, 2)}


def test_a_large_run_answers_rightly_for_each_of_its_ids() -> None:
    frames = [[(1, f"{n}-{index}") for index in range(100)] for n in range(300)]
    run = written(SimDisk(), PATH, 1, frames)
    assert len(run) == 30_000
    assert all(run.holds(key((1, f"{n}-{n % 100}"))) for n in range(300))
    strangers = [key((1, f"stranger {n}")) for n in range(3_000)]
    assert not any(run.holds(stranger) for stranger in strangers)
    passed = sum(run.may_hold(int.from_bytes(stranger[:PREFIX], "big")) for stranger in strangers)
    assert passed < 100
    assert run.is_sound()


@pytest.mark.parametrize("start", [0, 1 << 40, (1 << 64) - 30_000], ids=["low", "mid", "high"])
def test_keys_that_crowd_where_nobody_expects_them_are_found(start: int) -> None:
    crowd = [(start + n).to_bytes(PREFIX, "big") + b"same" for n in range(0, 30_000, 3)]
    disk = SimDisk()
    write_run(disk, PATH, (key + bytes(4) for key in crowd), len(crowd), ((1, 0),))
    run = IdRun(disk, PATH)
    assert all(run.holds(key) for key in crowd)
    assert not any(run.holds(key[:PREFIX] + b"none") for key in crowd)
    assert [*run.frames(crowd[5_000][:PREFIX])] == [(1, 0)]
    absent = (start + 1).to_bytes(PREFIX, "big")
    assert [*run.frames(absent)] == []


@pytest.mark.parametrize("size", [0, 5, 20, 200, 1_000])
def test_a_run_that_is_cut_off_is_refused(size: int) -> None:
    disk = SimDisk()
    written(disk, PATH, 1, [[(1, f"{n}")] for n in range(20)])
    disk.cut(PATH, size)
    with pytest.raises(Damaged, match=r"a\.ids"):
        IdRun(disk, PATH)


def test_any_flipped_bit_is_found_by_opening_or_by_looking_through() -> None:
    disk = SimDisk()
    size = len(written(disk, PATH, 1, [[(1, f"{n}")] for n in range(20)])._map)
    for at in range(size):
        copy = disk.fork()
        copy.flip(PATH, at, 1 << (at % 8))
        try:
            sound = IdRun(copy, PATH).is_sound()
        except Damaged:
            sound = False
        assert not sound, at

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from headgate.disk import SystemDisk
from headgate.log import follow
from headgate.log.errors import Unavailable
from headgate.log.follow import HeadSignal
from headgate.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable

    from headgate.disk import Cells


@pytest.fixture
def head(tmp_path: Path) -> Cells:
    return SystemDisk().cells(tmp_path / "head", writable=True)


@pytest.fixture
def signal(head: Cells, tmp_path: Path) -> HeadSignal:
    del head  # the file must be there
    return HeadSignal(tmp_path / "head")


def current(head: Cells) -> Callable[[], int]:
    return lambda: head.get(0)


def inotify_descriptors() -> int:
    links = list(Path("/proc/self/fd").iterdir())
    return sum("inotify" in str(link.readlink()) for link in links if link.is_symlink())


async def test_a_head_that_has_moved_already_is_told_at_once(
    head: Cells, signal: HeadSignal
) -> None:
    head.put(0, 7)
    await asyncio.wait_for(signal.beyond(3, current(head)), 1)
    signal.close()


async def test_a_waiter_returns_when_the_head_moves(head: Cells, signal: HeadSignal) -> None:
    waiting = asyncio.ensure_future(signal.beyond(0, current(head)))
    await asyncio.sleep(0.02)
    assert not waiting.done()
    head.put(0, 5)
    await asyncio.wait_for(waiting, 1)
    signal.close()


async def test_a_move_between_the_look_and_the_wait_is_not_missed(
    head: Cells, signal: HeadSignal
) -> None:
    def look_too_early() -> int:
        before = head.get(0)
        if not before:
            head.put(0, 1)
        return before

    await asyncio.wait_for(signal.beyond(0, look_too_early), 1)
    signal.close()


async def test_a_write_that_leaves_the_head_where_it_was_wakes_nobody_for_good(
    head: Cells, signal: HeadSignal
) -> None:
    waiting = asyncio.ensure_future(signal.beyond(0, current(head)))
    await asyncio.sleep(0)
    head.put(1, 99)
    await asyncio.sleep(0.03)
    assert not waiting.done()
    head.put(0, 1)
    await asyncio.wait_for(waiting, 1)
    signal.close()


async def test_any_number_of_waiters_share_one_descriptor(head: Cells, signal: HeadSignal) -> None:
    before = inotify_descriptors()
    waiting = [asyncio.ensure_future(signal.beyond(0, current(head))) for _ in range(200)]
    await asyncio.sleep(0.01)
    assert inotify_descriptors() == before + 1
    head.put(0, 1)
    await asyncio.wait_for(asyncio.gather(*waiting), 2)
    signal.close()
    assert inotify_descriptors() == before


async def test_waiting_costs_nothing_while_nothing_happens(head: Cells, signal: HeadSignal) -> None:
    looks = 0

    def counted() -> int:
        nonlocal looks
        looks += 1
        return head.get(0)

    waiting = asyncio.ensure_future(signal.beyond(0, counted))
    await asyncio.sleep(0.2)
    assert looks == 1
    head.put(0, 1)
    await asyncio.wait_for(waiting, 1)
    signal.close()


async def test_writes_that_nobody_waits_for_wake_the_loop_once_at_most(
    head: Cells, signal: HeadSignal, monkeypatch: pytest.MonkeyPatch
) -> None:
    head.put(0, 1)
    await signal.beyond(0, current(head))
    drained = 0
    drain = Watch.drain

    def counted(watch: Watch) -> int:
        nonlocal drained
        drained += 1
        return drain(watch)

    monkeypatch.setattr(Watch, "drain", counted)
    for n in range(2, 8):
        head.put(0, n)
        await asyncio.sleep(0.005)
    assert drained == 1
    await asyncio.wait_for(signal.beyond(1, current(head)), 1)
    waiting = asyncio.ensure_future(signal.beyond(7, current(head)))
    await asyncio.sleep(0.01)
    head.put(0, 8)
    await asyncio.wait_for(waiting, 1)
    signal.close()


async def test_without_inotify_it_looks_every_20_ms(
    head: Cells, signal: HeadSignal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("too many inotify instances")

    monkeypatch.setattr(follow, "Watch", refuse)
    looks = 0

    def counted() -> int:
        nonlocal looks
        looks += 1
        return head.get(0)

    waiting = asyncio.ensure_future(signal.beyond(0, counted))
    await asyncio.sleep(0.21)
    assert 3 <= looks <= 12
    head.put(0, 1)
    await asyncio.wait_for(waiting, 1)
    signal.close()


async def test_a_cancelled_waiter_leaves_the_others_waiting(
    head: Cells, signal: HeadSignal
) -> None:
    one, other = [asyncio.ensure_future(signal.beyond(0, current(head))) for _ in range(2)]
    await asyncio.sleep(0.01)
    one.cancel()
    with pytest.raises(asyncio.CancelledError):
        await one
    head.put(0, 1)
    await asyncio.wait_for(other, 1)
    signal.close()


async def test_closing_ends_the_waiting_with_a_reason(head: Cells, signal: HeadSignal) -> None:
    waiting = asyncio.ensure_future(signal.beyond(0, current(head)))
    await asyncio.sleep(0.01)
    signal.close()
    with pytest.raises(Unavailable, match="closed"):
        await asyncio.wait_for(waiting, 1)


def test_it_may_be_used_in_one_event_loop_after_another(head: Cells, signal: HeadSignal) -> None:
    async def moved(to: int) -> None:
        waiting = asyncio.ensure_future(signal.beyond(to - 1, current(head)))
        await asyncio.sleep(0.01)
        head.put(0, to)
        await asyncio.wait_for(waiting, 1)

    for to in (1, 2, 3):
        asyncio.run(moved(to))
    signal.close()

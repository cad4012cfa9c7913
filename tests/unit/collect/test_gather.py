"""Gathering events into frames, and releasing those who wait for them."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from headgate.collect.gather import LAG_SECONDS, MOST_WAITING, Gather, Ticket
from headgate.log.encode import MAX_EVENTS, MAX_RAW, decode_body
from headgate.log.errors import Unavailable
from headgate.log.port import Appended, Batch, EventBatch, Position, Record


class SlowLog:
    """Appends when it is let go; remembers every batch."""

    def __init__(self) -> None:
        self.batches: list[EventBatch] = []
        self.gate = asyncio.Event()
        self.failing: Exception | None = None

    async def append(self, partition: int, batch: Batch) -> Appended:
        assert isinstance(batch, EventBatch)
        self.batches.append(batch)
        await self.gate.wait()
        if self.failing is not None:
            raise self.failing
        return Appended(partition, Position(1), bytes(len(batch.sources)))


def record(size: int, defaults: int = -1) -> Record:
    original = b'{"a":"' + b"x" * (size - 8) + b'"}'
    return Record(1, 5, "m", "track", "u", None, 5, None, defaults, original)


class Request:
    """One request's events, and what its ticket was told."""

    def __init__(self, gather: Gather, sizes: list[int], defaults: bytes | None = None) -> None:
        self.told: list[Unavailable | None] = []
        ticket = Ticket(self.told.append)
        for size in sizes:
            group = gather.group_for(size + len(defaults or b""), 1)
            place = gather.place(group, defaults)
            gather.add(group, [record(size, place)], b"k" * 12, size, ticket)
        gather.start()
        ticket.release()


def is_full(gather: Gather) -> bool:
    """Look anew: it changes with the time."""
    return gather.is_full


async def settled(log: SlowLog, gather: Gather) -> None:
    log.gate.set()
    await gather.settle()


async def test_the_first_event_goes_at_once_and_what_comes_meanwhile_goes_together() -> None:
    log = SlowLog()
    gather = Gather(log)
    first = Request(gather, [100])
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    later = [Request(gather, [100]) for _ in range(20)]
    assert [len(batch.sources) for batch in log.batches] == [1]
    await settled(log, gather)
    assert [len(batch.sources) for batch in log.batches] == [1, 20]
    assert all(request.told == [None] for request in [first, *later])


async def test_no_frame_has_more_events_or_bytes_than_fit() -> None:
    log = SlowLog()
    gather = Gather(log)
    many = Request(gather, [50] * (MAX_EVENTS + 10))
    large = Request(gather, [30_000] * 40)
    await settled(log, gather)
    assert all(len(batch.sources) <= MAX_EVENTS for batch in log.batches)
    sizes = [
        sum(len(kept.original) for kept in decode_body(batch.body).records if kept)
        for batch in log.batches
    ]
    assert max(sizes) <= MAX_RAW
    assert sum(len(batch.sources) for batch in log.batches) == MAX_EVENTS + 50
    assert many.told == large.told == [None]


async def test_a_request_is_told_once_and_of_the_failure_of_any_of_its_frames() -> None:
    log = SlowLog()
    log.failing = Unavailable("the disk is full", retry_after=3)
    gather = Gather(log)
    request = Request(gather, [30_000] * 40)
    await settled(log, gather)
    (told,) = request.told
    assert told is not None
    assert told.retry_after == 3


@pytest.mark.parametrize("error", [OSError("gone"), Unavailable("full")])
async def test_a_failure_stops_nothing_that_comes_after_it(error: Exception) -> None:
    log = SlowLog()
    log.failing = error
    gather = Gather(log)
    failed = Request(gather, [100])
    await settled(log, gather)
    log.failing = None
    kept = Request(gather, [100])
    await settled(log, gather)
    assert isinstance(failed.told[0], Unavailable)
    assert kept.told == [None]


async def test_defaults_of_a_batch_stand_in_the_frame_that_its_events_go_to() -> None:
    log = SlowLog()
    gather = Gather(log)
    Request(gather, [100], b'{"context":{"a":1}}')
    Request(gather, [100])
    Request(gather, [100], b'{"context":{"a":2}}')
    await settled(log, gather)
    body = decode_body(log.batches[0].body)
    found = [
        body.defaults[kept.defaults] if kept.defaults >= 0 else None
        for kept in body.records
        if kept
    ]
    assert found == [b'{"context":{"a":1}}', None, b'{"context":{"a":2}}']


async def test_what_waits_is_counted_and_ends_at_zero() -> None:
    log = SlowLog()
    gather = Gather(log)
    Request(gather, [1000, 1000], b"{}")
    assert gather.waiting >= 2000
    await settled(log, gather)
    assert gather.waiting == 0


async def test_requests_that_come_together_after_a_rest_find_room() -> None:
    """Whatever happens in one turn of the loop, no append has been slow yet."""
    log = SlowLog()
    gather = Gather(log)
    gather._time = lambda: 1000.0
    for _ in range(3):
        assert not is_full(gather)
        Request(gather, [100])
    await settled(log, gather)
    gather._time = lambda: 2000.0
    Request(gather, [100])
    assert not is_full(gather)
    await settled(log, gather)


async def test_a_disk_that_is_behind_is_told_and_tried_again() -> None:
    log, now = SlowLog(), 0.0
    gather = Gather(log)
    gather._time = lambda: now
    Request(gather, [100])
    await asyncio.sleep(0.001)
    now = LAG_SECONDS
    assert not is_full(gather)
    now += 0.1
    assert is_full(gather)
    await settled(log, gather)
    assert not is_full(gather)


async def test_so_many_bytes_may_wait() -> None:
    gather = Gather(SlowLog())
    gather._time = lambda: 0.0
    gather.waiting = MOST_WAITING
    assert not is_full(gather)
    gather.waiting += 1
    assert is_full(gather)


@pytest.mark.parametrize("error", [ValueError("a bug"), OSError("gone")])
async def test_an_answer_that_fails_takes_no_other_with_it(error: Exception) -> None:
    log, told = SlowLog(), list[Unavailable | None]()
    gather = Gather(log)

    def fails(_: Unavailable | None) -> None:
        raise error

    for done in (fails, told.append):
        ticket = Ticket(done)
        gather.add(gather.group_for(100, 1), [record(100)], b"k" * 12, 100, ticket)
        ticket.release()
    with capture_logs() as logs:
        await settled(log, gather)
    assert told == [None]
    assert [each["event"] for each in logs] == ["collect.answer_failed"]


async def test_what_nobody_expected_fails_those_who_wait_and_nobody_else() -> None:
    log = SlowLog()
    gather = Gather(log)
    first = Request(gather, [100])
    await asyncio.sleep(0)
    second = Request(gather, [100])
    log.failing = ValueError("no frame can hold this")
    log.gate.set()
    await gather.settle()
    assert [str(each.told[0]) for each in (first, second)] == [
        "the server failed on these events"
    ] * 2
    log.failing = None
    third = Request(gather, [100])
    await gather.settle()
    assert third.told == [None]

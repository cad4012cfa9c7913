"""Rejections on their way into the log."""

from __future__ import annotations

import json
import os

from headgate.collect.gather import Ticket
from headgate.collect.tally import Tally, masked
from headgate.log.encode import decode_rejections, encode_rejections
from headgate.log.errors import Unavailable
from headgate.log.port import Appended, Batch, Position, Rejection, TallyBatch
from headgate.log.segments.frame import MAX_BODY


class Log:
    def __init__(self) -> None:
        self.rejections: list[tuple[Rejection, ...]] = []
        self.failing = False

    async def append(self, partition: int, batch: Batch) -> Appended:
        if self.failing:
            raise Unavailable("the disk is full")
        assert isinstance(batch, TallyBatch)
        self.rejections.append(batch.rejections)
        return Appended(partition, Position(1), b"")


async def test_rejections_are_counted_for_each_source_and_code_with_few_samples() -> None:
    log = Log()
    tally = Tally(log)
    for number in range(10):
        tally.add(1, "bad_request", b'{"n":%d}' % number)
    tally.add(2, "bad_request", b"{}")
    await tally.flush()
    ((first, second),) = log.rejections
    assert (first.source, first.code, first.count, len(first.samples)) == (1, "bad_request", 10, 3)
    assert (second.source, second.count) == (2, 1)


async def test_nothing_to_tell_writes_nothing() -> None:
    log = Log()
    await Tally(log).flush()
    assert log.rejections == []


async def test_a_failed_flush_is_counted_again_with_the_next() -> None:
    log = Log()
    tally = Tally(log)
    tally.add(1, "bad_request", b"{}")
    log.failing = True
    await tally.flush()
    tally.add(1, "bad_request", b"{}")
    log.failing = False
    await tally.flush()
    ((row,),) = log.rejections
    assert row.count == 2


async def test_a_ticket_waits_until_its_rejection_is_durable() -> None:
    log, told = Log(), list[Unavailable | None]()
    tally = Tally(log)
    ticket = Ticket(told.append)
    tally.add(1, "bad_request", b"{}", ticket)
    ticket.release()
    assert told == []
    await tally.flush()
    assert told == [None]


def test_samples_keep_the_shape_and_no_value() -> None:
    secret = {"email": "ada@example.com", "n": 42, "deep": {"list": ["a", "b"]}, "ok": True}
    shape = json.loads(masked(json.dumps(secret).encode()))
    assert shape == {
        "email": "text of 15",
        "n": "number",
        "deep": {"list": ["text of 1", "text of 1"]},
        "ok": True,
    }
    assert masked(b"\xff secret") == "8 bytes that are not JSON"


async def test_many_rejections_of_a_second_fit_the_frames_they_go_to() -> None:
    """Names of fields are anybody's choice, and random ones do not pack: no frame is too large."""
    log = Log()
    tally = Tally(log)
    for source in range(600):
        for code in ("bad_request", "type_unknown", "no_user_anon_id"):
            for _ in range(4):
                tally.add(source, code, json.dumps({os.urandom(240).hex(): 1}).encode())
    await tally.flush()
    frames = [encode_rejections(rejections) for rejections in log.rejections]
    assert len(frames) > 1
    assert max(map(len, frames)) < MAX_BODY // 2
    counted = [each for frame in frames for each in decode_rejections(frame)]
    assert sum(each.count for each in counted) == 600 * 3 * 4

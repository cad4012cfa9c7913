"""The delivery overview tells every step of a connection, for any time and period."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from headgate.clock import iso
from headgate.control.observing.overview import MOST_SAMPLES, Overview, Step, overview
from headgate.ledger.memory import MemoryLedger
from headgate.ledger.port import REPLAY_LANES, DeadLetter, LaneRow, ParkedRow, SeriesKey, Tick
from headgate.log.port import Rejection, TallyBatch
from headgate.route.source import SCHEMA_BLOCKED
from tests.simulation.setting import Joined, snapshot
from tests.unit.control.recorded import NOW, Recorded, live_lane, tried

if TYPE_CHECKING:
    from typing import Any

TRACK = {"type": "track", "event": "Paid", "userId": "u"}
CONFIGURED = snapshot([Joined(1, 1, {"all": frozenset({"Paid"})})])
HOUR = 3_600_000
BEGIN = NOW // HOUR * HOUR


class Day:
    def __init__(self) -> None:
        self.recorded, self.ledger = Recorded(), MemoryLedger()
        live_lane(self.ledger, 0, 0, opened=())

    async def receive(self, hour: int, n: int, source: int = 1) -> None:
        self.recorded.clock.now = BEGIN + hour * HOUR + 1
        await self.recorded.append(*[TRACK] * n, source=source)

    async def reject(self, hour: int, code: str, n: int, *samples: str, source: int = 1) -> None:
        self.recorded.clock.now = BEGIN + hour * HOUR + 2
        batch = TallyBatch((Rejection(source, code, n, samples),))
        await self.recorded.log.append(0, batch)

    def end(self, hour: int, cls: str, reason: str = "", *counts: int, lane: int = 1) -> None:
        key = SeriesKey(lane, (BEGIN + hour * HOUR) // 60_000, cls, reason, "track", "Paid")
        latencies = [*counts, *[0] * (8 - len(counts))]
        self.ledger.commit(Tick(series={key: latencies}))

    async def overview(
        self, hours: tuple[int, int] = (0, 24), granularity: str = "hour"
    ) -> Overview:
        span = BEGIN + hours[0] * HOUR, BEGIN + hours[1] * HOUR
        connection, source = CONFIGURED.connections[1], CONFIGURED.sources[1]
        return await overview(self.recorded.log, self.ledger, connection, source, span, granularity)


@pytest.fixture
def day() -> Day:
    return Day()


def totals(found: Overview) -> dict[str, int]:
    return {step.name: step.total for step in found.steps}


def step(found: Overview, name: str) -> Step:
    return next(each for each in found.steps if each.name == name)


async def test_every_step_is_counted_in_its_hour(day: Day) -> None:
    await day.receive(0, 3)
    await day.receive(2, 10)
    await day.receive(2, 99, source=2)
    await day.reject(2, "too_large", 4, '{"event": "Big"}')
    await day.reject(2, "too_large", 50, source=2)
    day.end(0, "filtered", SCHEMA_BLOCKED, 1)
    day.end(0, "suppressed", "suppressed", 1)
    day.end(2, "filtered", "no_matching_subscription", 2)
    day.end(2, "delivered", "", 1, 0, 4)
    day.end(2, "dead_lettered", "http_400", 1)
    day.end(2, "discarded", "expired", 2)
    found = await day.overview()
    assert totals(found) == {
        "received": 13,
        "failed_on_ingest": 4,
        "filtered_at_source": 2,
        "filtered_at_destination": 2,
        "failed_delivery": 3,
        "successful_delivery": 5,
    }
    assert [(each.time, each.count) for each in step(found, "received").series] == [
        (iso(BEGIN), 3),
        (iso(BEGIN + 2 * HOUR), 10),
    ]
    assert [each.time for each in step(found, "failed_delivery").series] == [iso(BEGIN + 2 * HOUR)]
    assert (found.since, found.until) == (iso(BEGIN), iso(BEGIN + 24 * HOUR))


async def test_what_lies_outside_of_the_time_is_not_counted(day: Day) -> None:
    for hour in range(4):
        await day.receive(hour, 1 + hour)
        await day.reject(hour, "too_large", 10 + hour)
        day.end(hour, "delivered", "", 100 + hour)
    found = await day.overview((1, 3))
    named = {name: n for name, n in totals(found).items() if n}
    assert named == {"received": 5, "failed_on_ingest": 23, "successful_delivery": 203}
    by_minute = await day.overview((1, 3), "minute")
    assert totals(by_minute) == totals(found)


async def test_replays_and_other_connections_are_not_in_it(day: Day) -> None:
    row = LaneRow(REPLAY_LANES + 1, 1, "ws", 1, 1, "replay", "rpl_1")
    day.ledger.commit(Tick(lanes=[row, LaneRow(2, 2, "ws", 2, 1)]))
    for lane in (row.lane, 2):
        day.end(0, "delivered", "", 7, lane=lane)
    assert totals(await day.overview())["successful_delivery"] == 0


async def test_reasons_come_with_samples_of_what_was_sent_and_answered(day: Day) -> None:
    day.end(0, "dead_lettered", "http_400", 12)
    letters = [
        DeadLetter(1, 0, n, "all", f"m{n}", 1, b"", "http_400", 400, 1, BEGIN + n)
        for n in range(12)
    ]
    day.ledger.commit(Tick(dead=letters))
    for n in range(12):
        tried(day.ledger, n, "all", "discard")
    key = (1, 0, 11, "all")
    ((number, kept),) = day.ledger.tables.attempts[key]
    sampled = kept._replace(request=b"POST /hook", response=b"no \xff")
    day.ledger.tables.attempts[key] = [(number, sampled)]
    await day.reject(0, "too_large", 2, "{}", "[]")
    ingest, delivery = (await day.overview()).reasons
    assert (ingest.step, ingest.reason, ingest.total) == ("failed_on_ingest", "too_large", 2)
    assert [each.request for each in ingest.samples] == ["{}", "[]"]
    assert (delivery.step, delivery.reason, delivery.total) == (
        "failed_delivery",
        "http_400",
        12,
    )
    assert [each.message_id for each in delivery.samples] == [f"m{n}" for n in range(11, 1, -1)]
    assert len(delivery.samples) == MOST_SAMPLES
    newest, other, *_ = delivery.samples
    assert (newest.request, newest.response, newest.status) == (
        "POST /hook",
        "no \N{REPLACEMENT CHARACTER}",
        400,
    )
    assert (other.request, other.response) == (None, None)


async def test_the_latency_is_that_of_what_was_delivered(day: Day) -> None:
    day.end(0, "delivered", "", 0, 0, 100)
    day.end(1, "dead_lettered", "http_400", 0, 0, 0, 0, 0, 0, 0, 900)
    latency = (await day.overview()).latency
    assert (latency.p50, latency.p95, latency.p99) == (65, 96, 99)
    assert (await day.overview((3, 4))).latency.p50 is None


async def test_what_waits_for_its_next_attempt_is_told(day: Day) -> None:
    rows: list[Any] = [
        ParkedRow(1, 0, n, "all", "ann", 900, 100, 2, 503, "http_503") for n in range(3)
    ]
    day.ledger.commit(Tick(parked=rows))
    assert (await day.overview()).waiting == 3


async def test_too_many_points_are_refused(day: Day) -> None:
    with pytest.raises(ValueError, match="43200 points are too many"):
        await day.overview((0, 30 * 24), "minute")

"""The delivery overview of a connection: what became of its source's events, step by step."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec

from headgate.clock import iso
from headgate.control.observing.receipts import received
from headgate.ledger.queries import (
    PERIODS,
    AttemptFilter,
    LetterFilter,
    SeriesQuery,
)
from headgate.ledger.series import percentile
from headgate.log.port import EventLog, FrameKind, Position
from headgate.route.source import SCHEMA_BLOCKED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from headgate.ledger.port import (
        LedgerReader,
        Letter,
    )
    from headgate.ledger.queries import Point
    from headgate.store.snapshot import Connection, Source

MOST_POINTS = 1500
MOST_SAMPLES = 10
FRAMES_A_TURN = 256
AT_SOURCE = frozenset({SCHEMA_BLOCKED})
"""Rules of the source; every other rule is the connection's."""


class Moment(msgspec.Struct, frozen=True):
    """A count of one period, which begins at `time`."""

    time: str
    count: int


class Step(msgspec.Struct, frozen=True):
    """One step on the way (domain section 14); periods without any event are left out."""

    name: str
    total: int
    series: tuple[Moment, ...] = ()


class Sample(msgspec.Struct, frozen=True):
    """A masked example; `request` and `response` where something was sent and kept."""

    message_id: str | None
    time: str | None
    status: int | None
    request: str | None
    response: str | None


class Reason(msgspec.Struct, frozen=True):
    """Why events did not arrive, how many, and some of them."""

    step: str
    reason: str
    total: int
    samples: tuple[Sample, ...] = ()


class Latency(msgspec.Struct, frozen=True):
    """Estimates in ms of the time from receipt to the destination's answer; None without any."""

    p50: int | None
    p95: int | None
    p99: int | None


class Overview(msgspec.Struct, frozen=True):
    """Live events only: replays have accounts of their own."""

    source: str
    connection: str
    since: str
    until: str
    granularity: str
    steps: tuple[Step, ...]
    reasons: tuple[Reason, ...]
    latency: Latency
    waiting: int
    """Deliveries that wait for their next attempt now."""


class Rejected(msgspec.Struct, frozen=True):
    """What collection refused of one source: counts by code in time, and some samples."""

    moments: tuple[tuple[int, str, int], ...]
    samples: dict[str, tuple[str, ...]]


async def overview(
    log: EventLog,
    ledgers: LedgerReader,
    connection: Connection,
    source: Source,
    span: tuple[int, int],
    granularity: str = "hour",
) -> Overview:
    """What happened in [since, until), in milliseconds, widened to whole periods.

    Received is counted by when the log took the events, everything else by when it ended.
    Raises `ValueError` for a granularity that gives too many points.
    """
    lanes = frozenset(
        each.lane.lane
        for each in ledgers.accounts()
        if each.lane.connection == connection.number and each.lane.kind == "live"
    )
    query = SeriesQuery(lanes, *span, granularity, ("class", "reason"))
    query.check()
    periods = _periods(query)
    points = ledgers.series(query)
    refused = await rejected(log, source.number, periods)
    waiting = ledgers.waiting()
    return Overview(
        source.slug,
        connection.slug,
        iso(periods[0]),
        iso(periods[-1]),
        granularity,
        (
            _step("received", await _received(log, source.number, periods)),
            _step("failed_on_ingest", ((at, n) for at, _, n in refused.moments)),
            *(_step(name, _chosen(points, is_of)) for name, is_of in STEPS.items()),
        ),
        (*_refusals(refused), *_reasons(ledgers, points, lanes, periods)),
        _latency(points),
        sum(waiting.get(lane, 0) for lane in lanes),
    )


def _is_at_source(cls: str, reason: str) -> bool:
    return cls == "suppressed" or (cls == "filtered" and reason in AT_SOURCE)


STEPS: Mapping[str, Callable[[str, str], bool]] = {
    "filtered_at_source": _is_at_source,
    "filtered_at_destination": lambda cls, reason: cls == "filtered" and reason not in AT_SOURCE,
    "failed_delivery": lambda cls, _: cls in {"dead_lettered", "discarded"},
    "successful_delivery": lambda cls, _: cls == "delivered",
}
"""The steps that lanes count, by the class and the reason of an event's end."""


def _periods(query: SeriesQuery) -> list[int]:
    """Where each period begins, and where the last one ends, in ms."""
    low, high = query.minutes
    size = PERIODS[query.granularity]
    if (high - low) // size > MOST_POINTS:
        raise ValueError(
            f"{(high - low) // size} points are too many: ask for a shorter time, or for longer"
            f" periods than a {query.granularity}"
        )
    return [minute * 60_000 for minute in range(low, high + 1, size)]


def _step(name: str, counts: Iterable[tuple[int, int]]) -> Step:
    sums: Counter[int] = Counter()
    for at, n in counts:
        sums[at] += n
    moments = tuple(Moment(iso(at), n) for at, n in sorted(sums.items()) if n)
    return Step(name, sum(moment.count for moment in moments), moments)


def _chosen(
    points: Iterable[Point], is_of: Callable[[str, str], bool]
) -> Iterable[tuple[int, int]]:
    return [(point.at, point.n) for point in points if is_of(*map(str, point.group))]


async def _received(log: EventLog, source: int, periods: list[int]) -> list[tuple[int, int]]:
    counts = await received(log, periods)
    return [(at, each.get(source, 0)) for at, each in zip(periods, counts, strict=False)]


async def rejected(log: EventLog, source: int, periods: list[int]) -> Rejected:
    """What collection refused; `periods` begin at these times but for the last, which ends one.

    Goes through the frames of the time; those of events are not decoded.
    """
    floor = (await log.floors())[0]
    low = Position(max((await log.at(periods[0]))[0], floor))
    high = (await log.at(periods[-1]))[0]
    moments: list[tuple[int, str, int]] = []
    samples: dict[str, tuple[str, ...]] = {}
    size = periods[1] - periods[0]
    turns = itertools.cycle(range(FRAMES_A_TURN))
    async for frame in log.read(0, low, stop=high):
        if next(turns) == 0:
            await asyncio.sleep(0)  # others want the loop, too
        if frame.kind is FrameKind.TALLY:
            at = periods[0] + (frame.appended_at - periods[0]) // size * size
            for each in frame.rejections():
                if each.source == source:
                    moments.append((at, each.code, each.count))
                    known = samples.get(each.code, ())
                    samples[each.code] = (*known, *each.samples)[-MOST_SAMPLES:]
    return Rejected(tuple(moments), samples)


def _refusals(rejected: Rejected) -> list[Reason]:
    sums: Counter[str] = Counter()
    for _, code, n in rejected.moments:
        sums[code] += n
    return [
        Reason(
            "failed_on_ingest",
            code,
            n,
            tuple(Sample(None, None, None, text, None) for text in rejected.samples[code]),
        )
        for code, n in sums.most_common()
    ]


def _reasons(
    ledgers: LedgerReader, points: Iterable[Point], lanes: frozenset[int], periods: list[int]
) -> list[Reason]:
    """Why events ended on the way, the most frequent first."""
    sums: Counter[tuple[str, str]] = Counter()
    for point in points:
        cls, reason = map(str, point.group)
        if cls != "delivered":
            sums[cls, reason] += point.n
    return [
        Reason(
            next(name for name, is_of in STEPS.items() if is_of(cls, reason)),
            reason or cls,
            n,
            _samples(ledgers, lanes, reason, periods) if cls == "dead_lettered" else (),
        )
        for (cls, reason), n in sums.most_common()
        if n
    ]


def _samples(
    ledgers: LedgerReader, lanes: frozenset[int], reason: str, periods: list[int]
) -> tuple[Sample, ...]:
    """The newest dead letters of a reason, with what was sent and answered last."""
    letters = ledgers.letters(
        LetterFilter(
            lanes,
            reason=reason,
            since=periods[0],
            until=periods[-1],
            limit=MOST_SAMPLES,
            newest_first=True,
        )
    )
    return tuple(_sample(ledgers, each) for each in letters)


def _sample(ledgers: LedgerReader, each: Letter) -> Sample:
    letter = each.letter
    tries = ledgers.find_attempts(
        AttemptFilter(
            lanes=frozenset({letter.lane}),
            places=frozenset({(letter.partition, letter.position)}),
            subscription=letter.subscription,
            limit=MOST_SAMPLES,
        )
    ).attempts
    kept: Any = next((attempt for _, attempt in tries if attempt.request is not None), None)
    return Sample(
        letter.message_id,
        iso(letter.at),
        letter.status,
        text(kept.request) if kept else None,
        text(kept.response) if kept else None,
    )


def text(sample: bytes | None) -> str | None:
    """A masked sample as it can be shown."""
    return None if sample is None else sample.decode("utf-8", "replace")


def _latency(points: Iterable[Point]) -> Latency:
    delivered = [point.latencies for point in points if point.group[0] == "delivered"]
    sums = [sum(column) for column in zip(*delivered, strict=True)]
    return Latency(*(percentile(sums, share) for share in (0.5, 0.95, 0.99)))

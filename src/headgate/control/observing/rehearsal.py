"""What a replay would send: counted exactly from the log and the ledgers, sending nothing."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from headgate.clock import iso
from headgate.control.replays import selection_of
from headgate.events.complete import complete
from headgate.ledger.ranges import unpack
from headgate.log.port import Verdict
from headgate.route import Router, SourceRules
from headgate.route.selection import NOT_SELECTED, left

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from headgate.control.commands import Target
    from headgate.control.replays import Asked
    from headgate.ledger.port import LaneAccount, LedgerReader
    from headgate.log.port import EventLog, Frame, Span, Stored
    from headgate.route.selection import Deliveries

CHUNK = 5_000
"""Events whose deliveries are looked up at once."""


class Rehearsal(msgspec.Struct, frozen=True, omit_defaults=True, rename={"since": "from"}):
    """`headgate replay … --dry-run --json` (contract section 5).

    `events` were asked for, `deliveries` would be made of them, `already_delivered` would not be
    made, as they succeeded before, or would be made again where that was asked for.
    `left_to_live`, where there are any, are events that the live lane has not closed yet: it sends
    them itself.
    """

    events: int
    deliveries: int
    already_delivered: int
    since: str
    until: str
    left_to_live: int = 0


class _Wanted(NamedTuple):
    position: int
    subscriptions: tuple[str, ...]


class _Counts:
    def __init__(self) -> None:
        self.events = self.deliveries = self.already = self.left = 0
        self.earliest: int | None = None


async def rehearse(
    log: EventLog,
    ledgers: LedgerReader,
    target: Target,
    asked: Asked,
    span: Span,
    now_ms: int,
    *,
    most: int = CHUNK,
) -> Rehearsal:
    """Read the span once, a chunk of about `most` events at a time."""
    counting = _Counting(ledgers, target, asked)
    chunk: list[_Wanted] = []
    low = span.start
    async for frame in log.read(
        0, span.start, stop=span.stop, sources=frozenset({target.source.number})
    ):
        chunk += counting.wanted(frame, span)
        frame.forget()
        await asyncio.sleep(0)  # so that it can be given up
        if len(chunk) >= most:
            counting.settle(chunk, low, frame.next)
            chunk, low = [], frame.next
    counting.settle(chunk, low, span.stop)
    counts = counting.counts
    since = asked.since if asked.since is not None else counts.earliest
    until = asked.until if asked.until is not None else now_ms
    return Rehearsal(
        events=counts.events,
        deliveries=counts.deliveries,
        already_delivered=counts.already,
        since=iso(until if since is None else since),
        until=iso(until),
        left_to_live=counts.left,
    )


class _Counting:
    def __init__(self, ledgers: LedgerReader, target: Target, asked: Asked) -> None:
        self.counts = _Counts()
        self._ledgers, self._asked, self._target = ledgers, asked, target
        self._selection = selection_of(asked)
        self._router = Router(target.connection, SourceRules(target.source))
        lanes = [
            each for each in ledgers.accounts() if each.lane.connection == target.connection.number
        ]
        self._lanes = frozenset(each.lane.lane for each in lanes)
        live = next((each for each in lanes if each.lane.kind == "live"), None)
        self._live = _Live(ledgers, live, (target.connection.start or {}).get(0, 0))

    def wanted(self, frame: Frame, span: Span) -> Iterator[_Wanted]:
        """The events of a frame that were asked for, and the subscriptions that want them."""
        since, until = self._asked.since, self._asked.until
        if since is not None and frame.received_max < since:
            return
        if until is not None and frame.received_min >= until:
            return
        for stored in frame.events(frozenset({self._target.source.number})):
            if span.start <= stored.position < span.stop:
                event = self._selected(stored)
                if event is not None:
                    yield _Wanted(
                        stored.position, self._router.decide(self._router.replayed(event)).wanted
                    )

    def _selected(self, stored: Stored) -> dict[str, object] | None:
        record = stored.record
        if stored.verdict is not Verdict.LIVE or record is None:
            return None
        if not self._selection.covers(record.received_at):
            return None
        event = complete(record, stored.defaults, self._target.source.id)
        if not self._selection.selects(event):
            return None
        if self.counts.earliest is None or record.received_at < self.counts.earliest:
            self.counts.earliest = record.received_at
        return event

    def settle(self, chunk: Sequence[_Wanted], low: int, high: int) -> None:
        """Count what came of [low, high), by one look into the ledgers."""
        if not chunk:
            return
        owed = self._live.owed(low, high)
        delivered = self._ledgers.delivered(self._lanes, 0, low, high)
        tried: frozenset[tuple[int, str]] = frozenset()
        if self._asked.only == "failed":
            tried = self._ledgers.tried(self._lanes, 0, low, high)
        for wanted in chunk:
            if owed.holds(wanted.position):
                self.counts.left += 1
            else:
                self._count(wanted, delivered, tried)

    def _count(self, wanted: _Wanted, delivered: Deliveries, tried: Deliveries) -> None:
        position, subscriptions = wanted
        only, again = self._asked.only, self._asked.again
        to_send, reason = left(
            position, subscriptions, delivered=delivered, tried=tried, only=only, again=again
        )
        if subscriptions and reason == NOT_SELECTED:
            return
        self.counts.events += 1
        self.counts.deliveries += len(to_send)
        self.counts.already += sum((position, each) in delivered for each in subscriptions)


class _Owed(NamedTuple):
    """Which positions the live lane has not closed: open ones, and those ahead but not done."""

    start: int
    cursor: int
    done: Sequence[tuple[int, int]]
    opened: frozenset[int]

    def holds(self, position: int) -> bool:
        if position < self.start:
            return False
        if position < self.cursor or position in self.opened:
            return position in self.opened
        at = bisect_right(self.done, position, key=lambda each: each[0]) - 1
        return at < 0 or position >= self.done[at][1]


class _Live:
    """The live lane as it stood when the count began."""

    def __init__(self, ledgers: LedgerReader, account: LaneAccount | None, start: int) -> None:
        self._ledgers, self._account = ledgers, account
        place = account.places[0] if account is not None else None
        self._start = place.start if place else start
        self._cursor = place.cursor if place else start
        self._done = unpack(place.cursor, place.done) if place else []

    def owed(self, low: int, high: int) -> _Owed:
        opened: frozenset[int] = frozenset()
        if self._account is not None:
            opened = self._ledgers.open_positions(self._account.lane.lane, 0, low, high)
        return _Owed(self._start, self._cursor, self._done, opened)

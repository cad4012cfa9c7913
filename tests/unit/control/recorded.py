"""Events in a log, and what lanes did with them, for the tests of what reads both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from headgate.ledger.port import Attempt, LaneRow, OpenRow, PlaceRow, Tick
from headgate.ledger.ranges import gaps, pack
from headgate.log.encode import event_batch
from headgate.log.memory import MemoryLog
from headgate.log.port import Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from headgate.ledger.memory import MemoryLedger

NOW = 1_795_374_000_000
LIVE = 1


class Moving:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = NOW

    def now_ms(self) -> int:
        return self.now

    def monotonic(self) -> float:
        return self.now / 1000


class Recorded:
    """A log in memory; each append is a frame."""

    def __init__(self, *, roll: int = 1000) -> None:
        self.clock = Moving()
        self.log = MemoryLog(self.clock, roll=roll)
        self._count = 0

    async def append(self, *events: dict[str, Any], source: int = 1) -> list[int]:
        """Positions of events; one without a messageId is a message of its own."""
        named = [{"messageId": self._name(), "context": {}, **event} for event in events]
        keys = self.log.keys()
        joined = b"".join(keys.of(source, event["messageId"]) for event in named)
        records = [self._record(source, event) for event in named]
        appended = await self.log.append(0, event_batch(records, joined, ()))
        return [int(appended.first) + index for index in range(len(events))]

    def _name(self) -> str:
        self._count += 1
        return f"m{self._count}"

    def _record(self, source: int, event: dict[str, Any]) -> Record:
        return Record(
            source,
            self.clock.now,
            event["messageId"],
            event["type"],
            event.get("userId"),
            event.get("anonymousId"),
            self.clock.now,
            None,
            -1,
            msgspec.json.encode(event),
        )


def tried(
    ledger: MemoryLedger, position: int, subscription: str, outcome: str, *, lane: int = LIVE
) -> None:
    """One attempt on record."""
    attempt = Attempt(0, position, lane, subscription, 0, NOW, 5, 200, outcome, "", 1)
    ledger.commit(Tick(attempts=[attempt]))


def live_lane(
    ledger: MemoryLedger, start: int, stop: int, *, ahead: Iterable[int] = (), opened: Sequence[int]
) -> None:
    """The live lane: it has claimed [start, stop) and closed all but what is ahead, or open."""
    cursor, done = gaps(start, stop, sorted(ahead))
    place = PlaceRow(LIVE, 0, start, 0, None, cursor, pack(cursor, done))
    rows = [OpenRow(LIVE, 0, position, (), ("sub",), "delivered") for position in opened]
    ledger.commit(Tick(lanes=[LaneRow(LIVE, LIVE, "ws", LIVE, 1)], places=[place], opened=rows))

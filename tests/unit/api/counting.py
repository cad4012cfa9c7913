"""A workspace whose events are known: what came in, what was refused, what ended and when."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from headgate.clock import iso
from headgate.ledger.memory import MemoryLedger
from headgate.ledger.port import LaneRow, SeriesKey, Tick
from headgate.log.encode import event_batch
from headgate.log.memory import MemoryLog
from headgate.log.port import Position, Record, Rejection, TallyBatch
from headgate.store.connections import Connections
from headgate.store.sources import Sources
from tests.unit.api.asking import NOW, asking

if TYPE_CHECKING:
    from pathlib import Path

    from headgate.log.port import Batch
    from headgate.store.records import ConnectionRecord, SourceRecord
    from tests.unit.api.asking import Answer, Asking

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
BEGIN = NOW // DAY * DAY
"""The beginning of today."""


class Counting:
    """`shop` with a connection, `app` beside it, and `theirs` in another workspace."""

    def __init__(self, folder: Path) -> None:
        self.asking: Asking = asking(folder)
        self.clock = self.asking.clock
        self.log, self.ledger = MemoryLog(self.clock), MemoryLedger()
        control = self.asking.control
        control.premises = replace(control.premises, log=self.log, ledgers=self.ledger)
        self.shop = self._source("shop")
        self.hook = self._connection("hook")
        self.app, self.theirs = self._source("app"), self._source("theirs", self.asking.other.id)
        self._messages = 0
        self.lane(self.hook.number)

    def _source(self, slug: str, workspace: str | None = None) -> SourceRecord:
        with self.asking.store.write() as transaction:
            sources = Sources(transaction, workspace or self.asking.workspace.id)
            return sources.add(slug=slug, name=slug, enabled=True, answers="strict", labels={})

    def _connection(self, slug: str) -> ConnectionRecord:
        with self.asking.store.write() as transaction:
            connections = Connections(transaction, self.asking.workspace.id)
            return connections.add(slug=slug, source=self.shop.id, destination="webhook")

    def lane(self, number: int, kind: str = "live", workspace: str | None = None) -> None:
        """A lane that reads `shop`."""
        of = workspace or self.asking.workspace.id
        row = LaneRow(number, number, of, number, self.shop.number, kind)
        self.ledger.commit(Tick(lanes=[row]))

    def receive(self, at: int, n: int, source: SourceRecord | None = None, again: int = 0) -> None:
        """`n` events, and the last message `again` as often."""
        of = source or self.shop
        names = [f"m{self._messages + index}" for index in range(n)]
        names += names[-1:] * again
        self._messages += n
        keys = b"".join(self.log.keys().of(of.number, name) for name in names)
        records = [
            Record(of.number, at, name, "track", "u", None, at, None, -1, b"{}") for name in names
        ]
        self._append(at, event_batch(records, keys, ()))

    def refuse(self, at: int, code: str, n: int, source: SourceRecord | None = None) -> None:
        self._append(at, TallyBatch((Rejection((source or self.shop).number, code, n),)))

    def _append(self, at: int, batch: Batch) -> None:
        now, self.clock.now = self.clock.now, at
        asyncio.run(self.log.append(0, batch))
        self.clock.now = now

    def end(
        self, at: int, n: int, cls: str, reason: str = "", *, lane: int | None = None, **event: str
    ) -> None:
        """`n` events, or deliveries, that ended so."""
        number = self.hook.number if lane is None else lane
        type_, name = event.get("type", "track"), event.get("name", "Paid")
        key = SeriesKey(number, at // MINUTE, cls, reason, type_, name)
        self.ledger.commit(Tick(series={key: [n, *[0] * 7]}))

    def get(self, path: str, token: str | None = None, **query: Any) -> Answer:
        return self.asking.call("GET", path, token=token, **query)

    def trim(self, at: int) -> None:
        """Let the log forget what was taken in before."""

        async def trimmed() -> None:
            place = (await self.log.at(at))[0]
            await self.log.raise_floor({0: Position(place)})
            await self.log.trim({0: Position(place)})

        asyncio.run(trimmed())


def window(since: int, until: int, granularity: str = "HOUR") -> dict[str, str]:
    return {"startTime": iso(since), "endTime": iso(until), "granularity": granularity}


def counts(series: list[Any]) -> dict[str, int]:
    return {each["time"]: each["count"] for each in series}

"""The account of every source and connection: received, how it ended, what is pending."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from headgate.ledger.port import CLASSES, LaneAccount, LedgerReader
from headgate.ledger.ranges import unpack
from headgate.log.port import Counts, EventLog, Position

if TYPE_CHECKING:
    from headgate.ledger.port import PlaceRow
    from headgate.store.snapshot import Connection, Snapshot, Source


class Account(msgspec.Struct, frozen=True):
    """One line of `headgate ledger --json` (contract section 5); `balance` must be 0."""

    source: str
    connection: str | None
    kind: str | None
    received: int
    delivered: int | None = None
    filtered: int | None = None
    suppressed: int | None = None
    discarded: int | None = None
    dead_lettered: int | None = None
    pending: int | None = None
    duplicates: int = 0
    balance: int | None = None
    reasons: dict[str, dict[str, int]] | None = None


async def accounts(log: EventLog, ledgers: LedgerReader, snapshot: Snapshot) -> list[Account]:
    """All lanes, and the sources that have none.

    The ledger is read first and the head after it, and that one head serves received and
    pending alike: so the balance holds on a running system, too (data-path section 2).
    """
    lanes = [account for account in ledgers.accounts() if account.lane.state != "ended"]
    head = (await log.heads())[0]
    rows = [
        await _of_lane(log, head, account, snapshot.sources[account.lane.source], connection)
        for account in lanes
        if (connection := snapshot.connections.get(account.lane.connection)) is not None
    ]
    with_lane = {account.lane.source for account in lanes if account.lane.state == "running"}
    return rows + [
        await _of_source(log, head, source)
        for source in snapshot.sources.values()
        if source.number not in with_lane
    ]


async def _of_source(log: EventLog, head: Position, source: Source) -> Account:
    counts = await log.count(source.number, 0, Position(0), head)
    return Account(source.slug, None, None, received=counts.events, duplicates=counts.duplicates)


async def _of_lane(
    log: EventLog, head: Position, account: LaneAccount, source: Source, connection: Connection
) -> Account:
    (place,) = account.places
    received, duplicates = await _received(log, source.number, place, head)
    pending = await _pending(log, source.number, place, head) + account.opened
    sums = dict.fromkeys(CLASSES, 0)
    reasons: dict[str, dict[str, int]] = {}
    for cls, reason, n in account.tallies:
        sums[cls] += n
        if reason:
            reasons.setdefault(cls, {})[reason] = n
    return Account(
        source.slug,
        connection.slug,
        account.lane.kind,
        received=received,
        **sums,
        pending=pending,
        duplicates=duplicates,
        balance=received - sum(sums.values()) - pending,
        reasons=reasons,
    )


async def _received(log: EventLog, source: int, place: PlaceRow, head: Position) -> Counts:
    """N(start, head), by the cumulative count that was noted when the lane started."""
    total = await log.count(source, 0, Position(0), head)
    before = await log.count(source, 0, Position(0), Position(place.start))
    return Counts(total.events - place.base, total.duplicates - before.duplicates)


async def _pending(log: EventLog, source: int, place: PlaceRow, head: Position) -> int:
    """N(cursor, head) - N(done ranges): counted, never derived from the other numbers."""
    ahead = (await log.count(source, 0, Position(place.cursor), head)).events
    done = 0
    for low, high in unpack(place.cursor, place.done):
        done += (await log.count(source, 0, Position(low), Position(high))).events
    return ahead - done

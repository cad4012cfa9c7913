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
    """One line of `headgate ledger --json` (contract section 5); `balance` must be 0.

    `state` is that of the lane: running, held (the connection is off, or cannot be used), paused
    or ended; `paused` says by what, and `replay` of which replay it is the lane.
    """

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
    state: str | None = None
    paused: str | None = None
    replay: str | None = None


async def accounts(
    log: EventLog, ledgers: LedgerReader, snapshot: Snapshot, *, ended: bool = False
) -> list[Account]:
    """All lanes, and the sources without an enabled connection; ended replays on demand.

    The ledger is read first and the head after it, and that one head serves received and
    pending alike: so the balance holds on a running system, too (data-path section 2).
    """
    lanes = [
        (account, snapshot.connections[account.lane.connection])
        for account in ledgers.accounts()
        if account.lane.connection in snapshot.connections and _is_shown(account, ended=ended)
    ]
    head = (await log.heads())[0]
    rows = [
        await _of_lane(log, head, account, snapshot.sources[account.lane.source], connection)
        for account, connection in lanes
    ]
    served = {
        account.lane.source
        for account, connection in lanes
        if connection.enabled and not account.lane.replay_id
    }
    return rows + [
        await _of_source(log, head, source)
        for source in snapshot.sources.values()
        if source.number not in served
    ]


def _is_shown(account: LaneAccount, *, ended: bool) -> bool:
    return account.lane.state != "ended" or (ended and account.lane.kind == "replay")


async def _of_source(log: EventLog, head: Position, source: Source) -> Account:
    counts = await log.count(source.number, 0, Position(0), head)
    return Account(source.slug, None, None, received=counts.events, duplicates=counts.duplicates)


async def _of_lane(
    log: EventLog, head: Position, account: LaneAccount, source: Source, connection: Connection
) -> Account:
    (place,), lane = account.places, account.lane
    end = head if place.stop is None else Position(min(place.stop, head))
    received, duplicates = await _received(log, source.number, place, end)
    pending = await pending_of(log, source.number, place, end) + account.opened
    sums = dict.fromkeys(CLASSES, 0)
    reasons: dict[str, dict[str, int]] = {}
    for cls, reason, n in account.tallies:
        sums[cls] += n
        if reason:
            reasons.setdefault(cls, {})[reason] = n
    return Account(
        source.slug,
        connection.slug,
        lane.kind,
        received=received,
        **sums,
        pending=pending,
        duplicates=duplicates,
        balance=received - sum(sums.values()) - pending,
        reasons=reasons,
        state=lane.state,
        paused=lane.reason if lane.state == "paused" else None,
        replay=lane.replay_id or None,
    )


async def _received(log: EventLog, source: int, place: PlaceRow, end: Position) -> Counts:
    """N(start, end), by the cumulative count that was noted when the lane started."""
    total = await log.count(source, 0, Position(0), end)
    before = await log.count(source, 0, Position(0), Position(place.start))
    return Counts(total.events - place.base, total.duplicates - before.duplicates)


async def pending_of(log: EventLog, source: int, place: PlaceRow, end: Position) -> int:
    """N(cursor, end) - N(done ranges): counted, never derived from the other numbers."""
    ahead = (await log.count(source, 0, Position(place.cursor), end)).events
    done = 0
    for low, high in unpack(place.cursor, place.done):
        done += (await log.count(source, 0, Position(low), Position(high))).events
    return ahead - done

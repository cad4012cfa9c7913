"""How far replays are: from their commands, and from the accounts of their lanes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from headgate.clock import iso
from headgate.control.errors import Refused
from headgate.control.replays import Only
from headgate.ledger.ranges import unpack
from headgate.log.port import Position
from headgate.route.selection import ALREADY, NOT_SELECTED, STILL_OWED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headgate.ledger.port import LaneAccount, LedgerReader
    from headgate.log.port import EventLog
    from headgate.store.snapshot import Command, Snapshot


ACCEPTED = "accepted"
"""The state of a replay that no deliver process has begun yet."""


class Progress(msgspec.Struct, frozen=True):
    """One replay: `headgate replays show ID --json`.

    `events` lie in its span, of its source; `selected` are those of them that it has read and that
    were asked for. `pending` have not been closed yet, `share` is the part that has been.
    `left_to_live` were not read by it, as the live lane has yet to deliver them.
    """

    id: str
    connection: str
    source: str
    state: str
    reason: str
    at: str
    events: int
    selected: int
    delivered: int
    already_delivered: int
    filtered: int
    dead_lettered: int
    discarded: int
    left_to_live: int
    pending: int
    share: float
    only: Only
    again: bool
    rate: float | None


async def progress(log: EventLog, ledgers: LedgerReader, snapshot: Snapshot) -> list[Progress]:
    """All replays of all workspaces that are still known, in the order in which they began."""
    lanes = {each.lane.replay_id: each for each in ledgers.accounts() if each.lane.replay_id}
    return [
        await _of(log, lanes.get(command.id), command, snapshot)
        for command in snapshot.commands.values()
        if command.kind == "replay"
    ]


def one(found: Iterable[Progress], replay: str) -> Progress:
    """Raises Refused."""
    for each in found:
        if each.id == replay:
            return each
    raise Refused(f"there is no replay {replay}: `headgate replays list` shows those there are")


async def _of(
    log: EventLog, account: LaneAccount | None, command: Command, snapshot: Snapshot
) -> Progress:
    connection = snapshot.connections[command.connection]
    source = snapshot.sources[connection.source]
    events = await _count(log, source.number, command.args["start"], command.args["stop"])
    ahead = events if account is None else await _ahead(log, source.number, account)
    tallies = account.tallies if account is not None else ()
    sums = dict.fromkeys(("delivered", "filtered", "suppressed", "discarded", "dead_lettered"), 0)
    for cls, _, n in tallies:
        sums[cls] += n
    filtered = {reason: n for cls, reason, n in tallies if cls == "filtered"}
    unselected, owed = filtered.get(NOT_SELECTED, 0), filtered.get(STILL_OWED, 0)
    already = filtered.get(ALREADY, 0)
    opened = account.opened if account is not None else 0
    closed = sum(sums.values())
    return Progress(
        id=command.id,
        connection=connection.slug,
        source=source.slug,
        state=account.lane.state if account is not None else ACCEPTED,
        reason=account.lane.reason if account is not None else "",
        at=iso(command.at),
        events=events,
        selected=closed + opened - unselected - owed,
        delivered=sums["delivered"],
        already_delivered=already,
        filtered=sums["filtered"] - unselected - owed - already,
        dead_lettered=sums["dead_lettered"],
        discarded=sums["discarded"] + sums["suppressed"],
        left_to_live=owed,
        pending=ahead + opened,
        share=round(closed / events, 4) if events else 1.0,
        only=command.args["only"],
        again=command.args["again"],
        rate=command.args["rate"],
    )


async def _ahead(log: EventLog, source: int, account: LaneAccount) -> int:
    """N(cursor, stop) without what is finished in between: counted, never derived."""
    (place,) = account.places
    if place.stop is None or account.lane.state == "ended":
        return 0
    ahead = await _count(log, source, place.cursor, place.stop)
    for low, high in unpack(place.cursor, place.done):
        ahead -= await _count(log, source, low, high)
    return ahead


async def _count(log: EventLog, source: int, start: int, stop: int) -> int:
    return (await log.count(source, 0, Position(start), Position(stop))).events

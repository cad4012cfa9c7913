"""Lanes: where each connection and each replay stands, and what it is told to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from headgate.clock import iso
from headgate.control.commands import NOTED, Desk, Given, awaited, commandable, take
from headgate.control.observing.accounts import pending_of
from headgate.control.observing.sight import accounts_of, ledgers_of, look, sight
from headgate.log.errors import Trimmed
from headgate.log.port import Position

if TYPE_CHECKING:
    from headgate.control.observing.sight import Sight
    from headgate.control.work import Work
    from headgate.ledger.port import LaneAccount
    from headgate.log.port import EventLog
    from headgate.store.records import ConnectionRecord
    from headgate.store.snapshot import CommandKind

WAIT_SECONDS = 5.0
"""How long a caller waits for the owner of a lane."""
Waits: TypeAlias = Callable[[], Given]
"""Gives what came of a command, once it is committed; raises Refused as its owner does."""


class Lane(msgspec.Struct, frozen=True):
    """A lane as it stands. `state` is running, held, paused or ended, `reason` says why.

    `pending` events are neither delivered nor given up; the oldest of them that was not begun was
    received `lag_ms` ago. `waiting` deliveries wait for their next attempt, the first of which is
    due at `next_attempt`.
    """

    id: str
    kind: str
    source: str
    connection: str
    connection_id: str
    replay: str | None
    state: str
    reason: str
    pending: int
    lag_ms: int | None
    waiting: int
    next_attempt: str | None


def listed(work: Work, *, ended: bool = False) -> list[Lane]:
    """Those of all connections that the actor sees, replays behind. Raises Forbidden."""
    seen = sight(work)
    accounts = [each for each in accounts_of(work, seen) if ended or each.lane.state != "ended"]
    ledgers = ledgers_of(work)
    waiting, dues = ledgers.waiting(), ledgers.dues()
    measured = look(work, lambda log: _measured(log, accounts, work.now))
    return [
        _lane(seen, account, pending, lag, waiting.get(account.lane.lane, 0), dues)
        for account, (pending, lag) in zip(accounts, measured, strict=True)
    ]


def _lane(
    seen: Sight,
    account: LaneAccount,
    pending: int,
    lag: int | None,
    waiting: int,
    dues: dict[int, int],
) -> Lane:
    row = account.lane
    connection = next(each for each in seen.connections if each.number == row.connection)
    source = next(each for each in seen.sources if each.id == connection.source)
    due = dues.get(row.lane) if row.state == "running" else None
    return Lane(
        id=row.replay_id or connection.id,
        kind=row.kind,
        source=source.slug,
        connection=connection.slug,
        connection_id=connection.id,
        replay=row.replay_id or None,
        state=row.state,
        reason=row.reason,
        pending=pending,
        lag_ms=lag,
        waiting=waiting,
        next_attempt=None if due is None else iso(due),
    )


async def _measured(
    log: EventLog, accounts: list[LaneAccount], now: int
) -> list[tuple[int, int | None]]:
    """(pending, lag) of each lane, up to one end of the log."""
    head = (await log.heads())[0]
    return [await _measure(log, each, head, now) for each in accounts]


async def _measure(
    log: EventLog, account: LaneAccount, head: Position, now: int
) -> tuple[int, int | None]:
    if not account.places or account.lane.state == "ended":
        return account.opened, None
    (place,) = account.places
    end = head if place.stop is None else Position(min(place.stop, head))
    pending = await pending_of(log, account.lane.source, place, end) + account.opened
    if not pending:
        return 0, None
    return pending, await _lag(log, account.lane.source, Position(place.cursor), end, now)


async def _lag(log: EventLog, source: int, cursor: Position, end: Position, now: int) -> int | None:
    """Since when the first event waits that the lane has not passed; None where all are begun."""
    try:
        async for frame in log.read(0, cursor, stop=end, sources=frozenset({source})):
            return max(0, now - frame.received_min)
    except Trimmed:
        return None
    return None


# what they are told


def pause(work: Work, connection: str) -> Waits:
    """Hold the live lane: its place is kept, nothing is sent, nothing is lost.

    This and what follows raise Missing, Forbidden or Refused.
    """
    return tell(work, work.connection(connection, "write"), "pause", {})


def resume(work: Work, connection: str, *, skip: bool = False) -> Waits:
    """Let the live lane go on, or first close what waited as discarded."""
    return tell(work, work.connection(connection, "write"), "resume", {"skip": skip})


def tell(
    work: Work, connection: ConnectionRecord, kind: CommandKind, args: dict[str, Any]
) -> Waits:
    """Take down a command to a connection that the actor may change."""
    workspace = work.workspace.id
    joined = commandable(work.transaction, workspace, id_=connection.id)
    desk = desk_of(work)
    command = take(work.transaction, workspace, desk, joined, kind, args)
    work.is_configuration_changed = True
    work.note(NOTED[kind], "DESTINATION", joined.id, joined.slug)
    return lambda: awaited(desk, command, joined.slug)


def desk_of(work: Work) -> Desk:
    slug, premises = work.workspace.slug, work.premises
    return Desk(
        premises.store, ledgers_of(work), work.now, premises.command_days, slug, WAIT_SECONDS
    )

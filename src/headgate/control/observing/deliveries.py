"""Attempts and dead letters, as people search for them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from headgate.clock import iso
from headgate.control.errors import Refused
from headgate.control.observing.overview import text
from headgate.ledger.queries import (
    AttemptFilter,
    LetterFilter,
    Mark,
)
from headgate.log.errors import Trimmed
from headgate.log.port import EventLog, Position

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from headgate.ledger.port import Attempt, LaneRow, LedgerReader, Letter
    from headgate.store.snapshot import Connection, Snapshot

_STATUS = re.compile(r"([1-5])xx|([1-5]\d\d)")


class Tried(msgspec.Struct, frozen=True, rename={"message_id": "messageId"}):
    """One attempt. `message_id` is None once the log has dropped the event.

    `request` and `response` are masked, and None where no sample was kept.
    """

    at: str
    connection: str
    replay: str | None
    subscription: str
    message_id: str | None
    position: str
    n: int
    status: int | None
    outcome: str
    reason: str
    ms: int
    request: str | None
    response: str | None


class Attempts(msgspec.Struct, frozen=True):
    """Attempts, newest first; `more` asks for the next ones, None where there are none."""

    attempts: tuple[Tried, ...]
    more: str | None


class Dead(msgspec.Struct, frozen=True, rename={"message_id": "messageId"}):
    """A dead letter; `redriven_at` is when it was last sent again, `closed` what its event is."""

    at: str
    connection: str
    replay: str | None
    subscription: str
    message_id: str
    position: str
    reason: str
    status: int | None
    tries: int
    redriven_at: str | None
    closed: str | None


class Lanes(NamedTuple):
    """The lanes of one connection, or of all, with the connections by number."""

    rows: dict[int, LaneRow]
    connections: dict[int, Connection]

    def of(self, lane: int) -> tuple[str, str | None]:
        """The slug of a lane's connection, or its number once it is gone; and its replay."""
        row = self.rows[lane]
        known = self.connections.get(row.connection)
        return known.slug if known else str(row.connection), row.replay_id or None

    def id(self, lane: int) -> str:
        """That of its replay, else that of its connection; a number once that is gone."""
        row = self.rows[lane]
        known = self.connections.get(row.connection)
        return row.replay_id or (known.id if known else str(row.connection))

    def subscription(self, lane: int, name: str) -> str:
        """What a subscription is called, or its id once it is gone."""
        known = self.connections.get(self.rows[lane].connection)
        names = {each.id: each.name for each in known.subscriptions} if known else {}
        return names.get(name, name)


def connection_of(snapshot: Snapshot, name: str) -> Connection:
    """The connection with a slug or an id; raises `Refused` where there is none, or several."""
    found = [each for each in snapshot.connections.values() if name in (each.slug, each.id)]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(each.id for each in found)
        raise Refused(f"{len(found)} connections are called {name!r}: name one by its id ({ids})")
    known = ", ".join(sorted(each.slug for each in snapshot.connections.values())) or "none"
    raise Refused(f"there is no connection {name!r}; there are: {known}")


def lanes_of(ledgers: LedgerReader, snapshot: Snapshot, connection: str | None) -> Lanes:
    """Live lanes and replays, those that have ended, too. Raises `Refused`."""
    number = connection_of(snapshot, connection).number if connection is not None else None
    rows = [account.lane for account in ledgers.accounts()]
    chosen = {row.lane: row for row in rows if number in (None, row.connection)}
    return Lanes(chosen, snapshot.connections)


async def attempts(
    log: EventLog, ledgers: LedgerReader, lanes: Lanes, which: AttemptFilter
) -> Attempts:
    """The attempts of these lanes that are meant."""
    found = ledgers.find_attempts(which._replace(lanes=frozenset(lanes.rows)))
    rows = await tries(log, lanes, found.attempts)
    return Attempts(rows, None if found.more is None else written(found.more))


async def tries(
    log: EventLog, lanes: Lanes, found: Sequence[tuple[int, Attempt]]
) -> tuple[Tried, ...]:
    """Attempts of these lanes under the names that people know."""
    names = await _message_ids(log, [each.position for _, each in found])
    return tuple(_tried(lanes, n, each, names.get(each.position)) for n, each in found)


async def places_of(log: EventLog, message_id: str) -> frozenset[tuple[int, int]]:
    """Where the copies of a message are."""
    return frozenset((each.partition, each.position) for each in await log.find(message_id))


def read_statuses(given: str) -> tuple[int, int]:
    """503, or 5xx for a whole class: from the first to below the second; raises `ValueError`."""
    found = _STATUS.fullmatch(given)
    if found is None:
        raise ValueError(f"{given!r} is no status: give one such as 503, or 5xx")
    if found[1]:
        return int(found[1]) * 100, int(found[1]) * 100 + 100
    return int(found[2]), int(found[2]) + 1


def written(mark: Mark) -> str:
    """Where a list goes on, as text; its parts have no comma but for the subscription's id."""
    return ",".join(map(str, (mark.at, mark.partition, mark.position, mark.lane, mark.n))) + (
        f",{mark.subscription}"
    )


def read_mark(given: str) -> Mark:
    """The opposite of `written`; raises `ValueError`."""
    *numbers, subscription = given.split(",", 5)
    try:
        at, partition, position, lane, n = map(int, numbers)
    except ValueError:
        raise ValueError(f"{given!r} is not where a list goes on: take it from `more`") from None
    return Mark(at, partition, position, lane, subscription, n)


async def _message_ids(log: EventLog, positions: Iterable[int]) -> dict[int, str]:
    names: dict[int, str] = {}
    for at in set(positions):
        try:
            async for frame in log.read(0, Position(at), stop=Position(at + 1)):
                for stored in frame.events():
                    if stored.position == at and stored.record is not None:
                        names[at] = stored.record.message_id
        except Trimmed:
            continue
    return names


def _tried(lanes: Lanes, n: int, each: Attempt, message_id: str | None) -> Tried:
    connection, replay = lanes.of(each.lane)
    return Tried(
        iso(each.at),
        connection,
        replay,
        lanes.subscription(each.lane, each.subscription),
        message_id,
        str(each.position),
        n,
        each.status,
        each.outcome,
        each.reason,
        each.ms,
        text(each.request),
        text(each.response),
    )


def dead_letters(ledgers: LedgerReader, lanes: Lanes, which: LetterFilter) -> Sequence[Dead]:
    """The dead letters of these lanes that are meant."""
    return [
        dead(lanes, row) for row in ledgers.letters(which._replace(lanes=frozenset(lanes.rows)))
    ]


def dead(lanes: Lanes, row: Letter) -> Dead:
    letter = row.letter
    connection, replay = lanes.of(letter.lane)
    return Dead(
        iso(letter.at),
        connection,
        replay,
        lanes.subscription(letter.lane, letter.subscription),
        letter.message_id,
        str(letter.position),
        letter.reason,
        letter.status,
        letter.tries,
        None if row.redriven_at is None else iso(row.redriven_at),
        row.closed_class or None,
    )

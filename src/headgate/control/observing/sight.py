"""What an actor sees of the log and the ledgers: that of the sources it may see, and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from headgate.control.commands import Target
from headgate.control.errors import Refused
from headgate.control.observing.deliveries import Lanes
from headgate.control.observing.receipts import log_of
from headgate.store.connections import Connections
from headgate.store.current import current_things
from headgate.store.revision import version
from headgate.store.snapshot import Snapshot
from headgate.store.snapshot.journal import snapshot_of
from headgate.store.sources import Sources

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from headgate.control.work import Work
    from headgate.ledger.port import LaneAccount, LedgerReader
    from headgate.log.port import EventLog
    from headgate.store.records import ConnectionRecord, SourceRecord

T = TypeVar("T")


class Sight(NamedTuple):
    """The sources that an actor may see, and their connections."""

    sources: tuple[SourceRecord, ...]
    connections: tuple[ConnectionRecord, ...]


def sight(work: Work) -> Sight:
    """Raises Forbidden where no role lets the actor see any source."""
    work.check_somewhere("read", "source")
    return visible(work)


def visible(work: Work) -> Sight:
    """Nothing, where no role lets the actor see any source."""
    sources = tuple(
        each for each in Sources(work.transaction, work.workspace.id).all() if work.may_see(each)
    )
    seen = {each.id for each in sources}
    connections = Connections(work.transaction, work.workspace.id).all()
    return Sight(sources, tuple(each for each in connections if each.source in seen))


def seen_snapshot(work: Work, seen: Sight) -> Snapshot:
    """What is configured of that, with its commands."""
    whole = snapshot_of(
        version(work.transaction), current_things(work.transaction, work.workspace.id, None)
    )
    sources = {each.number for each in seen.sources}
    connections = {each.number for each in seen.connections}
    return Snapshot(
        whole.version,
        {number: each for number, each in whole.sources.items() if number in sources},
        {number: each for number, each in whole.connections.items() if number in connections},
        commands={
            name: each for name, each in whole.commands.items() if each.connection in connections
        },
    )


def target_of(work: Work, record: ConnectionRecord) -> Target:
    """A connection as the engine knows it, with its source."""
    source = Sources(work.transaction, work.workspace.id).one(record.source)
    things = current_things(work.transaction, work.workspace.id, (record.id, record.source))
    snapshot = snapshot_of(version(work.transaction), things)
    return Target(snapshot.connections[record.number], snapshot.sources[source.number])


def look(work: Work, asked: Callable[[EventLog], Coroutine[Any, Any, T]]) -> T:
    """Ask the log what may take long: where there is a way to, beside the loop that serves others.

    Raises Refused where there is no log, or where it takes too long.
    """
    if work.premises.apart is not None:
        return work.premises.apart(asked)
    return work.premises.run(asked(log_of(work)))


def ledgers_of(work: Work) -> LedgerReader:
    """Raises Refused where there are none."""
    if work.premises.ledgers is None:
        raise Refused("there are no ledgers here to look into")
    return work.premises.ledgers


def accounts_of(work: Work, seen: Sight, connection: str | None = None) -> list[LaneAccount]:
    """The lanes of what is seen, or of one connection of it, by its id."""
    chosen = {each.number for each in seen.connections if connection in (None, each.id)}
    return [
        account
        for account in ledgers_of(work).accounts()
        if account.lane.workspace == work.workspace.id and account.lane.connection in chosen
    ]


def lanes_of(work: Work, seen: Sight, connection: str | None = None) -> Lanes:
    """The same, under the names that people know. Raises Missing."""
    if connection is not None:
        work.connection(connection)
    rows = {each.lane.lane: each.lane for each in accounts_of(work, seen, connection)}
    return Lanes(rows, seen_snapshot(work, seen).connections)

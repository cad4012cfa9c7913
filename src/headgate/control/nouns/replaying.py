"""Replays: events of the log that go once more to one connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.control import commands
from headgate.control.errors import Missing, Refused
from headgate.control.nouns import lanes
from headgate.control.observing.progress import progress
from headgate.control.observing.rehearsal import rehearse
from headgate.control.observing.sight import ledgers_of, look, seen_snapshot, sight, target_of
from headgate.control.replays import args_of, selection_of, span_of

if TYPE_CHECKING:
    from headgate.control.access.roles import Access
    from headgate.control.nouns.lanes import Waits
    from headgate.control.observing.progress import Progress
    from headgate.control.observing.rehearsal import Rehearsal
    from headgate.control.replays import Asked
    from headgate.control.work import Work
    from headgate.log.port import EventLog
    from headgate.store.records import ConnectionRecord
    from headgate.store.snapshot import CommandKind


def rehearsed(work: Work, asked: Asked) -> Rehearsal:
    """What it would send; `connection` is an id. Raises Missing or Refused."""
    target = target_of(work, _cloud(work, asked.connection, "read"))
    selection_of(asked)
    ledgers = ledgers_of(work)

    async def ask(log: EventLog) -> Rehearsal:
        return await rehearse(log, ledgers, target, asked, await span_of(log, asked), work.now)

    return look(work, ask)


def begin(work: Work, asked: Asked) -> Waits:
    """Raises Missing, Forbidden or Refused."""
    connection = _cloud(work, asked.connection, "write")
    selection_of(asked)
    span = look(work, lambda log: span_of(log, asked))
    return lanes.tell(work, connection, "replay", args_of(asked, span))


def listed(work: Work) -> list[Progress]:
    """How far each is that is still known, the newest first. Raises Forbidden."""
    now, ledgers = seen_snapshot(work, sight(work)), ledgers_of(work)
    found = look(work, lambda log: progress(log, ledgers, now))
    return [*reversed(found)]


def get(work: Work, replay: str) -> Progress:
    """Raises Missing or Forbidden."""
    for each in listed(work):
        if each.id == replay:
            return each
    raise _missing(replay)


def pause(work: Work, replay: str) -> Waits:
    """Hold it; live events go on. Raises Missing, Forbidden or Refused, as what follows does."""
    return _tell(work, replay, "pause")


def resume(work: Work, replay: str) -> Waits:
    return _tell(work, replay, "resume", skip=False)


def cancel(work: Work, replay: str) -> Waits:
    """End it for good; what it has sent stays sent."""
    return _tell(work, replay, "cancel")


def _tell(work: Work, replay: str, kind: CommandKind, **args: bool) -> Waits:
    try:
        connection = commands.replayed(work.transaction, work.workspace.id, replay)
        record = work.connection(connection, "write")
    except (Refused, Missing):
        raise _missing(replay) from None
    return lanes.tell(work, record, kind, {"replay": replay, **args})


def _cloud(work: Work, connection: str, access: Access) -> ConnectionRecord:
    record = work.connection(connection, access)
    return commands.commandable(work.transaction, work.workspace.id, id_=record.id)


def _missing(replay: str) -> Missing:
    return Missing(f"there is no replay {replay}")

"""Tells the lanes of a connection what to do, and waits until their owner has done it.

A command is a record of the store that every snapshot carries; the deliver process that owns the
lane does it once and writes the result into its ledger (data-path section 3). So it works on a
running and on a stopped system.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from headgate.control.access.actor import operator
from headgate.control.errors import Refused
from headgate.control.noting import Note, write_down
from headgate.control.publication import check_publishable, publish_current, wait_in_force
from headgate.control.workspaces import chosen
from headgate.presence import present
from headgate.store.commands import Commands
from headgate.store.connections import Connections
from headgate.store.current import current_things
from headgate.store.revision import raise_version
from headgate.store.snapshot import CommandKind, Connection, Source
from headgate.store.trail import Trail

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from headgate.ledger.port import LedgerReader
    from headgate.store.database import Store, Transaction
    from headgate.store.records import CommandRecord, ConnectionRecord

DAY_MS = 86_400_000
MOST_NAMED = 20
"""How many connections a refusal names of those that there are."""
NOTED: Final[dict[CommandKind, str]] = {
    "pause": "Integration Paused",
    "resume": "Integration Resumed",
    "redrive": "Integration Redriven",
    "replay": "Replay Started",
    "cancel": "Replay Cancelled",
}
"""What the audit trail says of each command."""
_STEP = 0.02


class Desk(NamedTuple):
    """Where commands are given: the store, the ledgers, the time, and how long to wait.

    `keep_days` is how long a command that is done stays; `seconds` bound the wait for its result.
    """

    store: Store
    ledgers: LedgerReader
    now_ms: int
    keep_days: float
    workspace: str | None = None
    seconds: float = 10.0


class Given(msgspec.Struct, frozen=True):
    """A command that was accepted; `result` is what its owner says of it, None until it has.

    `note` says why there is no result yet; `warnings` which processes were not yet told.
    """

    id: str
    kind: CommandKind
    connection: str
    result: dict[str, Any] | None
    note: str = ""
    warnings: tuple[str, ...] = ()


def pause(desk: Desk, connection: str) -> Given:
    """Hold the live lane: its cursor stands, nothing is sent, nothing is lost."""
    return give(desk, "pause", {}, connection=connection)


def resume(desk: Desk, connection: str, *, skip: bool = False) -> Given:
    """Let the live lane go on, or first close what waited as discarded(skipped)."""
    return give(desk, "resume", {"skip": skip}, connection=connection)


def pause_replay(desk: Desk, replay: str) -> Given:
    return give(desk, "pause", {"replay": replay}, replay=replay)


def resume_replay(desk: Desk, replay: str) -> Given:
    return give(desk, "resume", {"replay": replay, "skip": False}, replay=replay)


def cancel_replay(desk: Desk, replay: str) -> Given:
    """End a replay; what it has not sent stays as it was."""
    return give(desk, "cancel", {"replay": replay}, replay=replay)


def give(
    desk: Desk,
    kind: CommandKind,
    args: dict[str, Any],
    *,
    connection: str = "",
    replay: str = "",
) -> Given:
    """Give a command to a connection, by its slug, or to one of its replays, by its id.

    Raises Refused, and then nothing was changed, or what the owner of the lane refused.
    """
    with desk.store.write() as transaction:
        workspace = chosen(transaction, desk.workspace).id
        target = replayed(transaction, workspace, replay) if replay else ""
        joined = commandable(transaction, workspace, slug=connection, id_=target)
        command = take(transaction, workspace, desk, joined, kind, args)
        note = Note(NOTED[kind], "DESTINATION", joined.id, joined.slug)
        write_down(Trail(transaction, workspace), operator(workspace), desk.now_ms, note)
        raise_version(transaction)
        check_publishable(transaction)
    version = publish_current(desk.store)
    told = awaited(desk, command, joined.slug)
    return msgspec.structs.replace(told, warnings=wait_in_force(desk.store.folder.run, version))


def take(
    transaction: Transaction,
    workspace: str,
    desk: Desk,
    joined: ConnectionRecord,
    kind: CommandKind,
    args: dict[str, Any],
) -> CommandRecord:
    """Take down a command to a connection, or to the replay that `args` name. Raises Refused."""
    replay = args.get("replay")
    if replay and replay in ended_replays(desk.ledgers):
        raise Refused(f"replay {replay} has ended: there is nothing to {kind}")
    commands = Commands(transaction, workspace)
    given = commands.all()
    command = commands.add(connection=joined.id, kind=kind, args=args, at=desk.now_ms)
    _prune(transaction, workspace, given, desk)
    return command


def commandable(
    transaction: Transaction, workspace: str, *, slug: str = "", id_: str = ""
) -> ConnectionRecord:
    """A connection that has a lane, or will have one; raises Refused for any other."""
    found = in_cloud(transaction, workspace, slug=slug, id_=id_)
    if found.start is None:
        raise Refused(f"{found.slug} was never enabled, so it has no lane: enable it first")
    return found


def in_cloud(
    transaction: Transaction, workspace: str, *, slug: str = "", id_: str = ""
) -> ConnectionRecord:
    """A connection that Headgate delivers to; raises Refused for any other."""
    connections = Connections(transaction, workspace)
    found = next(iter(connections.all((id_,))), None) if id_ else connections.named(slug)
    if found is None:
        some = [each.slug for each in connections.page(None, MOST_NAMED + 1)]
        rest = ["…"] if len(some) > MOST_NAMED else []
        names = ", ".join(some[:MOST_NAMED] + rest) or "none"
        raise Refused(f"there is no connection {slug or id_}; there is {names}")
    if found.mode != "cloud":
        raise Refused(f"{found.slug} is delivered by pages: Headgate has no lane for it")
    return found


class Target(NamedTuple):
    """A connection with what it is configured to do now, and its source."""

    connection: Connection
    source: Source


def target_of(desk: Desk, slug: str, *, needs_lane: bool = True) -> Target:
    """Raises Refused for a connection that pages deliver, or that has no lane."""
    with desk.store.read() as transaction:
        workspace = chosen(transaction, desk.workspace).id
        find = commandable if needs_lane else in_cloud
        record = find(transaction, workspace, slug=slug)
        things = current_things(transaction, workspace, (record.id, record.source))
    (connection,) = (each for each in things if isinstance(each, Connection))
    (source,) = (each for each in things if isinstance(each, Source))
    return Target(connection, source)


def ended_replays(ledgers: LedgerReader) -> frozenset[str]:
    """The ids of the replays that are over."""
    lanes = [account.lane for account in ledgers.accounts()]
    return frozenset(lane.replay_id for lane in lanes if lane.replay_id and lane.state == "ended")


def replayed(transaction: Transaction, workspace: str, replay: str) -> str:
    """The id of the connection that is replayed to; raises Refused where there is none."""
    for command in Commands(transaction, workspace).all((replay,)):
        if command.kind == "replay":
            return command.connection
    raise Refused(f"there is no replay {replay}: `headgate replays list` shows those there are")


def _prune(
    transaction: Transaction, workspace: str, given: Sequence[CommandRecord], desk: Desk
) -> None:
    """Drop what is done and old; a replay stays while its lane has not ended."""
    old = [each for each in given if each.at < desk.now_ms - desk.keep_days * DAY_MS]
    ended = ended_replays(desk.ledgers) if old else frozenset()
    for command in old:
        is_over = command.kind != "replay" or command.id in ended
        if is_over and desk.ledgers.command(command.id) is not None:
            Commands(transaction, workspace).remove(command.id)


def awaited(desk: Desk, command: CommandRecord, slug: str) -> Given:
    """What the owner of the lane says, within the seconds of the desk. Raises Refused."""
    run, end = desk.store.folder.run, time.monotonic() + desk.seconds
    while True:
        is_running = _delivers(run)
        row = desk.ledgers.command(command.id)
        if row is not None:
            result = msgspec.json.decode(row.result, type=dict[str, Any])
            if "error" in result:
                raise Refused(f"{command.kind} of {slug} was refused: {result['error']}")
            return Given(command.id, command.kind, slug, result)
        if not is_running or time.monotonic() > end:
            note = _waiting(desk.seconds) if is_running else STOPPED
            return Given(command.id, command.kind, slug, None, note)
        time.sleep(_STEP)


STOPPED = "accepted; no deliver process runs, and it is done when one starts"


def _waiting(seconds: float) -> str:
    return f"accepted; the deliver process has not done it within {seconds:g} s, and will"


def _delivers(run: Path) -> bool:
    return any(each.role == "deliver" for each in present(run))

"""Commands reach the lanes of a running and of a stopped system, and say what became of them."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from headgate.control import commands
from headgate.control.commands import DAY_MS, STOPPED, Desk, Given
from headgate.control.errors import Refused, UnknownWorkspace
from headgate.ledger.memory import MemoryLedger
from headgate.ledger.port import REPLAY_LANES, CommandRow, LaneRow, Tick
from headgate.presence import Presence, RoleLock
from headgate.store.database import open_store
from headgate.store.snapshot import SnapshotReader
from tests.unit.control.pretend import EXAMPLE, changed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from headgate.folder import DataFolder
    from headgate.store.snapshot import Command, Snapshot

NOW = 1_795_374_000_000
NEWEST = 1 << 40
ARGS: dict[str, Any] = {"start": 5, "stop": 9, "types": [], "events": [], "filter": None}


@pytest.fixture
def ledger() -> MemoryLedger:
    return MemoryLedger()


@pytest.fixture
def desk(folder: DataFolder, apply: Callable[..., object], ledger: MemoryLedger) -> Iterator[Desk]:
    apply(EXAMPLE)
    with open_store(folder) as store:
        yield Desk(store, ledger, NOW, keep_days=90)


@pytest.fixture
def delivering(folder: DataFolder) -> Iterator[RoleLock]:
    """A deliver process that has every snapshot, and does nothing."""
    lock = RoleLock(folder.run, "deliver")
    lock.say(Presence(role="deliver", index=0, pid=4711, ready=True, snapshot=NEWEST))
    yield lock
    lock.release()


def given_in(published: Callable[[], Snapshot]) -> list[Command]:
    return [*published().commands.values()]


def lane(ledger: MemoryLedger, replay: str, number: int, state: str) -> None:
    row = LaneRow(REPLAY_LANES + number, 1, "ws", 1, 1, "replay", replay, state)
    ledger.commit(Tick(lanes=[row]))


def does(ledger: MemoryLedger, command: str, result: str = "{}") -> None:
    ledger.commit(Tick(commands=[CommandRow(command, 1, NOW, result)]))


def answering(folder: DataFolder, ledger: MemoryLedger, result: str) -> threading.Thread:
    """The owner of the lanes: it does the first command that it finds in a snapshot."""

    def work() -> None:
        reader = SnapshotReader(folder.snapshots)
        while True:
            snapshot = reader.refresh()
            if snapshot is not None and snapshot.commands:
                does(ledger, next(iter(snapshot.commands)), result)
                return
            time.sleep(0.01)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


TELLING: list[tuple[Callable[[Desk], Given], str, dict[str, Any]]] = [
    (lambda desk: commands.pause(desk, "hook"), "pause", {}),
    (lambda desk: commands.resume(desk, "hook"), "resume", {"skip": False}),
    (lambda desk: commands.resume(desk, "hook", skip=True), "resume", {"skip": True}),
]


@pytest.mark.parametrize(("tell", "kind", "args"), TELLING)
def test_a_stopped_system_takes_a_command_for_later(
    desk: Desk,
    published: Callable[[], Snapshot],
    tell: Callable[[Desk], Given],
    kind: str,
    args: dict[str, Any],
) -> None:
    began = time.monotonic()
    given = tell(desk)
    assert (given.kind, given.connection, given.result, given.note) == (kind, "hook", None, STOPPED)
    assert time.monotonic() - began < 5
    (command,) = given_in(published)
    assert (command.id, command.kind, command.args, command.at) == (given.id, kind, args, NOW)
    (connection,) = published().connections.values()
    assert command.connection == connection.number


def test_commands_to_a_replay_go_to_its_connection(
    desk: Desk, published: Callable[[], Snapshot]
) -> None:
    replay = commands.give(desk, "replay", ARGS, connection="hook").id
    commands.pause_replay(desk, replay)
    commands.resume_replay(desk, replay)
    commands.cancel_replay(desk, replay)
    told = [(each.kind, each.args, each.connection) for each in given_in(published)]
    assert told == [
        ("replay", ARGS, 1),
        ("pause", {"replay": replay}, 1),
        ("resume", {"replay": replay, "skip": False}, 1),
        ("cancel", {"replay": replay}, 1),
    ]


def test_what_the_owner_of_the_lane_says_is_the_result(
    desk: Desk, folder: DataFolder, ledger: MemoryLedger, delivering: RoleLock
) -> None:
    assert delivering.role == "deliver"
    thread = answering(folder, ledger, '{"skipped": 7}')
    given = commands.resume(desk, "hook", skip=True)
    thread.join(10)
    assert (given.result, given.note, given.warnings) == ({"skipped": 7}, "", ())


def test_what_the_owner_refuses_fails(
    desk: Desk, folder: DataFolder, ledger: MemoryLedger, delivering: RoleLock
) -> None:
    assert delivering.role == "deliver"
    thread = answering(folder, ledger, '{"error": "the lane has ended"}')
    with pytest.raises(Refused, match="pause of hook was refused: the lane has ended"):
        commands.pause(desk, "hook")
    thread.join(10)


def test_an_owner_that_takes_long_is_not_waited_for_without_end(
    desk: Desk, delivering: RoleLock
) -> None:
    assert delivering.role == "deliver"
    given = commands.pause(desk._replace(seconds=0.1), "hook")
    assert given.result is None
    assert given.note == "accepted; the deliver process has not done it within 0.1 s, and will"


def test_a_process_that_has_not_heard_is_named(desk: Desk, delivering: RoleLock) -> None:
    delivering.say(Presence(role="deliver", index=0, pid=4711, snapshot=1))
    (warning,) = commands.pause(desk._replace(seconds=0.1), "hook").warnings
    assert "deliver-0 (process 4711) still works with version 1" in warning


def test_an_unknown_connection_is_refused_and_nothing_changes(
    desk: Desk, published: Callable[[], Snapshot]
) -> None:
    before = published()
    with pytest.raises(Refused, match="there is no connection nobody; there is hook"):
        commands.pause(desk, "nobody")
    assert published() == before


def test_a_connection_without_a_lane_is_refused(desk: Desk, apply: Callable[..., object]) -> None:
    sleeping = changed("connections", 0, "enabled", to=False).replace("slug: hook", "slug: asleep")
    apply(sleeping)
    with pytest.raises(Refused, match="asleep was never enabled, so it has no lane"):
        commands.pause(desk, "asleep")


def test_a_connection_that_pages_deliver_is_refused(
    desk: Desk, apply: Callable[..., object]
) -> None:
    pixel = {
        "slug": "pixel",
        "source": "website",
        "destination": "pixel",
        "subscriptions": [{"name": "All", "action": "fire"}],
    }
    apply(changed("connections", 1, to=pixel))
    with pytest.raises(Refused, match="pixel is delivered by pages"):
        commands.resume(desk, "pixel")


def test_an_unknown_workspace_is_named(desk: Desk) -> None:
    with pytest.raises(UnknownWorkspace, match="there is no workspace moon; there is demo"):
        commands.pause(desk._replace(workspace="moon"), "hook")


def test_an_unknown_replay_is_refused(desk: Desk) -> None:
    pause = commands.pause(desk, "hook").id
    for replay in ("rpl_unknown", pause):
        with pytest.raises(Refused, match=f"there is no replay {replay}"):
            commands.cancel_replay(desk, replay)


def test_a_replay_that_has_ended_takes_no_commands(desk: Desk, ledger: MemoryLedger) -> None:
    replay = commands.give(desk, "replay", ARGS, connection="hook").id
    lane(ledger, replay, 1, "running")
    commands.pause_replay(desk, replay)
    lane(ledger, replay, 1, "ended")
    with pytest.raises(Refused, match=f"replay {replay} has ended: there is nothing to resume"):
        commands.resume_replay(desk, replay)


def test_commands_that_are_done_go_with_age_and_others_stay(
    desk: Desk, ledger: MemoryLedger, published: Callable[[], Snapshot]
) -> None:
    long_ago = desk._replace(now_ms=NOW - 91 * DAY_MS)
    done = commands.pause(long_ago, "hook").id
    waiting = commands.resume(long_ago, "hook").id
    running, ended, unstarted = (
        commands.give(long_ago, "replay", ARGS, connection="hook").id for _ in range(3)
    )
    recent = commands.pause(desk._replace(now_ms=NOW - 89 * DAY_MS), "hook").id
    for command in (done, running, ended, recent):
        does(ledger, command)
    lane(ledger, running, 3, "running")
    lane(ledger, ended, 4, "ended")
    last = commands.resume(desk, "hook").id
    kept = [waiting, running, unstarted, recent, last]
    assert [each.id for each in given_in(published)] == kept

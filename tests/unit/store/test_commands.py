from __future__ import annotations

import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.exc import IntegrityError

from headgate.store.commands import Commands
from headgate.store.connections import Connections
from headgate.store.current import current_snapshot
from headgate.store.database import open_store
from headgate.store.errors import NotFound
from headgate.store.snapshot import SnapshotReader, SnapshotWriter
from headgate.store.sources import Sources
from headgate.store.workspaces import Workspaces
from tests.unit.store.test_migrate import store_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headgate.folder import DataFolder
    from headgate.store.database import Store, Transaction
    from headgate.store.records import ConnectionRecord

ARGS = {"start": (1 << 62) + 1, "only": "all", "rate": 2.5, "filter": None, "types": ["track"]}


@pytest.fixture
def transaction(store: Store) -> Iterator[Transaction]:
    with store.write() as transaction:
        yield transaction


def workspace(transaction: Transaction, slug: str = "ours") -> str:
    return Workspaces(transaction).add(slug).id


def connection(transaction: Transaction, workspace: str) -> ConnectionRecord:
    source = Sources(transaction, workspace).add(
        slug="web", name="Web", enabled=True, answers="strict", labels={}
    )
    return Connections(transaction, workspace).add(
        slug="hook", source=source.id, destination="webhook"
    )


def test_a_command_comes_back_as_it_was_given(transaction: Transaction) -> None:
    ours = workspace(transaction)
    joined = connection(transaction, ours)
    given = Commands(transaction, ours)
    replay = given.add(connection=joined.id, kind="replay", args=ARGS, at=5)
    pause = given.add(connection=joined.id, kind="pause", args={"replay": replay.id}, at=4)
    assert given.all() == (replay, pause)
    assert (replay.id[:4], pause.id[:4]) == ("rpl_", "cmd_")
    assert (replay.number, pause.number, given.all()[0].args) == (1, 2, ARGS)


def test_numbers_of_commands_that_are_gone_are_not_given_again(transaction: Transaction) -> None:
    ours = workspace(transaction)
    joined = connection(transaction, ours)
    given = Commands(transaction, ours)
    given.remove(given.add(connection=joined.id, kind="pause", args={}, at=1).id)
    assert given.all() == ()
    assert given.add(connection=joined.id, kind="resume", args={"skip": True}, at=2).number == 2


def test_a_workspace_can_neither_see_nor_give_nor_remove_anothers(transaction: Transaction) -> None:
    ours, theirs = workspace(transaction), workspace(transaction, "theirs")
    joined = connection(transaction, ours)
    command = Commands(transaction, ours).add(connection=joined.id, kind="pause", args={}, at=1)
    foreign = Commands(transaction, theirs)
    assert foreign.all() == ()
    with pytest.raises(NotFound):
        foreign.remove(command.id)
    with pytest.raises(IntegrityError):
        foreign.add(connection=joined.id, kind="pause", args={}, at=1)


def test_commands_go_with_their_connection(transaction: Transaction) -> None:
    ours = workspace(transaction)
    joined = connection(transaction, ours)
    Commands(transaction, ours).add(connection=joined.id, kind="pause", args={}, at=1)
    Connections(transaction, ours).remove(joined.id)
    assert Commands(transaction, ours).all() == ()


def test_the_snapshot_carries_commands_in_the_order_in_which_they_were_given(store: Store) -> None:
    with store.write() as transaction:
        ours = workspace(transaction)
        joined = connection(transaction, ours)
        given = [
            Commands(transaction, ours).add(connection=joined.id, kind="pause", args=ARGS, at=at)
            for at in (9, 8, 7, 6, 5, 4)
        ]
    with store.read() as transaction:
        snapshot = current_snapshot(transaction)
    assert [each.id for each in snapshot.commands.values()] == [each.id for each in given]
    assert {each.connection for each in snapshot.commands.values()} == {joined.number}
    with SnapshotWriter(store.folder.snapshots) as writer:
        writer.publish(snapshot)
    read = SnapshotReader(store.folder.snapshots).refresh()
    assert read is not None
    assert read == snapshot
    assert [*read.commands] == [each.id for each in given]


def test_a_store_of_before_commands_takes_them(folder: DataFolder) -> None:
    with closing(store_of("v0002", folder)) as older, older:
        older.execute("INSERT INTO workspaces VALUES ('wsp_1', 'demo')")
        older.execute(
            "INSERT INTO sources VALUES ('wsp_1', 'src_1', 7, 'web', 'Web', 1, 'strict', '{}', 0)"
        )
        older.execute(
            "INSERT INTO connections VALUES ('wsp_1', 'con_1', 3, 'src_1', 'hook', 'Hook',"
            " 'webhook', 1, 'cloud', 'none', '{}', '[]', '[]', '{\"0\": 5}')"
        )
    now = time.time_ns() // 1_000_000
    with open_store(folder) as store, store.write() as transaction:
        Commands(transaction, "wsp_1").add(connection="con_1", kind="pause", args={}, at=now)
        snapshot = current_snapshot(transaction)
    (command,) = snapshot.commands.values()
    assert (command.number, command.connection, command.at) == (1, 3, now)
    assert snapshot.connections[3].start == {0: 5}

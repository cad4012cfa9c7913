"""The contract of the store, on SQLite and on PostgreSQL: older tables become today's."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from headgate.store.current import current_snapshot
from headgate.store.errors import StoreTooNew
from headgate.store.migrate import revision_of
from headgate.store.migrations import HEAD
from headgate.store.revision import next_number, version
from headgate.store.tables import metadata
from tests.contracts.stores import as_of, older_versions
from tests.harness.fixtures import rng, tell

__all__ = ["rng"]

if TYPE_CHECKING:
    from random import Random

    from sqlalchemy import Connection

    from headgate.store.database import Store
    from tests.contracts.stores import Place

DIE_AT_STATEMENT = """
import os, signal, sys
from pathlib import Path
from sqlalchemy import Engine, event
from headgate.folder import DataFolder
from headgate.store.database import open_store

left = int(sys.argv[3])

@event.listens_for(Engine, "after_cursor_execute")
def count(*_):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)

open_store(DataFolder(Path(sys.argv[1])), sys.argv[2]).close()
print("finished")
"""

ROWS: dict[str, dict[str, Any]] = {
    "workspaces": {"id": "wsp_1", "slug": "demo"},
    "sources": {
        "workspace_id": "wsp_1",
        "id": "src_1",
        "number": 7,
        "slug": "web",
        "name": "Web",
        "enabled": True,
        "answers": "strict",
        "labels": '{"b": "1", "a": "2"}',
    },
    "write_keys": {"workspace_id": "wsp_1", "key": "wk_1", "source": "src_1"},
    "connections": {
        "workspace_id": "wsp_1",
        "id": "con_1",
        "number": 3,
        "source": "src_1",
        "slug": "hook",
        "name": "Hook",
        "destination": "webhook",
        "enabled": True,
        "mode": "cloud",
        "ordering": "none",
        "settings": '{"z": 1, "a": {"@sealed": "k.c2VjcmV0"}}',
        "filters": "[]",
        "consent": "[]",
        "start": '{"0": 4611686018427387904}',
    },
    "subscriptions": {
        "workspace_id": "wsp_1",
        "id": "sub_1",
        "connection": "con_1",
        "ordinal": 0,
        "name": "Everything",
        "action": "send",
        "enabled": True,
        "fql": "strict",
        "trigger": "all",
        "mapping": '{"url": "u"}',
    },
}
"""What the first tables may hold; later ones may have more columns, each with a default."""


def fill(connection: Connection) -> None:
    for table, row in ROWS.items():
        columns, values = (
            ", ".join(f'"{name}"' for name in row),
            ", ".join(map(_literal, row.values())),
        )
        connection.execute(text(f"INSERT INTO {table} ({columns}) VALUES ({values})"))  # noqa: S608
    connection.execute(text("UPDATE numbers SET last = 7 WHERE noun = 'source'"))
    connection.execute(text("UPDATE revision SET version = 9"))


def _literal(value: Any) -> str:
    shown = str(value).replace(":", "\\:")
    return f"'{shown}'" if isinstance(value, str) else shown


def differences(store: Store) -> list[Any]:
    with store.read() as transaction:
        context = MigrationContext.configure(transaction.connection)
        return list(compare_metadata(context, metadata))


def test_the_migrations_lead_to_the_tables_that_the_code_uses(bare: Place) -> None:
    with bare.open() as store:
        assert differences(store) == []


@pytest.mark.parametrize("older", older_versions())
def test_an_older_store_keeps_what_it_holds(bare: Place, older: str) -> None:
    with as_of(older, bare) as connection:
        fill(connection)
    with bare.open() as store:
        assert differences(store) == []
        with store.write() as transaction:
            snapshot = current_snapshot(transaction)
            assert next_number(transaction, "source") == 8
    (source,), (connected,) = snapshot.sources.values(), snapshot.connections.values()
    assert (snapshot.version, source.number, connected.number) == (9, 7, 3)
    assert (source.write_keys, source.answers) == (("wk_1",), "strict")
    assert list(connected.settings) == ["z", "a"]
    assert (connected.start, connected.source) == ({0: 1 << 62}, 7)
    assert [each.trigger for each in connected.subscriptions] == ["all"]


def test_opening_again_changes_nothing(place: Place) -> None:
    place.open().close()
    with place.open() as store, store.read() as transaction:
        assert revision_of(transaction.connection) == HEAD
        assert version(transaction) == 1


def test_a_store_of_a_newer_headgate_is_refused_and_left_alone(place: Place) -> None:
    with place.open() as store, store.write() as transaction:
        transaction.connection.execute(text("UPDATE alembic_version SET version_num = 'v9999'"))
    for _ in range(2):
        with pytest.raises(StoreTooNew, match=f"tables v9999; this one knows {HEAD}"):
            place.open()


def dying(bare: Place, statement: int) -> subprocess.CompletedProcess[bytes]:
    """A process that makes the store and is killed after so many statements."""
    command = [sys.executable, "-c", DIE_AT_STATEMENT, str(bare.folder.root), bare.address]
    return subprocess.run([*command, str(statement)], capture_output=True, check=False)


@pytest.mark.parametrize("time", range(2))
def test_a_migration_killed_at_any_statement_is_done_again_from_the_start(
    bare: Place, rng: Random, time: int
) -> None:
    statement = 12 * time + rng.randrange(12)
    tell(f"killed after statement {statement}")
    killed = dying(bare, statement)
    assert killed.returncode == -signal.SIGKILL, killed
    with bare.open() as store:
        assert differences(store) == []
        with store.read() as transaction:
            assert version(transaction) == 1


def test_the_kill_test_can_finish_when_nothing_kills_it(bare: Place) -> None:
    assert dying(bare, 1000).stdout == b"finished\n"

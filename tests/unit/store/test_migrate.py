from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from alembic import command as alembic
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from headgate.store.current import current_snapshot
from headgate.store.database import Store, open_store
from headgate.store.errors import StoreTooNew
from headgate.store.migrate import revision_of
from headgate.store.migrations import HEAD
from headgate.store.revision import version
from headgate.store.tables import metadata

if TYPE_CHECKING:
    from headgate.folder import DataFolder

DIE_AT_STATEMENT = """
import os, signal, sys
from pathlib import Path
from sqlalchemy import Engine, event
from headgate.folder import DataFolder
from headgate.store.database import open_store

left = int(sys.argv[2])

@event.listens_for(Engine, "after_cursor_execute")
def count(*_):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)

open_store(DataFolder(Path(sys.argv[1]))).close()
print("finished")
"""


def scripts() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", "headgate.store:migrations")
    return ScriptDirectory.from_config(config)


def differences(store: Store) -> list[Any]:
    with store.read() as transaction:
        context = MigrationContext.configure(transaction.connection)
        return list(compare_metadata(context, metadata))


def test_the_migrations_lead_to_the_tables_that_the_code_uses(store: Store) -> None:
    assert differences(store) == []


def test_the_named_head_is_the_newest_migration() -> None:
    assert scripts().get_heads() == [HEAD]


def test_opening_again_changes_nothing(folder: DataFolder) -> None:
    open_store(folder).close()
    with open_store(folder) as store, store.read() as transaction:
        assert revision_of(transaction.connection) == HEAD
        assert version(transaction) == 1


def test_an_up_to_date_store_opens_without_alembic(store: Store) -> None:
    probe = (
        "import sys; from pathlib import Path; from headgate.folder import DataFolder;"
        "from headgate.store.database import open_store;"
        "open_store(DataFolder(Path(sys.argv[1]))).close(); print('alembic' in sys.modules)"
    )
    command = [sys.executable, "-c", probe, str(store.folder.root)]
    assert subprocess.run(command, capture_output=True, check=True).stdout == b"False\n"


def test_a_store_of_a_newer_headgate_is_refused_and_left_alone(folder: DataFolder) -> None:
    with open_store(folder) as store, store.write() as transaction:
        transaction.connection.execute(text("UPDATE alembic_version SET version_num = 'v9999'"))
    with pytest.raises(StoreTooNew, match=f"tables v9999; this one knows {HEAD}"):
        open_store(folder)
    os.close(os.open(folder.store, os.O_RDONLY))


def test_foreign_keys_are_on_again_after_a_migration(store: Store) -> None:
    with store.read() as transaction:
        assert transaction.connection.execute(text("PRAGMA foreign_keys")).scalar() == 1


@pytest.mark.parametrize("statement", [0, 1, 3, 5, 8, 11, 14, 17, 19, 21, 24])
def test_a_migration_killed_at_any_statement_is_done_again_from_the_start(
    folder: DataFolder, statement: int
) -> None:
    command = [sys.executable, "-c", DIE_AT_STATEMENT, str(folder.root), str(statement)]
    killed = subprocess.run(command, capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed
    with open_store(folder) as store:
        assert differences(store) == []
        with store.read() as transaction:
            assert version(transaction) == 1


def store_of(revision: str, folder: DataFolder) -> sqlite3.Connection:
    """A store as an older Headgate left it."""
    folder.make()
    url = f"sqlite:///{folder.store}"
    engine = create_engine(url)
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", "headgate.store:migrations")
        config.attributes["connection"] = connection
        alembic.upgrade(config, revision)
    engine.dispose()
    return sqlite3.connect(folder.store)


def test_a_store_of_before_oauth_keeps_what_it_holds(folder: DataFolder) -> None:
    with closing(store_of("v0001", folder)) as older, older:
        older.execute("INSERT INTO workspaces VALUES ('wsp_1', 'demo')")
        older.execute(
            "INSERT INTO sources VALUES ('wsp_1', 'src_1', 7, 'web', 'Web', 1, 'strict', '{}')"
        )
        older.execute("INSERT INTO write_keys VALUES ('wsp_1', 'wk_1', 'src_1')")
    with open_store(folder) as store, store.read() as transaction:
        (source,) = current_snapshot(transaction).sources.values()
    assert (source.number, source.slug, source.write_keys) == (7, "web", ("wk_1",))
    assert source.oauth is None


def test_a_store_of_before_schemas_keeps_its_sources_and_connections(folder: DataFolder) -> None:
    with closing(store_of("v0002", folder)) as older, older:
        older.execute("INSERT INTO workspaces VALUES ('wsp_1', 'demo')")
        older.execute(
            "INSERT INTO sources VALUES ('wsp_1', 'src_1', 7, 'web', 'Web', 1, 'strict', '{}', 0)"
        )
        older.execute(
            "INSERT INTO connections VALUES ('wsp_1', 'con_1', 3, 'src_1', 'hook', 'hook',"
            " 'webhook', 1, 'cloud', 'none', '{}', '[]', '[]', '{\"0\": 5}')"
        )
    with open_store(folder) as store, store.read() as transaction:
        snapshot = current_snapshot(transaction)
    (source,), (connection,) = snapshot.sources.values(), snapshot.connections.values()
    assert (source.number, source.oauth, source.schema) == (7, None, None)
    assert (connection.ordering, connection.filters, connection.consent) == ("none", [], [])
    assert connection.start == {0: 5}


def test_the_kill_test_can_finish_when_nothing_kills_it(folder: DataFolder) -> None:
    command = [sys.executable, "-c", DIE_AT_STATEMENT, str(folder.root), "1000"]
    assert subprocess.run(command, capture_output=True, check=True).stdout == b"finished\n"

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from headgate.store.database import Store, open_store
from headgate.store.revision import raise_version, version
from headgate.store.workspaces import Workspaces

if TYPE_CHECKING:
    from headgate.folder import DataFolder

WRITE_IN_A_PROCESS = """
import sys
from pathlib import Path
from headgate.folder import DataFolder
from headgate.store.database import open_store
from headgate.store.revision import raise_version

with open_store(DataFolder(Path(sys.argv[1]))) as store:
    for _ in range(20):
        with store.write() as transaction:
            raise_version(transaction)
"""


def pragma(store: Store, name: str) -> object:
    with store.read() as transaction:
        return transaction.connection.execute(text(f"PRAGMA {name}")).scalar()


def test_commits_are_durable_and_readers_do_not_block_writers(store: Store) -> None:
    assert pragma(store, "journal_mode") == "wal"
    assert pragma(store, "synchronous") == 2
    assert pragma(store, "foreign_keys") == 1


def test_only_the_owner_may_read_the_store(store: Store) -> None:
    path = store.folder.store
    for name in (path, path.with_name(path.name + "-wal")):
        assert stat.S_IMODE(name.stat().st_mode) == 0o600


def test_an_exception_takes_back_the_whole_transaction(store: Store) -> None:
    def fail() -> None:
        with store.write() as transaction:
            Workspaces(transaction).add("demo")
            raise_version(transaction)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    with store.read() as transaction:
        assert Workspaces(transaction).all() == ()
        assert version(transaction) == 1


def test_a_reader_sees_one_state_from_its_first_look_to_its_last(store: Store) -> None:
    with store.read() as reading:
        assert version(reading) == 1
        with store.write() as writing:
            raise_version(writing)
        assert version(reading) == 1
    with store.read() as reading:
        assert version(reading) == 2


def test_a_writer_waits_for_the_one_before_it_and_sees_what_it_wrote(store: Store) -> None:
    entered = threading.Event()
    seen: list[int] = []

    def second() -> None:
        entered.set()
        with store.write() as transaction:
            seen.append(version(transaction))

    with store.write() as transaction:
        thread = threading.Thread(target=second)
        thread.start()
        entered.wait(5)
        raise_version(transaction)
    thread.join(10)
    assert seen == [2]


def test_processes_that_open_and_write_a_new_store_at_once_lose_nothing(
    folder: DataFolder,
) -> None:
    command = [sys.executable, "-c", WRITE_IN_A_PROCESS, str(folder.root)]
    children = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(4)]
    errors = [child.communicate(timeout=60)[1] for child in children]
    assert errors == [b"", b"", b"", b""]
    with open_store(folder) as store, store.read() as transaction:
        assert version(transaction) == 81


def test_rows_cannot_refer_to_what_is_not_there(store: Store) -> None:
    orphan = "INSERT INTO write_keys (workspace_id, key, source) VALUES ('w', 'k', 's')"
    with pytest.raises(IntegrityError), store.write() as transaction:
        transaction.connection.execute(text(orphan))


def test_the_standard_librarys_sqlite_serves_where_no_newer_one_is_at_hand(
    folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pysqlite3", None)
    with open_store(folder) as store:
        assert pragma(store, "journal_mode") == "wal"
        with store.write() as transaction:
            raw = transaction.connection.connection.driver_connection
            assert isinstance(raw, sqlite3.Connection)
            raise_version(transaction)
    with open_store(folder) as store, store.read() as transaction:
        assert version(transaction) == 2
